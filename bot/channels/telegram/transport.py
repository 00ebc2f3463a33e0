"""PTB's network seam over aiohttp: the SDK's own transport tops out at a tenth of the sends.

Failures become PTB's own errors. What the sender must tell apart and PTB does not, are subclasses of them: nothing left
(`NotSentError`), the provider refused with an answer of its own (`ProviderError`), somebody in between answered (`GatewayError`).
"""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

import aiohttp
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from outreach.pacing import IN_BULK

# Opts in to what PTB's next major version does; without it each 429 also raises a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")

_OK: Final = range(200, 300)
_TOLD_APART_BY_PTB: Final = frozenset({400, 401, 403, 404, 409})
_TOO_MANY: Final = 429
_JSON_HEADERS: Final = {"Content-Type": "application/json"}
PAID: Final[Mapping[str, str]] = MappingProxyType({"allow_paid_broadcast": "true"})
_DNS_SECONDS = 300
_CHUNK_BYTES = 65_536


class NotSentError(NetworkError):
    """The request never left this machine: no connection, no name, no free place in the pool."""


class ProviderError(NetworkError):
    """The Bot API answered with an error of its own that is no fault of the request, so nothing was sent."""


class GatewayError(NetworkError):
    """An answer that is not the Bot API's: what became of the request is unknown."""


class TooLargeError(TelegramError):
    """A download that is larger than it may be."""


class AiohttpRequest(BaseRequest):
    """One pool of connections. All times are seconds; `read_timeout` is the longest silence, `media_timeout` the same for uploads.

    `pays`: whatever a campaign sends may cost Stars, so that it is not held to the free rate.
    """

    def __init__(
        self,
        *,
        connections: int = 256,
        read_timeout: float = 15.0,
        connect_timeout: float = 5.0,
        pool_timeout: float = 5.0,
        media_timeout: float = 60.0,
        proxy: str = "",
        pays: bool = False,
    ) -> None:
        self._connections = connections
        self._read_timeout = read_timeout
        self._media_timeout = media_timeout
        self._connect_timeout = connect_timeout
        self._pool_timeout = pool_timeout
        self._usual = self._limits(read_timeout)
        self._proxy = proxy or None
        self._pays = pays
        self._session: aiohttp.ClientSession | None = None

    def _limits(self, read_timeout: float | None) -> aiohttp.ClientTimeout:
        # aiohttp's `connect` covers the wait for a place in the pool and the connecting together.
        return aiohttp.ClientTimeout(
            total=None,
            connect=self._pool_timeout + self._connect_timeout,
            sock_connect=self._connect_timeout,
            sock_read=read_timeout,
        )

    @property
    def pays(self) -> bool:
        """Whether what this task sends may cost Stars: campaigns only, replies are free."""
        return self._pays and IN_BULK.get()

    @property
    def read_timeout(self) -> float | None:
        return self._read_timeout

    async def initialize(self) -> None:
        if self._session is None:
            # Every new connection gets TCP_NODELAY from aiohttp itself.
            connector = aiohttp.TCPConnector(limit=self._connections, ttl_dns_cache=_DNS_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._usual, auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar()
            )

    async def shutdown(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(  # noqa: PLR0917  the signature is PTB's
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002  aiohttp has no such limit
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002  one for all calls
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002  one for all calls
    ) -> tuple[int, bytes]:
        """Status and body of an answer PTB can read; every other one is raised here."""
        body, headers, timeout = _encode(request_data, more=PAID if self.pays else {}), None, self._usual
        if isinstance(body, bytes):
            headers = _JSON_HEADERS
        elif body is not None:
            timeout = self._limits(self._media_timeout)
        if read_timeout is not BaseRequest.DEFAULT_NONE:
            timeout = self._limits(read_timeout)
        try:
            async with self._open.request(
                method, url, data=body, headers=headers, timeout=timeout, proxy=self._proxy, allow_redirects=False
            ) as answer:
                status, payload = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _network_error(error) from error
        if status not in _OK:
            check_answer(status, payload)
        return status, payload

    async def fetch(self, url: str, *, max_bytes: int) -> bytes:
        """The body behind `url`; TooLargeError as soon as it is known to be larger than `max_bytes`."""
        found = bytearray()
        try:
            async with self._open.get(
                url, timeout=self._limits(self._media_timeout), proxy=self._proxy, allow_redirects=False
            ) as answer:
                if answer.status not in _OK:
                    check_answer(answer.status, await answer.read())
                    raise ProviderError(f"a download was answered with status {answer.status}")
                if (answer.content_length or 0) > max_bytes:
                    raise TooLargeError("too large by its length")
                async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                    found += chunk
                    if len(found) > max_bytes:
                        raise TooLargeError("too large by its body")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _network_error(error) from error
        return bytes(found)

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise NotSentError("the transport is closed")
        return self._session

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As PTB's own, but an answer that is no Bot API answer is not written to the log: it may quote a message."""
        found = _bot_api_answer(payload)
        if found is None:
            raise TelegramError("an answer that is no Bot API answer")
        return found


class _Answer(AiohttpRequest):
    """An answer that is there already, for PTB to make of it what it makes of every other."""

    def __init__(self, status: int, payload: bytes) -> None:
        super().__init__()
        self._status, self._payload = status, payload

    async def do_request(self, *_: Any, **__: Any) -> tuple[int, bytes]:
        if self._status not in _OK:
            check_answer(self._status, self._payload)
        return self._status, self._payload


async def answered(status: int, payload: bytes) -> Any:
    """The result of a Bot API answer; raises what PTB raises for it."""
    try:
        return await _Answer(status, payload).post("")
    except KeyError:
        raise TelegramError("an answer that is no Bot API answer") from None


def _encode(request_data: RequestData | None, *, more: Mapping[str, str]) -> bytes | aiohttp.FormData | None:
    """JSON without files, a form with them; the parameters inside are JSON texts in both. `more` are further ones."""
    if request_data is None or not request_data.parameters:
        return None
    if not request_data.contains_files:
        return json.dumps({**request_data.json_parameters, **more}).encode() if more else request_data.json_payload
    form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)  # names of files as they are
    for name, value in {**request_data.json_parameters, **more}.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return form


def _network_error(error: Exception) -> NetworkError:
    kind = type(error).__name__
    if isinstance(
        error,
        aiohttp.ClientConnectorError
        | aiohttp.ClientHttpProxyError
        | aiohttp.ConnectionTimeoutError
        | aiohttp.InvalidURL,
    ):
        return NotSentError(kind)
    return TimedOut(kind) if isinstance(error, TimeoutError) else NetworkError(kind)


def _bot_api_answer(payload: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(payload)
    except ValueError:
        return None
    good = isinstance(found, dict) and ("result" in found if found.get("ok") else "description" in found)
    return found if good else None


def check_answer(status: int, payload: bytes) -> None:
    """Raise for an answer (status outside 2xx) that PTB would misread; for the rest PTB's own mapping is right."""
    found = _bot_api_answer(payload)
    if found is None:
        raise GatewayError(f"status {status}")
    parameters = found.get("parameters")
    told = parameters if isinstance(parameters, dict) else {}
    if status == _TOO_MANY:
        raise RetryAfter(timedelta(seconds=max(float(told.get("retry_after") or 0), 1.0)))
    if status not in _TOLD_APART_BY_PTB:
        raise ProviderError(str(found.get("description")))
