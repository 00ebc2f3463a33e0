"""What a supervisor asks."""

from collections.abc import Awaitable, Callable

import aiohttp
from prometheus_client import CollectorRegistry, Counter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web import create_web


async def own(request: Request) -> Response:
    return PlainTextResponse("ours")


async def test_the_three_pages(web: Callable[[Starlette], Awaitable[str]]) -> None:
    problems: dict[str, str] = {}
    registry = CollectorRegistry()
    Counter("loatre_tests", "How often this ran.", registry=registry).inc(3)

    async def readiness() -> dict[str, str]:
        return problems

    address = await web(create_web(routes=[Route("/own", own)], readiness=readiness, registry=registry))
    async with aiohttp.ClientSession() as session:

        async def get(path: str, method: str = "GET") -> tuple[int, str]:
            async with session.request(method, f"{address}{path}") as answer:
                return answer.status, await answer.text()

        assert await get("/healthz") == (200, "ok")
        assert await get("/readyz") == (200, '{"ready":true,"problems":{}}')
        problems["database"] = "does not answer"
        assert await get("/readyz") == (503, '{"ready":false,"problems":{"database":"does not answer"}}')
        status, page = await get("/metrics")
        assert status == 200
        assert "loatre_tests_total 3.0" in page.splitlines()
        assert await get("/own") == (200, "ours")
        assert (await get("/readyz", "POST"))[0] == 405
        assert (await get("/nothing"))[0] == 404
