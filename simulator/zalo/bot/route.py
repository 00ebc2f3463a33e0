"""/zalo-bot: one call of the Bot Platform. Token, the method, the journal, the answer with or without its code as HTTP status."""

import asyncio
import inspect
import json
import logging
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from simulator.errors import ApiError
from simulator.faults import Fault, FaultKind
from simulator.ids import Network
from simulator.params import Args, as_integer, read_args
from simulator.trouble import Call, misbehave, respond
from simulator.world import World
from simulator.zalo.bot.errors import BotError, bad_request
from simulator.zalo.bot.methods.registry import METHODS
from simulator.zalo.bot.state import ZaloBot

log = logging.getLogger(__name__)
PREFIX = "/zalo-bot/bot"
GET_UPDATES = "getUpdates"
USUAL_POLL, LONGEST_POLL = 30, 600
UNAUTHORIZED = BotError(401, "Unauthorized")
IDLE = BotError(408, "Request timeout")
HTTP_CODES = range(400, 600)


class ZaloBotRoute(BaseRoute):
    def __init__(self, world: World) -> None:
        self._world = world

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        world = self._world
        token, _, name = scope["path"].removeprefix(PREFIX).partition("/")
        if token != world.config.zalo_bot_token:
            await respond(send, *_refused(world.zalo_bot, UNAUTHORIZED))
            return
        try:
            args = await read_args(scope, receive)
        except ClientDisconnect:
            return
        except ApiError as problem:
            await respond(send, *_refused(world.zalo_bot, BotError(400, problem.description)))
            return
        if world.settings.delay_ms and name != GET_UPDATES:
            await asyncio.sleep(world.settings.delay_ms / 1000)
        asked = Asked(world, name, args)
        fault = world.faults.draw(name.lower(), network=Network.ZALO_BOT, chat_id=asked.chat_id)
        gone = asyncio.ensure_future(_disconnected(receive)) if name == GET_UPDATES and fault is None else asked.gone
        asked.gone = gone
        try:
            if fault is None:
                await respond(send, *await asked.carry_out(""))
            else:
                call = Call(carry_out=asked.carry_out, refuse=asked.refuse, note=asked.note_refused)
                await misbehave(fault, call, receive=receive, send=send)
        finally:
            gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _refused(bot: ZaloBot, error: BotError) -> tuple[int, bytes]:
    mirrored = bot.settings.status_mode == "mirrored" and error.code in HTTP_CODES
    return error.code if mirrored else 200, json.dumps(error.as_json()).encode()


@dataclass(slots=True, eq=False)
class Asked:
    """One call; ``gone`` is done when the caller has hung up."""

    world: World
    name: str
    args: Args
    gone: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def chat_id(self) -> str | None:
        found = self.args.values.get("chat_id")
        return found if isinstance(found, str) else None

    async def carry_out(self, outcome: str) -> tuple[int, bytes]:
        bot = self.world.zalo_bot
        try:
            result = await self._result(bot)
        except Exception as problem:
            error = problem if isinstance(problem, BotError) else BotError(403, "Internal server error")
            if error is not problem:
                log.exception("a call could not be answered")
            self._note(outcome or str(error.code), error=error.description)
            return _refused(bot, error)
        self._note(outcome or "ok")
        body = {"ok": True} if result is None else {"ok": True, "result": result}
        return 200, json.dumps(body, ensure_ascii=False).encode(errors="replace")

    async def _result(self, bot: ZaloBot) -> Any:
        if self.name == GET_UPDATES:
            return await self._poll(bot)
        method = METHODS.get(self.name)
        if method is None:
            raise BotError(bot.settings.unknown_method, "method not found")
        result = method(bot, self.args)
        return await result if inspect.isawaitable(result) else result

    async def _poll(self, bot: ZaloBot) -> dict[str, Any]:
        if bot.webhook:
            raise bad_request("can't use getUpdates while a webhook is set")
        seconds = min(max(as_integer(self.args.values.get("timeout"), USUAL_POLL), 0), LONGEST_POLL)
        update = await bot.updates.poll(seconds=seconds, gone=self.gone)
        if update is None:
            raise IDLE
        return update

    def refuse(self, fault: Fault) -> tuple[int, bytes]:
        """What ``429``, ``500`` and ``error`` look like here."""
        bot = self.world.zalo_bot
        if fault.kind is FaultKind.TOO_MANY:
            return _refused(bot, BotError(429, "Quota exceeded"))
        if fault.kind is FaultKind.ERROR:
            return _refused(bot, BotError(fault.code, fault.message))
        return 500, json.dumps(BotError(500, "Internal Server Error").as_json()).encode()

    def note_refused(self, outcome: str) -> None:
        self._note(outcome, error="on order")

    def _note(self, outcome: str, *, error: str | None = None) -> None:
        parameters = {name: value for name, value in self.args.values.items() if name != "secret_token"}
        self.world.journal.request(
            self.name,
            at=self.world.clock.now(),
            chat_id=self.chat_id,
            outcome=outcome,
            error=error,
            parameters=parameters,
            network=Network.ZALO_BOT,
        )
