"""Carrying out a fault on any network: what it does to the connection, and when the call is done all the same."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from starlette.types import Receive, Send

from simulator.faults import Fault, FaultKind

Header = tuple[bytes, bytes]
JSON_HEADERS = (b"content-type", b"application/json")
HTML_HEADERS = (b"content-type", b"text/html")
GATEWAY_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)
GARBAGE = b"\x1f\x8b this is no JSON <<<"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as its network sees it.

    ``carry_out`` does it, notes it with that outcome and gives status and body; ``refuse`` gives status and body of 429,
    500 or an error with a code, in the network's own words; ``note`` puts a refused call into the journal.
    """

    carry_out: Callable[[str], Awaitable[tuple[int, bytes]]]
    refuse: Callable[[Fault], tuple[int, bytes]]
    note: Callable[[str], None]


async def respond(
    send: Send, status: int, body: bytes, *, content_type: Header = JSON_HEADERS, headers: Iterable[Header] = ()
) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [content_type, length, *headers]})
    await send({"type": "http.response.body", "body": body})


async def misbehave(fault: Fault, call: Call, *, receive: Receive, send: Send) -> None:
    """Do what the order says. ``lost_reply``, ``garbage`` and ``slow`` carry out the call; the others refuse it."""
    kind = fault.kind
    if kind in {FaultKind.LOST_REPLY, FaultKind.GARBAGE, FaultKind.SLOW}:
        status, body = await call.carry_out(kind)
        if kind is FaultKind.LOST_REPLY:
            await hang_up(receive, rudely=False)
        elif kind is FaultKind.GARBAGE:
            await respond(send, 200, GARBAGE)
        else:
            await asyncio.sleep(fault.seconds)
            await respond(send, status, body)
        return
    call.note(kind)
    if kind is FaultKind.RESET:
        await hang_up(receive, rudely=True)
    elif kind is FaultKind.BAD_GATEWAY:
        await respond(send, 502, GATEWAY_PAGE, content_type=HTML_HEADERS)
    else:
        await respond(send, *call.refuse(fault))


async def hang_up(receive: Receive, *, rudely: bool) -> None:
    """Close the connection without an answer, with a TCP reset when ``rudely``.

    ASGI has no word for this, so the transport is taken from the server's own request object behind ``receive``.
    """
    transport: asyncio.Transport = receive.__self__.transport  # type: ignore[attr-defined]  # uvicorn's bound method
    if rudely:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue
