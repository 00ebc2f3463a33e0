"""What the orders of both networks have in common: uploads, numbers of a query, the rows of the courier."""

from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from simulator.control.request import needed_text, query_number, whole_number
from simulator.errors import ControlError
from simulator.params import Upload
from simulator.zalo.deliveries import Courier
from simulator.zalo.people import People, Somebody

MOST_AT_ONCE = 1_000_000


async def read_uploads(request: Request) -> tuple[list[Upload], str]:
    async with request.form() as form:
        uploads = [
            Upload(name=part.filename or "", content=await part.read(), content_type=part.content_type or "")
            for part in form.getlist("file")
            if isinstance(part, UploadFile)
        ]
        return uploads, str(form.get("text") or "")


def own_address(request: Request) -> str:
    """The address this very connection came to: the bot can reach it too, whatever name the page was opened under."""
    host, port = request.scope["server"]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def flag(body: dict[str, Any], name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise ControlError(400, f"{name} is not true or false")
    return value


def optional_text(body: dict[str, Any], name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise ControlError(400, f"{name} is not a text")
    return value


def wanted_names(body: dict[str, Any]) -> list[str]:
    """The names of the people to make: ``name`` for one, ``count`` and ``prefix`` for many."""
    if "count" not in body:
        return [needed_text(body, "name")]
    count = whole_number(body["count"], "count")
    if not 1 <= count <= MOST_AT_ONCE:
        raise ControlError(400, f"count is not between 1 and {MOST_AT_ONCE}")
    prefix = optional_text(body, "prefix") or "Người"
    return [f"{prefix} {number}" for number in range(1, count + 1)]


def list_people(request: Request, people: People[Somebody]) -> list[Somebody]:
    asked = request.query_params
    return people.newest(limit=query_number(request, "limit", 50), query=asked.get("q", ""), kind=asked.get("kind", ""))


def delivery_rows(request: Request, courier: Courier) -> dict[str, Any]:
    after, limit = query_number(request, "after", 0), query_number(request, "limit", 10_000)
    rows, last = courier.rows_after(after, limit=limit)
    return {"rows": rows, "last": last}
