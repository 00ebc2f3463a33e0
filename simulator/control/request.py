"""Reading an order: its JSON body, its numbers, the person it is about."""

from typing import Any

from starlette.requests import Request

from simulator.errors import ControlError
from simulator.params import load_json
from simulator.people import Person
from simulator.world import World


def world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of the body; an empty body is an empty object."""
    raw = await request.body()
    try:
        found = load_json(raw) if raw.strip() else {}
    except ValueError as problem:
        raise ControlError(400, "the body is not JSON") from problem
    if not isinstance(found, dict):
        raise ControlError(400, "the body is not a JSON object")
    return found


def needed_text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ControlError(400, f"{name} is missing")
    return value


def whole_number(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError) as problem:
        raise ControlError(400, f"{name} is not a whole number") from problem


def query_number(request: Request, name: str, default: int) -> int:
    return whole_number(request.query_params.get(name, default), name)


def person_of(request: Request) -> Person:
    return world_of(request).people.get(whole_number(request.path_params["person_id"], "the person's id"))
