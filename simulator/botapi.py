"""One Bot API call: who asks, what goes wrong on order, the method itself, the journal, the answer."""

import asyncio
import inspect
import json
import logging
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from simulator.errors import ApiError, too_many_requests
from simulator.faults import Fault, FaultKind
from simulator.ids import Network
from simulator.methods.registry import METHODS
from simulator.params import Args, read_args
from simulator.trouble import Call, misbehave, respond
from simulator.world import World

log = logging.getLogger(__name__)
UNAUTHORIZED = ApiError(401, "Unauthorized")
# The real server's HTTP reader (tdlib, HttpReader::parse_head) knows GET and POST and says 501 to any other word before
# it looks at the token. It sends no body then; ours is JSON all the same, because every client tries to read one.
NOT_IMPLEMENTED = ApiError(501, "Not Implemented")
HTTP_CODES = range(400, 600)
INTERNAL = ApiError(500, "Internal Server Error")
NO_METHOD = ApiError(404, "Not Found: method not found")


class BotApiRoute(BaseRoute):
    """Stands first among the routes and answers ``/bot<token>/<method>`` without any of the framework's layers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._prefix = f"/bot{world.config.token}/"

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and scope["path"].startswith("/bot"):
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        world = self._world
        if scope["method"] not in {"GET", "POST"}:
            await respond(send, 501, error_body(NOT_IMPLEMENTED))
            return
        if not scope["path"].startswith(self._prefix):
            await respond(send, 401, error_body(UNAUTHORIZED))
            return
        name = scope["path"][len(self._prefix) :].lower()
        try:
            args = await read_args(scope, receive)
        except ClientDisconnect:
            return
        except Exception as problem:  # noqa: BLE001  the last net
            error = as_answer(problem)
            await respond(send, error.code, error_body(error))
            return
        if world.settings.delay_ms and name != "getupdates":
            await asyncio.sleep(world.settings.delay_ms / 1000)
        fault = world.faults.draw(name, network=Network.TELEGRAM, chat_id=args.chat_id())
        if fault is None:
            status, body, _ = await answer(world, name, args)
            await respond(send, status, body)
        else:
            await misbehave(fault, _call(world, name, args), receive=receive, send=send)


def as_answer(problem: Exception) -> ApiError:
    """What the client reads about this; a fault of our own goes to the log and is the server's 500."""
    if isinstance(problem, ApiError):
        return problem
    log.error("a call could not be answered", exc_info=problem)
    return INTERNAL


def error_body(error: ApiError) -> bytes:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return json.dumps(body).encode()


async def call(world: World, name: str, args: Args) -> Any:
    """Carry out a method and return its result, or raise the ApiError it answers."""
    known = METHODS.get(name)
    if known is None:
        raise NO_METHOD
    result = known[1](world, args)
    return await result if inspect.isawaitable(result) else result


async def answer(world: World, name: str, args: Args, *, outcome: str = "") -> tuple[int, bytes, str]:
    """Carry out a call and note it in the journal; returns status, body and what went wrong ("" for nothing)."""
    try:
        result = await call(world, name, args)
        body = json.dumps({"ok": True, "result": result}).encode()
    except Exception as problem:  # noqa: BLE001  the last net: a client never reads anything but the Bot API's JSON
        error = as_answer(problem)
        note(world, name, args, outcome=outcome or str(error.code), error=error.description)
        return error.code, error_body(error), error.description
    note(world, name, args, outcome=outcome or "ok")
    return 200, body, ""


def note(world: World, name: str, args: Args, *, outcome: str, error: str | None = None) -> None:
    known = METHODS.get(name)
    parameters = args.values
    if args.files:
        parameters = {**parameters, **{key: f"<{len(file.content)} bytes>" for key, file in args.files.items()}}
    world.journal.request(
        known[0] if known else name,
        at=world.clock.now(),
        chat_id=args.chat_id(),
        outcome=outcome,
        error=error,
        parameters=parameters,
    )


def _call(world: World, name: str, args: Args) -> Call:
    """The call as the faults take it."""

    async def carry_out(outcome: str) -> tuple[int, bytes]:
        status, body, _ = await answer(world, name, args, outcome=outcome)
        return status, body

    return Call(
        carry_out=carry_out,
        refuse=_refusal,
        note=lambda outcome: note(world, name, args, outcome=outcome, error="on order"),
    )


def _refusal(fault: Fault) -> tuple[int, bytes]:
    if fault.kind is FaultKind.TOO_MANY:
        error = too_many_requests(fault.retry_after)
    elif fault.kind is FaultKind.ERROR:
        error = ApiError(fault.code if fault.code in HTTP_CODES else 400, fault.message)
    else:
        error = INTERNAL
    return error.code, error_body(error)
