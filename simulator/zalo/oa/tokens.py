"""Consent, and the pair of tokens: the access token lives 25 hours, the refresh token works once."""

import base64
import hashlib
import random
from dataclasses import dataclass
from typing import Any

from simulator.zalo.oa.errors import OaError, OAuthError
from simulator.zalo.oa.settings import OaSettings

CODE_SECONDS = 600
INVALID, EXPIRED = -216, -220


@dataclass(slots=True, kw_only=True)
class Code:
    challenge: str
    expires_at: float


def challenge_of(verifier: str) -> str:
    """The PKCE challenge: base64url of the SHA-256, without padding."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Tokens:
    """The one living pair of this OA. A new pair kills the old access token at once."""

    def __init__(self, settings: OaSettings, rng: random.Random) -> None:
        self._settings = settings
        self._rng = rng
        self._codes: dict[str, Code] = {}
        self._dead: set[str] = set()
        self.access = ""
        self.refresh = ""
        self.access_until = 0.0
        self.refresh_until = 0.0
        self.rotations = 0

    def _draw(self, sort: str) -> str:
        return f"{sort}_{self._rng.randrange(2**192):048x}"

    def issue(self, now: float) -> dict[str, str]:
        if self.access:
            self._dead.add(self.access)
            self.rotations += 1
        self.access, self.refresh = self._draw("at"), self._draw("rt")
        self.access_until = now + self._settings.access_seconds
        self.refresh_until = now + self._settings.refresh_seconds
        lifetime = str(self._settings.access_seconds)
        return {"access_token": self.access, "refresh_token": self.refresh, "expires_in": lifetime}

    def check(self, access_token: str, *, now: float) -> None:
        if access_token and access_token == self.access and now < self.access_until:
            return
        known = access_token in self._dead or (access_token and access_token == self.access)
        raise OaError(EXPIRED if known else INVALID)

    def consent(self, *, challenge: str, now: float) -> str:
        """The single-use code that the permission page hands to the callback."""
        code = self._draw("code")
        self._codes[code] = Code(challenge=challenge, expires_at=now + CODE_SECONDS)
        return code

    def exchange(self, fields: dict[str, Any], *, now: float) -> dict[str, str]:
        """What /v4/oa/access_token answers to these form fields, once app and secret are known to be right."""
        grant = fields.get("grant_type")
        if grant == "authorization_code":
            self._check_code(fields, now=now)
        elif grant == "refresh_token":
            given = fields.get("refresh_token")
            if not given or given != self.refresh or now >= self.refresh_until:
                raise OAuthError(
                    self._settings.spent_refresh_error, "Invalid refresh token", "Refresh token is used or expired."
                )
        else:
            raise OAuthError(-14001, "Invalid grant type", "Grant type is not supported.")
        return self.issue(now)

    def _check_code(self, fields: dict[str, Any], *, now: float) -> None:
        code = self._codes.pop(str(fields.get("code", "")), None)
        if code is None or now >= code.expires_at:
            raise OAuthError(-14010, "Invalid authorization code", "Authorization code is used or expired.")
        verifier = str(fields.get("code_verifier", ""))
        if self._settings.pkce and code.challenge and challenge_of(verifier) != code.challenge:
            raise OAuthError(-14011, "Invalid code verifier", "Code verifier does not match the code challenge.")
