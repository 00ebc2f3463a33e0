"""/sim/people: making people, finding them, and what they do."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator import actions
from simulator.control.request import body_of, needed_text, person_of, query_number, whole_number, world_of
from simulator.errors import ControlError
from simulator.view import chat_view

MOST_AT_ONCE = 1_000_000


async def create(request: Request) -> Response:
    """One person by name, or ``count`` of them by ``prefix``. ``started`` false: somebody the bot may not write to yet."""
    world, body = world_of(request), await body_of(request)
    kind, started = str(body.get("kind", "")), bool(body.get("started", True))
    if "count" in body:
        count = whole_number(body["count"], "count")
        if not 1 <= count <= MOST_AT_ONCE:
            raise ControlError(400, f"count is not between 1 and {MOST_AT_ONCE}")
        prefix = str(body.get("prefix") or "Người")
        ids = world.people.create_many(count, prefix=prefix, kind=kind, started=started)
        return JSONResponse({"ids": ids}, status_code=201)
    person = world.people.create(
        needed_text(body, "name"),
        username=None if body.get("username") is None else needed_text(body, "username"),
        person_id=whole_number(body["id"], "id") if body.get("id") is not None else None,
        kind=kind,
        started=started,
    )
    person.active = world.events.publish("person", person_id=person.id, subject=person)
    return JSONResponse(person.card(), status_code=201)


async def listing(request: Request) -> Response:
    found = world_of(request).people.newest(
        limit=query_number(request, "limit", 50),
        query=request.query_params.get("q", ""),
        kind=request.query_params.get("kind", ""),
    )
    return JSONResponse({"people": [person.card() for person in found]})


async def show(request: Request) -> Response:
    return JSONResponse(person_of(request).card())


async def chat(request: Request) -> Response:
    after = query_number(request, "after", 0)
    return JSONResponse(chat_view(world_of(request), person_of(request), after=after))


async def text(request: Request) -> Response:
    body = await body_of(request)
    reply_to = body.get("reply_to")
    done = actions.say(
        world_of(request),
        person_of(request),
        needed_text(body, "text"),
        reply_to=None if reply_to is None else whole_number(reply_to, "reply_to"),
        forward_from=str(body.get("forward_from") or ""),
    )
    return JSONResponse(done.as_json())


async def start(request: Request) -> Response:
    payload = str((await body_of(request)).get("payload") or "")
    return JSONResponse(actions.start(world_of(request), person_of(request), payload).as_json())


async def tap(request: Request) -> Response:
    body = await body_of(request)
    message_id = body.get("message_id")
    done = actions.tap(
        world_of(request),
        person_of(request),
        message_id=None if message_id is None else whole_number(message_id, "message_id"),
        data=body.get("data"),
        label=body.get("label"),
    )
    return JSONResponse(done.as_json())


async def edit(request: Request) -> Response:
    body = await body_of(request)
    message_id = whole_number(body.get("message_id"), "message_id")
    done = actions.edit(world_of(request), person_of(request), message_id, needed_text(body, "text"))
    return JSONResponse(done.as_json())


async def block(request: Request) -> Response:
    return JSONResponse(actions.set_blocked(world_of(request), person_of(request), blocked=True).as_json())


async def unblock(request: Request) -> Response:
    return JSONResponse(actions.set_blocked(world_of(request), person_of(request), blocked=False).as_json())


async def deactivate(request: Request) -> Response:
    return JSONResponse(actions.deactivate(world_of(request), person_of(request)).as_json())


ONE = "/sim/people/{person_id}"
ROUTES = [
    Route("/sim/people", create, methods=["POST"]),
    Route("/sim/people", listing, methods=["GET"]),
    Route(ONE, show, methods=["GET"]),
    Route(f"{ONE}/chat", chat, methods=["GET"]),
    *(
        Route(f"{ONE}/{action.__name__}", action, methods=["POST"])
        for action in (text, start, tap, edit, block, unblock, deactivate)
    ),
]
