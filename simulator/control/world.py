"""/sim: the journal, faults, the clock, settings and a fresh start."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.control.request import body_of, needed_text, query_number, whole_number, world_of
from simulator.errors import ControlError
from simulator.ids import Network
from simulator.methods.bot import commands_for

LONGEST_DELAY = 600_000
FASTEST = 1_000_000
FURTHEST = 10 * 365 * 86_400


async def journal(request: Request) -> Response:
    kept = world_of(request).journal
    kind = request.query_params.get("kind", "messages")
    after, limit = query_number(request, "after", 0), query_number(request, "limit", 10_000)
    if kind not in {"requests", "messages"}:
        raise ControlError(400, "kind is requests or messages")
    network = _network(request)
    read = kept.requests_after if kind == "requests" else kept.messages_after
    rows, last = read(after, limit=limit, network=network)
    clock = world_of(request).clock
    return JSONResponse({"rows": [{**row, "at": clock.iso(row["at"])} for row in rows], "last": last})


def _network(request: Request) -> str:
    network = request.query_params.get("network", "")
    if network not in {"", *Network}:
        raise ControlError(400, f"network is one of {', '.join(Network)}")
    return network


async def counts(request: Request) -> Response:
    contains = request.query_params.get("contains", "")
    return JSONResponse(world_of(request).journal.counts(contains, network=_network(request)))


async def order_fault(request: Request) -> Response:
    fault = world_of(request).faults.order(await body_of(request))
    return JSONResponse({"id": fault.id}, status_code=201)


async def list_faults(request: Request) -> Response:
    return JSONResponse({"faults": world_of(request).faults.cards()})


async def cancel_fault(request: Request) -> Response:
    wanted = request.path_params.get("fault_id")
    world_of(request).faults.cancel(None if wanted is None else whole_number(wanted, "the fault's id"))
    return JSONResponse({})


async def read_clock(request: Request) -> Response:
    return JSONResponse({"now": world_of(request).clock.iso()})


async def move_clock(request: Request) -> Response:
    clock = world_of(request).clock
    try:
        seconds = float((await body_of(request)).get("advance", 0))
    except (TypeError, ValueError) as problem:
        raise ControlError(400, "advance is not a number of seconds") from problem
    if not 0 <= seconds <= FURTHEST:
        raise ControlError(400, f"the clock goes forward, and at most {FURTHEST} seconds at once")
    clock.advance(seconds)
    return JSONResponse({"now": clock.iso()})


def _settings(request: Request) -> dict[str, Any]:
    settings = world_of(request).settings
    return {"limits": settings.limits, "rate": settings.rate, "delay_ms": settings.delay_ms}


async def read_settings(request: Request) -> Response:
    return JSONResponse(_settings(request))


async def change_settings(request: Request) -> Response:
    settings, body = world_of(request).settings, await body_of(request)
    if unknown := sorted(set(body) - {"limits", "rate", "delay_ms"}):
        raise ControlError(400, f"there is no setting {', '.join(unknown)}")
    delay_ms = whole_number(body.get("delay_ms", settings.delay_ms), "delay_ms")
    if not 0 <= delay_ms <= LONGEST_DELAY:
        raise ControlError(400, f"delay_ms is not between 0 and {LONGEST_DELAY}")
    rate = body.get("rate", settings.rate)
    if not isinstance(rate, int | float) or not 0 < rate <= FASTEST:
        raise ControlError(400, f"rate is not a number above 0 and up to {FASTEST}")
    settings.limits = bool(body.get("limits", settings.limits))
    settings.delay_ms, settings.rate = delay_ms, float(rate)
    return JSONResponse(_settings(request))


async def reset(request: Request) -> Response:
    world_of(request).forget()
    return JSONResponse({})


async def bot(request: Request) -> Response:
    """The bot as the page shows it; with ``person`` the commands that person sees."""
    world = world_of(request)
    person = request.query_params.get("person")
    return JSONResponse(
        {
            "id": world.config.bot_id,
            "username": world.config.username,
            "name": world.config.first_name,
            "commands": commands_for(world, None if person is None else whole_number(person, "person")),
            "webhook": world.webhook.url,
            "public_url": world.config.public_url,
        }
    )


async def inject(request: Request) -> Response:
    """Queue an update of any kind as it stands (a channel post, a group message); its chat, if it is new, becomes known."""
    world = world_of(request)
    kinds = {kind: content for kind, content in (await body_of(request)).items() if isinstance(content, dict)}
    if len(kinds) != 1:
        raise ControlError(400, "an update has exactly one kind with an object")
    kind, content = next(iter(kinds.items()))
    about = content if content.get("chat") else content.get("message")
    chat = about.get("chat") if isinstance(about, dict) else None
    if not isinstance(chat, dict):
        raise ControlError(400, "the update names no chat")
    chat_id = whole_number(chat.get("id"), "chat.id")
    person = world.people.find(chat_id)
    if person is None:
        name, sort = str(chat.get("title") or chat.get("first_name") or "?"), needed_text(chat, "type")
        person = world.people.create(name, person_id=chat_id)
        person.type = sort
    update_ids = world.push(kind, content, person=person)
    return JSONResponse({"update_ids": update_ids, "message_ids": []})


ROUTES = [
    Route("/sim/journal", journal, methods=["GET"]),
    Route("/sim/journal/counts", counts, methods=["GET"]),
    Route("/sim/faults", order_fault, methods=["POST"]),
    Route("/sim/faults", list_faults, methods=["GET"]),
    Route("/sim/faults", cancel_fault, methods=["DELETE"]),
    Route("/sim/faults/{fault_id}", cancel_fault, methods=["DELETE"]),
    Route("/sim/clock", read_clock, methods=["GET"]),
    Route("/sim/clock", move_clock, methods=["POST"]),
    Route("/sim/settings", read_settings, methods=["GET"]),
    Route("/sim/settings", change_settings, methods=["POST"]),
    Route("/sim/reset", reset, methods=["POST"]),
    Route("/sim/bot", bot, methods=["GET"]),
    Route("/sim/updates", inject, methods=["POST"]),
]
