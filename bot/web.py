"""The one ASGI app: the channels' webhooks, and what a supervisor asks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

# What is not ready, by part, in a few words without anything personal; nothing when all is.
Readiness = Callable[[], Awaitable[Mapping[str, str]]]


def create_web(
    *, routes: Sequence[BaseRoute], readiness: Readiness, registry: CollectorRegistry = REGISTRY
) -> Starlette:
    """`/healthz` says that the process runs, `/readyz` (200 or 503) whether it can work, `/metrics` what it counted."""

    async def healthz(request: Request) -> Response:  # noqa: ARG001  the framework's signature
        return PlainTextResponse("ok")

    async def readyz(request: Request) -> Response:  # noqa: ARG001  the framework's signature
        problems = dict(await readiness())
        return JSONResponse({"ready": not problems, "problems": problems}, status_code=503 if problems else 200)

    async def metrics(request: Request) -> Response:  # noqa: ARG001  the framework's signature
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    own = [Route(f"/{view.__name__}", view, methods=["GET"]) for view in (healthz, readyz, metrics)]
    return Starlette(routes=[*own, *routes])
