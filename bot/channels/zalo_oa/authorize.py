"""The consent of the OA's administrator: what is remembered between the link and her coming back, and the page she lands on."""

import hmac
import json
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels.http import HttpClient
from bot.channels.zalo_oa.adapter import oauth_of
from bot.channels.zalo_oa.oauth import OAuth, new_verifier
from bot.channels.zalo_oa.tokens import Tokens
from bot.settings import ZaloSettings
from outreach.clock import Clock, system_clock
from outreach.messaging import SendError
from outreach.transaction import Transactions

PATH = "/zalo/authorized"
PENDING = Path("var/zalo_authorization.json")  # both the command and the web part read it
_LASTS = timedelta(hours=1)
_STATE_BYTES = 24
_OTHER_OA = (
    "This consent is not, or does not say that it is, for the Official Account in use here. Nothing was changed. "
    "Open the link again and choose the right account, or paste this page's address into the terminal."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A link that was given out. Whoever comes back with another `state` has not followed it. `oa_id` "" is good for any OA."""

    state: str
    verifier: str
    made_at: str
    oa_id: str = ""

    def matches(self, state: str) -> bool:
        return hmac.compare_digest(state.encode(errors="replace"), self.state.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What the administrator's browser brings; the bare code tells neither link nor OA."""

    code: str
    state: str = ""
    oa_id: str = ""


def begin(path: Path, *, verifier: str, now: datetime, oa_id: str = "") -> Pending:
    """A new link; the one before it holds no more. Without a fixed `verifier` one is made."""
    pending = Pending(
        state=secrets.token_urlsafe(_STATE_BYTES),
        verifier=verifier or new_verifier(),
        made_at=now.isoformat(),
        oa_id=oa_id,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(pending), file)
    return pending


def pending_in(path: Path, *, now: datetime) -> Pending | None:
    """The link that still holds; an hour is more than a consent takes."""
    try:
        found = Pending(**json.loads(path.read_text(encoding="utf-8")))
        return found if now - datetime.fromisoformat(found.made_at) <= _LASTS else None
    except (OSError, TypeError, ValueError):
        return None


def end(path: Path) -> None:
    path.unlink(missing_ok=True)


def read_back(pasted: str) -> Back:
    """The whole address from the browser's line, or the bare code."""
    pasted = pasted.strip()
    if "code=" not in pasted:
        return Back(code=pasted)
    query = parse_qs(urlsplit(pasted).query)
    return Back(**{name: query.get(name, [""])[0] for name in ("code", "state", "oa_id")})


class Authorized:
    """Where Zalo sends the administrator's browser. The code is taken only with the state of the link that was given out."""

    def __init__(self, oauth: OAuth, *, tokens: Tokens, pending: Path = PENDING, clock: Clock = system_clock) -> None:
        self._oauth = oauth
        self._tokens = tokens
        self._pending = pending
        self._clock = clock

    @property
    def route(self) -> Route:
        return Route(PATH, self._receive, methods=["GET"])

    async def _receive(self, request: Request) -> Response:
        pending = pending_in(self._pending, now=self._clock())
        if pending is None or not pending.matches(request.query_params.get("state", "")):
            text = "This link is not, or no longer, known here. Run `loatre zalo authorize` again."
            return PlainTextResponse(text, status_code=403)
        if pending.oa_id and pending.oa_id != request.query_params.get("oa_id", ""):
            return PlainTextResponse(_OTHER_OA, status_code=403)
        end(self._pending)  # one attempt each
        code = request.query_params.get("code", "")
        try:
            pair = await self._oauth.exchange(code, verifier=pending.verifier, now=self._clock())
        except SendError as error:
            return PlainTextResponse(f"Zalo gives no tokens ({error.reason}).", status_code=502)
        await self._tokens.give(pair)
        return PlainTextResponse("Done. Close this page and go on in the terminal.")


@asynccontextmanager
async def consent_page(
    settings: ZaloSettings, *, transactions: Transactions, clock: Clock
) -> AsyncIterator[Sequence[Route]]:
    """Served as soon as the app is told: which account it is for, only the consent makes known. None where the app is not told."""
    if not (settings.zalo_app_id and settings.zalo_app_secret):
        yield ()
        return
    http = HttpClient()
    await http.start()
    try:
        oauth = oauth_of(settings, http=http)
        tokens = Tokens(transactions=transactions, oauth=oauth, clock=clock)
        yield (Authorized(oauth, tokens=tokens, clock=clock).route,)
    finally:
        await http.stop()
