"""/zalo-oa: one call of the OA API. Token, speed, the method, the journal; HTTP 200 whatever happens."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from simulator.errors import ApiError
from simulator.faults import Fault, FaultKind
from simulator.ids import Network
from simulator.params import Args, load_json, read_args
from simulator.trouble import Call, Header, misbehave, respond
from simulator.world import World
from simulator.zalo.oa.errors import OaError
from simulator.zalo.oa.methods.registry import METHODS
from simulator.zalo.oa.state import Oa

log = logging.getLogger(__name__)
PREFIX = "/zalo-oa/"
INVALID, FAILED, TOO_FAST, BAD_PROOF, NO_SUCH_CALL = -201, -200, -32, -242, 404


class OaRoute(BaseRoute):
    def __init__(self, world: World) -> None:
        self._world = world

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        world = self._world
        name = scope["path"].removeprefix(PREFIX)
        try:
            args = await _arguments(scope, receive)
        except ClientDisconnect:
            return
        except (ApiError, OaError):
            args = Args({})  # refused below, as the fields are missing
        if world.settings.delay_ms:
            await asyncio.sleep(world.settings.delay_ms / 1000)
        headers = Headers(scope=scope)

        async def carry_out(outcome: str) -> tuple[int, bytes]:
            return 200, answer(world, scope["method"], name, args, headers=headers, outcome=outcome)

        def note_refused(outcome: str) -> None:
            note(world, name, args, outcome=outcome, error="on order")

        fault = world.faults.draw(name.lower(), network=Network.ZALO_OA, chat_id=user_id(args))
        if fault is None:
            status, body = await carry_out("")
            await respond(send, status, body, headers=_speed(world.oa))
        else:
            call = Call(carry_out=carry_out, refuse=_refusal, note=note_refused)
            await misbehave(fault, call, receive=receive, send=send)


async def _arguments(scope: Scope, receive: Receive) -> Args:
    """The body's fields, or, of a GET, those of the JSON in ``data``."""
    args = await read_args(scope, receive)
    if scope["method"] == "GET" and "data" in args.values:
        try:
            found = load_json(str(args.values["data"]))
        except ValueError as problem:
            raise OaError(INVALID, "data is invalid") from problem
        if not isinstance(found, dict):
            raise OaError(INVALID, "data is invalid")
        args.values = found
    return args


def _refusal(fault: Fault) -> tuple[int, bytes]:
    """What ``429``, ``500`` and ``error`` look like here."""
    if fault.kind is FaultKind.TOO_MANY:
        return 200, _body(OaError(TOO_FAST).as_json())
    if fault.kind is FaultKind.ERROR:
        return 200, _body(OaError(fault.code, fault.message).as_json())
    return 500, _body(OaError(FAILED).as_json())


def _body(found: dict[str, Any]) -> bytes:
    return json.dumps(found, ensure_ascii=False).encode(errors="replace")


def user_id(args: Args) -> str | None:
    """The person a call is about, for the journal and the faults."""
    recipient = args.values.get("recipient")
    found = recipient.get("user_id") if isinstance(recipient, dict) else args.values.get("user_id")
    return found if isinstance(found, str) else None


def _speed(oa: Oa) -> list[Header]:
    limit = oa.settings.rate_per_minute
    left = max(0, limit - oa.limits.seen(oa.clock.now()))
    return [(b"x-ratelimit-limit", str(limit).encode()), (b"x-ratelimit-remain", str(left).encode())]


def answer(world: World, verb: str, name: str, args: Args, *, headers: Mapping[str, str], outcome: str = "") -> bytes:
    """Carry out a call and note it in the journal."""
    try:
        data = _call(world.oa, verb, name, args, headers=headers)
    except Exception as problem:
        error = problem if isinstance(problem, OaError) else OaError(FAILED)
        if error is not problem:
            log.exception("a call could not be answered")
        note(world, name, args, outcome=outcome or str(error.code), error=error.message)
        return _body(error.as_json())
    note(world, name, args, outcome=outcome or "ok")
    return _body({"error": 0, "message": "Success", "data": data})


def _call(oa: Oa, verb: str, name: str, args: Args, *, headers: Mapping[str, str]) -> Any:
    method = METHODS.get((verb, name))
    if method is None:
        raise OaError(NO_SUCH_CALL)
    now = oa.clock.now()
    token = headers.get("access_token", "")
    oa.tokens.check(token, now=now)
    if oa.settings.appsecret_proof:
        proof = hmac.new(oa.settings.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(proof.encode(), headers.get("appsecret_proof", "").encode()):
            raise OaError(BAD_PROOF)
    calls = oa.limits.count(now)
    if oa.settings.limits and calls > min(oa.settings.rate_per_minute, oa.settings.app_rate_per_minute):
        raise OaError(TOO_FAST)
    return method(oa, args)


def note(world: World, name: str, args: Args, *, outcome: str, error: str | None = None) -> None:
    parameters = {**args.values, **{key: f"<{len(file.content)} bytes>" for key, file in args.files.items()}}
    world.journal.request(
        name,
        at=world.clock.now(),
        chat_id=user_id(args),
        outcome=outcome,
        error=error,
        parameters=parameters,
        network=Network.ZALO_OA,
    )
