"""/sim/zalo/oa: the OA's state, its settings and tokens, the webhook, broadcasts."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.control.request import body_of, world_of
from simulator.errors import ControlError
from simulator.zalo.control import delivery_rows, optional_text
from simulator.zalo.oa.methods.broadcast import decide
from simulator.zalo.oa.methods.send import sub_quota_left
from simulator.zalo.oa.state import APP_ID, OA_ID, Oa
from simulator.zalo.settings import change_settings


def oa_of(request: Request) -> Oa:
    return world_of(request).oa


def _webhook(oa: Oa) -> dict[str, Any]:
    courier = oa.courier
    return {
        "url": oa.settings.webhook,
        "disabled": oa.disabled,
        "waiting": courier.waiting,
        "failures": courier.failures,
        "last_error": courier.last_error,
    }


async def show(request: Request) -> Response:
    oa = oa_of(request)
    return JSONResponse(
        {
            "oa_id": OA_ID,
            "app_id": APP_ID,
            "name": oa.settings.name,
            "verified": oa.settings.verified,
            "oa_type": oa.settings.oa_type,
            "menu": oa.settings.menu,
            "followers": sum(person.follows for person in oa.people),
            "charged_vnd": oa.spending.charged_vnd,
            "sub_quota": {"total": oa.settings.sub_quota, "remain": sub_quota_left(oa)},
            "webhook": _webhook(oa),
        }
    )


async def read_settings(request: Request) -> Response:
    return JSONResponse(asdict(oa_of(request).settings))


async def change(request: Request) -> Response:
    """Setting a webhook's address anew also enables it."""
    oa, wanted = oa_of(request), await body_of(request)
    change_settings(oa.settings, wanted)
    if "webhook" in wanted:
        oa.disabled = False
    oa.set_up_webhook()
    return await read_settings(request)


async def enable_webhook(request: Request) -> Response:
    oa = oa_of(request)
    oa.disabled = False
    oa.set_up_webhook()
    return JSONResponse(_webhook(oa))


async def issue_tokens(request: Request) -> Response:
    oa = oa_of(request)
    return JSONResponse(oa.tokens.issue(oa.clock.now()), status_code=201)


async def read_tokens(request: Request) -> Response:
    oa = oa_of(request)
    until = oa.clock.iso(oa.tokens.access_until) if oa.tokens.access else None
    return JSONResponse({"access_token": oa.tokens.access, "expires_at": until, "rotations": oa.tokens.rotations})


async def inject(request: Request) -> Response:
    """Send an event as it stands, signed rightly unless a signature is given."""
    oa, body = oa_of(request), await body_of(request)
    event = body.get("event")
    if not isinstance(event, dict):
        raise ControlError(400, "event is not an object")
    lane = optional_text(body, "person") or OA_ID
    signature = optional_text(body, "signature") if "signature" in body else None
    return JSONResponse({"events": [oa.emit(event, lane=lane, signature=signature)]})


async def deliveries(request: Request) -> Response:
    return JSONResponse(delivery_rows(request, oa_of(request).courier))


async def list_broadcasts(request: Request) -> Response:
    return JSONResponse({"broadcasts": oa_of(request).broadcasts.cards()})


async def review(request: Request) -> Response:
    oa = oa_of(request)
    verdict = request.path_params["verdict"]
    if verdict not in {"approve", "reject"}:
        raise ControlError(404, "a review approves or rejects")
    made = oa.broadcasts.pending(request.path_params["message_id"])
    decide(oa, made, approved=verdict == "approve")
    return JSONResponse(made.card())


async def article(request: Request) -> Response:
    found = oa_of(request).articles.find(request.path_params["article_id"])
    if found is None:
        raise ControlError(404, "there is no such article")
    return JSONResponse(found.content)


BASE = "/sim/zalo/oa"
ROUTES = [
    Route(BASE, show, methods=["GET"]),
    Route(f"{BASE}/settings", read_settings, methods=["GET"]),
    Route(f"{BASE}/settings", change, methods=["POST"]),
    Route(f"{BASE}/webhook/enable", enable_webhook, methods=["POST"]),
    Route(f"{BASE}/tokens", issue_tokens, methods=["POST"]),
    Route(f"{BASE}/tokens", read_tokens, methods=["GET"]),
    Route(f"{BASE}/events", inject, methods=["POST"]),
    Route(f"{BASE}/deliveries", deliveries, methods=["GET"]),
    Route(f"{BASE}/broadcasts", list_broadcasts, methods=["GET"]),
    Route(f"{BASE}/broadcasts/{{message_id}}/{{verdict}}", review, methods=["POST"]),
    Route(f"{BASE}/articles/{{article_id}}", article, methods=["GET"]),
]
