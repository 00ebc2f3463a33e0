"""POSTs to one address over kept connections: as much of HTTP/1.1 as that takes, for messages that leave by the hundred.

aiohttp's client costs seven times as much for each. What fails is raised as the errors of `transport`, with the same line drawn
between what never left, what was answered, and what nobody knows.
"""

import asyncio
import re
import ssl
from typing import Final
from urllib.parse import urlsplit

from telegram.error import NetworkError, TimedOut

from bot.channels.telegram.transport import NotSentError

_HEAD_END: Final = b"\r\n\r\n"
_STATUS: Final = re.compile(rb"HTTP/1\.([01]) (\d{3})(?:[ \r]|$)")
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*(?:\r|$)")
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked")
_CLOSES: Final = re.compile(rb"\r\nconnection:[^\r]*close")
_KEPT_SECONDS: Final = 10.0  # a connection that rested longer may have been given up by the other side
_LOOKS: Final = (
    15  # at the silences, in the time one may last: a timer for each request would cost as much as its bytes
)
_NEXT_ADDRESS_AFTER: Final = 0.25  # seconds without an answer until another address of the name is tried as well

Answer = tuple[int, bytes]  # status, body


class StraightPosts:
    """`url` is complete, with what is secret in it. Times are seconds: of the silence until the answer is whole, and of connecting."""

    def __init__(self, url: str, *, read_timeout: float = 15.0, connect_timeout: float = 5.0) -> None:
        self._url, self._read_timeout, self._connect_timeout = urlsplit(url), read_timeout, connect_timeout
        self._head = (
            f"POST {self._url.path} HTTP/1.1\r\nHost: {self._url.netloc}\r\nAccept: */*\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._tls: ssl.SSLContext | None = None
        self._idle: list[_Connection] = []
        self._asking: set[_Connection] = set()
        self._looks = False
        self._open = False

    def start(self) -> None:
        if self._url.scheme == "https" and self._tls is None:
            self._tls = ssl.create_default_context()
        self._open = True

    def stop(self) -> None:
        self._open = False
        while self._idle:
            self._idle.pop().close()

    async def post(self, body: bytes) -> Answer:
        connection = self._kept() or await self._connect()
        self._asking.add(connection)
        if not self._looks:
            self._look()
        try:
            answer = await connection.ask(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
        except BaseException:
            connection.close()  # what still comes on it belongs to nobody
            raise
        finally:
            self._asking.discard(connection)
        if connection.stays and self._open:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _look(self) -> None:
        """Give up those that were silent for too long, as long as anybody waits."""
        loop = asyncio.get_running_loop()
        for connection in self._asking:
            connection.give_up(asked_before=loop.time() - self._read_timeout)
        self._looks = bool(self._asking)
        if self._looks:
            loop.call_later(self._read_timeout / _LOOKS, self._look)

    def _kept(self) -> "_Connection | None":
        """The one that was used last, if it can be used again; the others rest until they are let go."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fresh:
                return connection
            connection.close()
        return None

    async def _connect(self) -> "_Connection":
        if not self._open:
            raise NotSentError("the connections are closed")
        host, loop = self._url.hostname or "", asyncio.get_running_loop()
        port = self._url.port or (443 if self._tls else 80)
        try:
            async with asyncio.timeout(self._connect_timeout):
                _, connection = await loop.create_connection(
                    _Connection, host, port, ssl=self._tls, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER
                )
        except (OSError, TimeoutError) as error:
            raise NotSentError(type(error).__name__) from error
        return connection


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Answer] | None = None
        self._got = b""
        self._asked_at = self._rests_since = 0.0
        self.stays = True

    @property
    def is_fresh(self) -> bool:
        rested = self._loop.time() - self._rests_since
        return self.stays and rested < _KEPT_SECONDS and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        self._answer, self._asked_at = self._loop.create_future(), self._loop.time()
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            self._answer = None
            self._rests_since = self._loop.time()

    def give_up(self, *, asked_before: float) -> None:
        if self._asked_at <= asked_before:
            self._fail(TimedOut())

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (of TCP and TLS alike)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got = self._got + data if self._got else data
        self._look(ended=False)

    def eof_received(self) -> None:
        self.stays = False
        self._look(ended=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.stays = False
        self._fail(NetworkError(type(exc).__name__))

    def _look(self, *, ended: bool) -> None:
        """Whether the answer is whole; what comes unasked makes the connection useless."""
        if self._answer is None or self._answer.done():
            self.stays = False
            return
        try:
            found = _whole(self._got, ended=ended)
        except ValueError as error:
            self._fail(NetworkError(type(error).__name__))
            return
        if found:
            answer, stays, used = found
            self.stays = self.stays and stays and used == len(self._got)
            self._got = b""
            self._answer.set_result(answer)

    def _fail(self, error: NetworkError) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)


def _whole(got: bytes, *, ended: bool) -> tuple[Answer, bool, int] | None:
    """The answer, whether the connection stays, and how many bytes it took; None while something is missing. Raises ValueError."""
    head_end = got.find(_HEAD_END)
    if head_end < 0:
        return None
    head, start = got[:head_end].lower(), head_end + len(_HEAD_END)
    status = _STATUS.match(got)
    if status is None:
        raise ValueError("no HTTP")
    code, stays = int(status[2]), status[1] == b"1" and not _CLOSES.search(head)
    if code < 200:  # noqa: PLR2004  (said beforehand, the answer is still to come)
        rest = _whole(got[start:], ended=ended)
        return rest and (rest[0], rest[1], rest[2] + start)
    if _CHUNKED.search(head):
        found = _joined(got, start)
        return found and ((code, found[0]), stays, found[1])
    if length := _LENGTH.search(head):
        end = start + int(length[1])
        return ((code, got[start:end]), stays, end) if len(got) >= end else None
    return ((code, got[start:]), False, len(got)) if ended else None


def _joined(got: bytes, at: int) -> tuple[bytes, int] | None:
    """A body that comes in chunks, and where it ends; None while something is missing."""
    parts: list[bytes] = []
    while (line_end := got.find(b"\r\n", at)) >= 0:
        size, start = int(got[at:line_end].partition(b";")[0], 16), line_end + 2
        if not size:
            end = start if got[start : start + 2] == b"\r\n" else got.find(_HEAD_END, start) + 2
            return (b"".join(parts), end + 2) if end >= start and len(got) >= end + 2 else None
        parts.append(got[start : start + size])
        at = start + size + 2
    return None
