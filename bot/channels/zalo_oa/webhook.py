"""The webhook of the Official Account: 200 well within two seconds, and only for what is durable."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.kit import HandleReceipts, capped_body, json_object
from bot.channels.zalo_oa.adapter import ZaloOaChannel, needed
from bot.channels.zalo_oa.incoming import EVENTS, Reader
from bot.channels.zalo_oa.signature import HEADER, Signature
from outreach.messaging import Incoming, Receipt

log = logging.getLogger(__name__)

PATH = "/zalo/oa"
MOST_BYTES = 1024 * 1024
COME_BACK_SECONDS = 30  # as Zalo's own first wait
_RECEIPT_PATIENCE = 1.5  # seconds

Take = Callable[[Incoming], Awaitable[bool]]


class Webhook:
    """Of a channel that has been started. `take` says whether what a person did is durable (`Durable.take`)."""

    def __init__(self, channel: ZaloOaChannel, take: Take, *, receipts: HandleReceipts) -> None:
        """Raises SettingsError where the secret that signs is not told."""
        settings, app_id, oa_id = channel.settings, channel.oauth.app_id, channel.me.oa_id
        self._reader = Reader(app_id=app_id, oa_id=oa_id, account_id=channel.account_id)
        self._signature = Signature(
            app_id=app_id,
            oa_id=oa_id,
            first=settings.zalo_signature_id,
            secret=needed(settings, f"zalo_{settings.zalo_signature_secret}_secret"),
        )
        self._take = take
        self._receipts = receipts
        self._clock = channel.clock
        self._writing: set[asyncio.Future[None]] = set()

    @property
    def route(self) -> Route:
        return Route(PATH, self._receive, methods=["POST"])

    async def register(self, public_url: str) -> None:
        """Zalo takes the address by hand, in the app's console; see docs/zalo.md."""

    async def stop(self) -> None:
        """Wait for the receipts under way; the web server has to be down by then."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _receive(self, request: Request) -> Response:
        body = await capped_body(request, most=MOST_BYTES)
        if body is None:
            return Response(status_code=413)
        event = json_object(body)
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

    def _written(self, writing: asyncio.Future[None]) -> None:
        self._writing.discard(writing)
        error = None if writing.cancelled() else writing.exception()
        if error is not None:
            log.error("a receipt could not be written: %s", type(error).__name__, exc_info=error)
