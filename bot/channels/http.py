"""One small HTTP client for channels that have no SDK: what must be told apart about a failed call, and nothing more."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from outreach.messaging import SendError, SendErrorKind
from outreach.transaction import check_outside_transaction

_CHUNK_BYTES = 65_536
_CONNECT_SECONDS = 5.0
_MEDIA_SECONDS = 60.0
_TO_PROVIDER = range(500, 600)


class HttpClient:
    """Calls that answer in JSON. `read_timeout` is the longest silence, in seconds.

    Every failure is a SendError: NEVER_LEFT where no connection was made, UNKNOWN where the answer was lost or was none of the
    provider's. What stands in a JSON answer is the caller's to judge, whatever the HTTP status.
    """

    def __init__(self, *, connections: int = 32, read_timeout: float = 15.0, proxy: str = "") -> None:
        self._connections = connections
        self._read_timeout = read_timeout
        self._proxy = proxy or None
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, ttl_dns_cache=300),
                cookie_jar=aiohttp.DummyCookieJar(),
            )

    async def stop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        form: Mapping[str, str] | aiohttp.FormData | None = None,
        read_timeout: float | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """HTTP status and the JSON object of the answer. `body` is sent as JSON, `form` as a form."""
        check_outside_transaction()
        given: dict[str, Any] = {"json": body} if body is not None else {"data": form}
        try:
            async with self._open.request(
                method,
                url,
                headers=headers,
                params=params,
                timeout=self._limits(read_timeout or (_MEDIA_SECONDS if isinstance(form, aiohttp.FormData) else None)),
                proxy=self._proxy,
                allow_redirects=False,
                **given,
            ) as answer:
                status, payload = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _not_answered(error) from None  # the error's text holds the address, and that may hold a token
        return status, _object(status, payload)

    async def fetch(self, url: str, *, max_bytes: int) -> bytes:
        """The body behind `url`; OUR_FAULT `file_too_big` as soon as it is known to be larger than `max_bytes`."""
        check_outside_transaction()
        found = bytearray()
        try:
            async with self._open.get(
                url, timeout=self._limits(_MEDIA_SECONDS), proxy=self._proxy, allow_redirects=False
            ) as answer:
                if answer.status != 200:  # noqa: PLR2004  the one good status of a download
                    kind = SendErrorKind.REFUSED if answer.status in _TO_PROVIDER else SendErrorKind.OUR_FAULT
                    raise SendError(kind, "file_unavailable")
                if (answer.content_length or 0) > max_bytes:
                    raise SendError(SendErrorKind.OUR_FAULT, "file_too_big")
                async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                    found += chunk
                    if len(found) > max_bytes:
                        raise SendError(SendErrorKind.OUR_FAULT, "file_too_big")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _not_answered(error) from None
        return bytes(found)

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise SendError(SendErrorKind.NEVER_LEFT, "client_closed")
        return self._session

    def _limits(self, read_timeout: float | None) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=None,
            connect=2 * _CONNECT_SECONDS,  # the wait for a place in the pool, and the connecting
            sock_connect=_CONNECT_SECONDS,
            sock_read=read_timeout or self._read_timeout,
        )


def _not_answered(error: Exception) -> SendError:
    """Whether the request left this machine decides if it may be sent again."""
    never = (
        aiohttp.ClientConnectorError,
        aiohttp.ClientHttpProxyError,
        aiohttp.ConnectionTimeoutError,
        aiohttp.InvalidURL,
    )
    if isinstance(error, never):
        return SendError(SendErrorKind.NEVER_LEFT, "not_connected")
    return SendError(SendErrorKind.UNKNOWN, "timeout" if isinstance(error, TimeoutError) else "connection_lost")


def _object(status: int, payload: bytes) -> dict[str, Any]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SendError(SendErrorKind.UNKNOWN, f"gateway_{status}")
    return found
