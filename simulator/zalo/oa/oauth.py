"""/zalo-oauth: the consent page, which agrees at once, and the tokens."""

import hmac
import json
from urllib.parse import urlencode

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from simulator.errors import ApiError
from simulator.faults import Fault, FaultKind
from simulator.ids import Network
from simulator.params import Args, read_args
from simulator.trouble import Call, misbehave, respond
from simulator.world import World
from simulator.zalo.oa.errors import OAuthError
from simulator.zalo.oa.state import APP_ID, OA_ID, Oa

PREFIX = "/zalo-oauth/"
PERMISSION, ACCESS_TOKEN = "v4/oa/permission", "v4/oa/access_token"

NO_SUCH_ADDRESS = OAuthError(404, "Not found", "There is no such address.")
NO_SUCH_APP = OAuthError(-14002, "Invalid appId", "App is inactive or does not exist.")


class OAuthRoute(BaseRoute):
    def __init__(self, world: World) -> None:
        self._world = world

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(PREFIX)
        try:
            args = await read_args(scope, receive)
        except ClientDisconnect:
            return
        except ApiError:
            args = Args({})
        if name == PERMISSION and scope["method"] == "GET":
            await permit(self._world.oa, args)(scope, receive, send)
            return
        secret = Headers(scope=scope).get("secret_key", "")
        known = name == ACCESS_TOKEN and scope["method"] == "POST"

        async def carry_out(outcome: str) -> tuple[int, bytes]:
            return 200, exchange(self._world, args, secret=secret, known=known, outcome=outcome)

        def note(outcome: str) -> None:
            _note(self._world, name, outcome=outcome, error="on order")

        fault = self._world.faults.draw(name, network=Network.ZALO_OA, chat_id=None)
        if fault is None:
            await respond(send, *await carry_out(""))
        else:
            await misbehave(fault, Call(carry_out=carry_out, refuse=_refusal, note=note), receive=receive, send=send)


def permit(oa: Oa, args: Args) -> Response:
    """The admin of the OA says yes: back to the callback with a code that lives ten minutes."""
    redirect_uri = args.text("redirect_uri")
    if args.text("app_id") != APP_ID:
        return JSONResponse(NO_SUCH_APP.as_json())
    registered = oa.settings.redirect_uri
    if not redirect_uri.startswith(("http://", "https://")) or registered not in {"", redirect_uri}:
        return JSONResponse(OAuthError(-14003, "Invalid redirect uri", "Redirect uri is not registered.").as_json())
    code = oa.tokens.consent(challenge=args.text("code_challenge"), now=oa.clock.now())
    query = {"code": code, "oa_id": OA_ID, **({"state": args.text("state")} if args.text("state") else {})}
    separator = "&" if "?" in redirect_uri else "?"
    return RedirectResponse(f"{redirect_uri}{separator}{urlencode(query)}", status_code=302)


def exchange(world: World, args: Args, *, secret: str, known: bool, outcome: str) -> bytes:
    """The answer to a call for tokens; no token and no secret stands in the journal."""
    oa = world.oa
    try:
        if not known:
            raise NO_SUCH_ADDRESS
        _check_app(oa, args, secret=secret)
        found = oa.tokens.exchange(args.values, now=oa.clock.now())
    except OAuthError as error:
        _note(world, ACCESS_TOKEN, outcome=outcome or str(error.code), error=error.name)
        return json.dumps(error.as_json()).encode()
    _note(world, ACCESS_TOKEN, outcome=outcome or "ok")
    return json.dumps(found).encode()


def _check_app(oa: Oa, args: Args, *, secret: str) -> None:
    if args.values.get("app_id") != APP_ID:
        raise NO_SUCH_APP
    if not hmac.compare_digest(secret.encode(), oa.settings.app_secret.encode()):
        raise OAuthError(-14004, "Invalid secret key", "Secret key does not belong to the app.")


def _refusal(fault: Fault) -> tuple[int, bytes]:
    if fault.kind is FaultKind.SERVER_ERROR:
        return 500, json.dumps(OAuthError(-14000, "Server error", "on order").as_json()).encode()
    code = fault.code if fault.kind is FaultKind.ERROR else -32
    return 200, json.dumps(OAuthError(code, "Error", fault.message).as_json()).encode()


def _note(world: World, name: str, *, outcome: str, error: str | None = None) -> None:
    world.journal.request(
        name,
        at=world.clock.now(),
        chat_id=None,
        outcome=outcome,
        error=error,
        parameters={},
        network=Network.ZALO_OA,
    )
