"""The ASGI app: the APIs of Telegram and Zalo in front, the control API and the chat page behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from simulator.botapi import BotApiRoute, answer
from simulator.config import SimConfig
from simulator.control import media, page, people
from simulator.control import world as control_world
from simulator.errors import ControlError
from simulator.params import Args
from simulator.world import World, create_world
from simulator.zalo.bot import control as bot_control
from simulator.zalo.bot.route import ZaloBotRoute
from simulator.zalo.oa import control as oa_control
from simulator.zalo.oa import control_people as oa_people
from simulator.zalo.oa.oauth import OAuthRoute
from simulator.zalo.oa.route import OaRoute

PAGE = Path(__file__).parent / "page"


async def _refuse(request: Request, error: Exception) -> Response:  # noqa: ARG001  the framework's signature
    assert isinstance(error, ControlError)  # noqa: S101  registered for this class alone
    body = {"error": error.message, "code": error.code} if error.code else {"error": error.message}
    return JSONResponse(body, status_code=error.status)


async def _no_such_order(request: Request, error: Exception) -> Response:  # noqa: ARG001  the framework's signature
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class alone
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


async def _own_fault(request: Request, error: Exception) -> Response:  # noqa: ARG001  the framework's signature
    """The last net: the caller reads JSON, and the framework still raises the error into the log."""
    return JSONResponse({"error": "the simulator itself failed; see its log"}, status_code=500)


async def _page(request: Request) -> Response:  # noqa: ARG001  the framework's signature
    index = PAGE / "index.html"
    return FileResponse(index) if index.is_file() else PlainTextResponse("no chat page here", status_code=404)


def create_app(config: SimConfig) -> Starlette:
    """A pretend Telegram of its own; ``app.state.world`` holds its state."""
    world = create_world(config)

    async def execute(call: dict[str, Any]) -> None:
        await answer(world, str(call.get("method", "")).lower(), Args(call))

    world.webhook.execute = execute

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001  the framework's signature
        yield
        await shut_down(world)

    app = Starlette(
        routes=[
            BotApiRoute(world),
            OaRoute(world),
            OAuthRoute(world),
            ZaloBotRoute(world),
            *oa_control.ROUTES,
            *oa_people.ROUTES,
            *bot_control.ROUTES,
            *people.ROUTES,
            *media.ROUTES,
            *page.ROUTES,
            *control_world.ROUTES,
            Route("/", _page, methods=["GET"]),
            Mount("/static", StaticFiles(directory=PAGE, check_dir=False)),
        ],
        exception_handlers={ControlError: _refuse, HTTPException: _no_such_order, Exception: _own_fault},
        lifespan=lifespan,
    )
    app.state.world = world
    return app


async def shut_down(world: World) -> None:
    world.close()
    await world.webhook.stop()
    await world.oa.close()
    await world.zalo_bot.courier.close()
    world.files.forget()
