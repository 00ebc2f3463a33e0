"""What only the chat page needs: live events, posters and their QR codes."""

import io
import json
from collections.abc import AsyncIterator

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from simulator.actions import PAYLOAD
from simulator.control.request import whole_number, world_of
from simulator.errors import ControlError
from simulator.ids import ChatId, is_zalo_id
from simulator.params import load_json
from simulator.view import event_view
from simulator.world import World

BEAT_SECONDS = 15.0
MOST_QR_TEXT = 1_000
_LONGEST_CODE = 20


async def _stream(world: World, *, people: frozenset[ChatId], after: int | None) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async for event in world.events.listen(people=people, after=after, beat=BEAT_SECONDS):
        if event is None:
            yield ": still here\n\n"
        else:
            data = json.dumps(event_view(world, event), ensure_ascii=False)
            yield f"id: {event.seq}\nevent: {event.kind}\ndata: {data}\n\n"


def _listened_to(person: str) -> ChatId:
    return person if is_zalo_id(person) else whole_number(person, "person")


async def events(request: Request) -> Response:
    """Server-sent events about the people named in ``person`` (comma between several; all without). A browser that comes back names the last one it saw in Last-Event-ID (or ``after``)."""
    named = request.query_params.get("person", "")
    last = request.headers.get("Last-Event-ID") or request.query_params.get("after")
    stream = _stream(
        world_of(request),
        people=frozenset(_listened_to(person) for person in named.split(",") if person),
        after=whole_number(last, "Last-Event-ID") if last else None,
    )
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _deep_link(world: World, payload: str) -> str:
    return f"https://t.me/{world.config.username}?start={payload}"


async def read_posters(request: Request) -> Response:
    world = world_of(request)
    return JSONResponse(
        {"posters": [{**poster, "url": _deep_link(world, poster["payload"])} for poster in world.posters]}
    )


async def put_up_posters(request: Request) -> Response:
    """Replace the posters by the given list of title, payload and perhaps the code that is typed on Zalo."""
    try:
        given = load_json(await request.body())
    except ValueError as problem:
        raise ControlError(400, "the body is not JSON") from problem
    if not isinstance(given, list):
        raise ControlError(400, "the body is not a list of posters")
    posters = []
    for poster in given:
        payload = str(poster.get("payload", "")) if isinstance(poster, dict) else ""
        if not PAYLOAD.fullmatch(payload):
            raise ControlError(400, "a start payload is 1 to 64 of A-Z, a-z, 0-9, _ and -")
        code = {"code": str(poster["code"])[:_LONGEST_CODE]} if poster.get("code") else {}
        posters.append({"title": str(poster.get("title") or payload), "payload": payload, **code})
    world_of(request).posters = posters
    return await read_posters(request)


async def qr_code(request: Request) -> Response:
    text = request.query_params.get("text", "")
    if not 1 <= len(text) <= MOST_QR_TEXT:
        raise ControlError(400, f"text has 1 to {MOST_QR_TEXT} characters")
    drawn = io.BytesIO()
    try:
        code = segno.make(text, error="m", micro=False)
    except segno.DataOverflowError as problem:
        raise ControlError(400, "the text does not fit into a QR code") from problem
    code.save(drawn, kind="svg", scale=6, border=2, xmldecl=False)
    return Response(drawn.getvalue(), media_type="image/svg+xml")


ROUTES = [
    Route("/sim/events", events, methods=["GET"]),
    Route("/sim/posters", read_posters, methods=["GET"]),
    Route("/sim/posters", put_up_posters, methods=["POST"]),
    Route("/sim/qr.svg", qr_code, methods=["GET"]),
]
