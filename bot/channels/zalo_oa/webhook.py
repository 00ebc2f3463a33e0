"""The webhook of the Official Account: 200 well within two seconds, and only for what is durable."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.kit import HandleReceipts
from bot.channels.zalo_oa.incoming import EVENTS, Reader
from bot.channels.zalo_oa.signature import HEADER, Signature
from outreach.clock import Clock, system_clock
from outreach.messaging import Incoming, Receipt

log = logging.getLogger(__name__)

PATH = "/zalo/oa"
MOST_BYTES = 1024 * 1024
COME_BACK_SECONDS = 30  # as Zalo's own first wait
_RECEIPT_PATIENCE = 1.5  # seconds

Take = Callable[[Incoming], Awaitable[bool]]


class Webhook:
    """`take` says whether what a person did is durable (`Durable.take`)."""

    def __init__(
        self,
        *,
        reader: Reader,
        signature: Signature,
        take: Take,
        receipts: HandleReceipts,
        clock: Clock = system_clock,
    ) -> None:
        self._reader = reader
        self._signature = signature
        self._take = take
        self._receipts = receipts
        self._clock = clock
        self._writing: set[asyncio.Task[None]] = set()

    @property
    def route(self) -> Route:
        return Route(PATH, self._receive, methods=["POST"])

    async def stop(self) -> None:
        """Wait for the receipts under way; the web server has to be down by then."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _receive(self, request: Request) -> Response:
        body = await _capped_body(request)
        if body is None:
            return Response(status_code=413)
        event = _event(body)
        if event is None:
            return Response(status_code=400)
        timestamp, header = str(event.get("timestamp")), request.headers.get(HEADER, "")
        if not self._signature.holds(body, timestamp=timestamp, header=header):
            EVENTS.labels(event="other", outcome="forged").inc()
            return Response(status_code=403)
        found = self._reader.read(event, now=self._clock())
        if found is None:
            return Response(status_code=200)
        durable = await (self._wrote(found) if isinstance(found, Receipt) else self._take(found))
        if durable:
            return Response(status_code=200)
        return Response(status_code=503, headers={"Retry-After": str(COME_BACK_SECONDS)})

    async def _wrote(self, receipt: Receipt) -> bool:
        writing = asyncio.ensure_future(self._receipts([receipt]))
        self._writing.add(writing)
        writing.add_done_callback(self._written)
        await asyncio.wait({writing}, timeout=_RECEIPT_PATIENCE)
        return writing.done() and not writing.cancelled() and writing.exception() is None

    def _written(self, writing: asyncio.Task[None]) -> None:
        self._writing.discard(writing)
        error = None if writing.cancelled() else writing.exception()
        if error is not None:
            log.error("a receipt could not be written: %s", type(error).__name__, exc_info=error)


async def _capped_body(request: Request) -> bytes | None:
    """The body, or None where it is larger than any event (or breaks off)."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)


def _event(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
