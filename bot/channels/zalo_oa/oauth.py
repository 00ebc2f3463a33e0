"""OAuth v4 of Zalo, as calls: the link of the consent, and the two ways to a pair of tokens."""

import base64
import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bot.channels.http import HttpClient
from bot.channels.zalo_oa.errors import code_of
from outreach.messaging import SendError, SendErrorKind
from outreach.tokens import TokenPair

log = logging.getLogger(__name__)

ACCESS_LASTS = timedelta(hours=25)
REFRESH_LASTS = timedelta(days=90)
_VERIFIER_BYTES = 32  # 43 characters in base64
_TO_PROVIDER = range(500, 600)


def new_verifier() -> str:
    return secrets.token_urlsafe(_VERIFIER_BYTES)


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """One app at Zalo's OAuth server. `url` is its address, without the path."""

    http: HttpClient
    url: str
    app_id: str
    app_secret: str

    def permission_url(self, *, redirect_uri: str, verifier: str, state: str) -> str:
        """Where an administrator of the OA agrees; afterwards her browser brings `code`, `oa_id` and `state` to `redirect_uri`."""
        query = {
            "app_id": self.app_id,
            "redirect_uri": redirect_uri,
            "code_challenge": challenge_of(verifier),
            "state": state,
        }
        return f"{self.url}/v4/oa/permission?{urlencode(query)}"

    async def exchange(self, code: str, *, verifier: str, now: datetime) -> TokenPair:
        """The first pair. The code is good for one call within ten minutes."""
        form = {"code": code, "grant_type": "authorization_code", "code_verifier": verifier}
        return await self._pair(form, now=now)

    async def refresh(self, refresh_token: str, *, now: datetime) -> TokenPair:
        """The next pair. The refresh token is spent, and the old access token dead, as soon as Zalo has answered.

        SendError REVOKED `token_lost` for every answer without a token: no document tells the code of a spent one. After
        UNKNOWN nobody knows, and asking once more tells.
        """
        return await self._pair({"refresh_token": refresh_token, "grant_type": "refresh_token"}, now=now)

    async def _pair(self, form: Mapping[str, str], *, now: datetime) -> TokenPair:
        status, answer = await self.http.call(
            "POST",
            f"{self.url}/v4/oa/access_token",
            headers={"secret_key": self.app_secret},
            form={"app_id": self.app_id, **form},
        )
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        if isinstance(access, str) and access and isinstance(refresh, str) and refresh:
            return TokenPair(
                access=access,
                refresh=refresh,
                refreshed_at=now,
                access_expires_at=now + _lasting(answer.get("expires_in")),
                refresh_expires_at=now + REFRESH_LASTS,
            )
        if status in _TO_PROVIDER:  # Zalo's own refusals come with 200: here something in between speaks
            raise SendError(SendErrorKind.UNKNOWN, f"gateway_{status}")
        log.error("Zalo gives no tokens: error %s", code_of(answer))
        raise SendError(SendErrorKind.REVOKED, "token_lost")


def _lasting(expires_in: Any) -> timedelta:
    """Seconds, which the documents write as a text."""
    try:
        return min(timedelta(seconds=max(int(expires_in), 1)), REFRESH_LASTS)
    except (TypeError, ValueError, OverflowError):
        return ACCESS_LASTS
