"""/sim/zalo/oa/people: making people, finding them, and what they do."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.control.request import body_of, needed_text, query_number, whole_number
from simulator.errors import ControlError
from simulator.zalo.control import flag, list_people, optional_text, own_address, read_uploads, wanted_names
from simulator.zalo.done import Done
from simulator.zalo.oa import actions
from simulator.zalo.oa.control import BASE, oa_of
from simulator.zalo.oa.people import OaPerson
from simulator.zalo.settings import check_number

READY_MADE = ("sticker", "location", "voice")
HOUR = 3600
MOST_HOURS = 100_000


def _person_of(request: Request) -> OaPerson:
    return oa_of(request).people.get(request.path_params["person_id"])


def _answer(done: Done) -> Response:
    return JSONResponse(done.as_json())


async def create(request: Request) -> Response:
    """No event goes out for those who follow from the start; their last interaction is now, or so many hours ago."""
    oa, body = oa_of(request), await body_of(request)
    names, kind = wanted_names(body), optional_text(body, "kind")
    follows, mobile = flag(body, "follows", default=False), flag(body, "mobile", default=True)
    sensitive = flag(body, "sensitive", default=False)
    last = oa.clock.now() if follows else None
    if body.get("interacted_hours_ago") is not None:
        last = oa.clock.now() - HOUR * check_number(
            body["interacted_hours_ago"], "interacted_hours_ago", most=MOST_HOURS
        )
    made = [
        oa.people.add(
            OaPerson(
                id=oa.people.next_id(),
                name=name,
                kind=kind,
                follows=follows,
                related=last is not None,
                chatted=last is not None,
                mobile=mobile,
                sensitive=sensitive,
                last_interaction=last,
            )
        )
        for name in names
    ]
    if "count" in body:
        return JSONResponse({"ids": [person.id for person in made]}, status_code=201)
    made[0].active = oa.tell_page(made[0])
    return JSONResponse(oa.card(made[0]), status_code=201)


async def listing(request: Request) -> Response:
    oa = oa_of(request)
    return JSONResponse({"people": [oa.card(person) for person in list_people(request, oa.people)]})


async def show(request: Request) -> Response:
    return JSONResponse(oa_of(request).card(_person_of(request)))


async def chat(request: Request) -> Response:
    oa, person, after = oa_of(request), _person_of(request), query_number(request, "after", 0)
    messages = [message.card() for message in person.messages if message.seq > after]
    return JSONResponse({"messages": messages, "person": oa.card(person), "seq": oa.events.last})


async def text(request: Request) -> Response:
    body = await body_of(request)
    quote = optional_text(body, "quote")
    return _answer(actions.say(oa_of(request), _person_of(request), needed_text(body, "text"), quote=quote))


async def upload(request: Request) -> Response:
    """``image`` or ``file``, by the last word of the address."""
    uploads, said = await read_uploads(request)
    as_images = request.url.path.endswith("/image")
    base = own_address(request)
    oa, person = oa_of(request), _person_of(request)
    return _answer(actions.send_uploads(oa, person, uploads, as_images=as_images, text=said, base=base))


async def press(request: Request) -> Response:
    body = await body_of(request)
    wanted = {name: optional_text(body, name) for name in ("title", "payload", "message_id")}
    if not (wanted["title"] or wanted["payload"]):
        raise ControlError(400, "title or payload is missing")
    return _answer(actions.press(oa_of(request), _person_of(request), **wanted))


async def block(request: Request) -> Response:
    code = whole_number((await body_of(request)).get("code", actions.REFUSALS[0]), "code")
    if not code:
        raise ControlError(400, "code is not 0")
    return _answer(actions.set_refusal(oa_of(request), _person_of(request), code))


async def open_article(request: Request) -> Response:
    message_id = needed_text(await body_of(request), "message_id")
    return _answer(actions.open_article(oa_of(request), _person_of(request), message_id))


async def admin(request: Request) -> Response:
    body = await body_of(request)
    said, admin_id = needed_text(body, "text"), optional_text(body, "admin_id")
    return _answer(actions.answer_by_hand(oa_of(request), _person_of(request), said, admin_id=admin_id))


async def simple(request: Request) -> Response:
    """Everything that needs no word."""
    oa, person, action = oa_of(request), _person_of(request), request.path_params["action"]
    if action in READY_MADE:
        return _answer(actions.send_ready_made(oa, person, action, base=own_address(request)))
    known = {
        "follow": lambda: actions.follow(oa, person, follows=True),
        "unfollow": lambda: actions.follow(oa, person, follows=False),
        "unblock": lambda: actions.set_refusal(oa, person, 0),
        "chatnow": lambda: actions.click_chatnow(oa, person),
        "withdraw": lambda: actions.withdraw(oa, person),
        "seen": lambda: actions.see(oa, person),
    }
    if action not in known:
        raise ControlError(404, f"nobody can {action}")
    return _answer(known[action]())


ONE = f"{BASE}/people/{{person_id}}"
ROUTES = [
    Route(f"{BASE}/people", create, methods=["POST"]),
    Route(f"{BASE}/people", listing, methods=["GET"]),
    Route(ONE, show, methods=["GET"]),
    Route(f"{ONE}/chat", chat, methods=["GET"]),
    Route(f"{ONE}/text", text, methods=["POST"]),
    Route(f"{ONE}/image", upload, methods=["POST"]),
    Route(f"{ONE}/file", upload, methods=["POST"]),
    Route(f"{ONE}/press", press, methods=["POST"]),
    Route(f"{ONE}/block", block, methods=["POST"]),
    Route(f"{ONE}/open", open_article, methods=["POST"]),
    Route(f"{ONE}/admin", admin, methods=["POST"]),
    Route(f"{ONE}/{{action}}", simple, methods=["POST"]),
]
