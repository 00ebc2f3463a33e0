"""/sim/zalo/bot: the bot's state, its settings, its people and what they do."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.control.request import body_of, needed_text, query_number, world_of
from simulator.errors import ControlError
from simulator.zalo.bot import actions
from simulator.zalo.bot.people import BotPerson
from simulator.zalo.bot.state import ZaloBot
from simulator.zalo.control import (
    delivery_rows,
    flag,
    list_people,
    optional_text,
    own_address,
    read_uploads,
    wanted_names,
)
from simulator.zalo.done import Done
from simulator.zalo.settings import change_settings

READY_MADE = ("sticker", "voice", "location", "unsupported")


def _bot_of(request: Request) -> ZaloBot:
    return world_of(request).zalo_bot


def _person_of(request: Request) -> BotPerson:
    return _bot_of(request).people.get(request.path_params["person_id"])


def _answer(done: Done) -> Response:
    return JSONResponse(done.as_json())


async def show(request: Request) -> Response:
    bot = _bot_of(request)
    bot.today()
    return JSONResponse(
        {
            "id": bot.id,
            "name": bot.settings.name,
            "account_name": "bot.LoaTre",
            "sent_this_month": bot.usage.messages,
            "users": len(bot.usage.chats),
            "waiting": len(bot.updates) + bot.courier.waiting,
            "webhook": bot.webhook,
        }
    )


async def read_settings(request: Request) -> Response:
    return JSONResponse(asdict(_bot_of(request).settings))


async def change(request: Request) -> Response:
    bot = _bot_of(request)
    change_settings(bot.settings, await body_of(request))
    bot.set_up()
    return await read_settings(request)


async def deliveries(request: Request) -> Response:
    return JSONResponse(delivery_rows(request, _bot_of(request).courier))


async def create(request: Request) -> Response:
    bot, body = _bot_of(request), await body_of(request)
    names, kind = wanted_names(body), optional_text(body, "kind")
    started, protected = flag(body, "started", default=True), flag(body, "protected", default=False)
    group = flag(body, "group", default=False)
    made = [
        bot.people.add(
            BotPerson(id=bot.people.next_id(), name=name, kind=kind, started=started, protected=protected, group=group)
        )
        for name in names
    ]
    if "count" in body:
        return JSONResponse({"ids": [person.id for person in made]}, status_code=201)
    made[0].active = bot.events.publish("person", person_id=made[0].id, subject=made[0])
    return JSONResponse(made[0].card(), status_code=201)


async def listing(request: Request) -> Response:
    return JSONResponse({"people": [person.card() for person in list_people(request, _bot_of(request).people)]})


async def show_person(request: Request) -> Response:
    return JSONResponse(_person_of(request).card())


async def chat(request: Request) -> Response:
    bot, person, after = _bot_of(request), _person_of(request), query_number(request, "after", 0)
    found: dict[str, Any] = {
        "messages": [message.card() for message in person.messages if message.seq > after],
        "typing": person.typing_until > bot.clock.now(),
        "person": person.card(),
        "seq": bot.events.last,
    }
    return JSONResponse(found)


async def text(request: Request) -> Response:
    said = needed_text(await body_of(request), "text")
    return _answer(actions.say(_bot_of(request), _person_of(request), said))


async def upload(request: Request) -> Response:
    """``image`` or ``file``, by the last word of the address."""
    uploads, said = await read_uploads(request)
    as_images = request.url.path.endswith("/image")
    bot, person, base = _bot_of(request), _person_of(request), own_address(request)
    return _answer(actions.send_uploads(bot, person, uploads, as_images=as_images, text=said, base=base))


async def simple(request: Request) -> Response:
    """Everything that needs no word."""
    bot, person, action = _bot_of(request), _person_of(request), request.path_params["action"]
    if action in READY_MADE:
        return _answer(actions.send_ready_made(bot, person, action, base=own_address(request)))
    if action in {"block", "unblock"}:
        return _answer(actions.set_blocked(bot, person, blocked=action == "block"))
    raise ControlError(404, f"nobody can {action}")


BASE = "/sim/zalo/bot"
ONE = f"{BASE}/people/{{person_id}}"
ROUTES = [
    Route(BASE, show, methods=["GET"]),
    Route(f"{BASE}/settings", read_settings, methods=["GET"]),
    Route(f"{BASE}/settings", change, methods=["POST"]),
    Route(f"{BASE}/deliveries", deliveries, methods=["GET"]),
    Route(f"{BASE}/people", create, methods=["POST"]),
    Route(f"{BASE}/people", listing, methods=["GET"]),
    Route(ONE, show_person, methods=["GET"]),
    Route(f"{ONE}/chat", chat, methods=["GET"]),
    Route(f"{ONE}/text", text, methods=["POST"]),
    Route(f"{ONE}/image", upload, methods=["POST"]),
    Route(f"{ONE}/file", upload, methods=["POST"]),
    Route(f"{ONE}/{{action}}", simple, methods=["POST"]),
]
