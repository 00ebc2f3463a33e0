"""A Bot API that answers `sendMessage` at once, in a process of its own: what is measured against it is the client alone.

`python -m tests.bench.fast_server` prints its port and serves until its input ends. It speaks as much HTTP/1.1 as the measured
clients do: kept connections, bodies with a length, JSON, forms and multipart.
"""

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from simulator.config import DEFAULT_TOKEN

_BOT = {"id": int(DEFAULT_TOKEN.split(":")[0]), "is_bot": True, "first_name": "Loa Trẻ", "username": "LoaTreBot"}
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CHAT = re.compile(rb"chat_id\D+(\d+)")  # in JSON, a form and multipart alike
_HEAD_END = b"\r\n\r\n"


class Served:
    """What all connections share: the message that is given back, and who has got one."""

    def __init__(self) -> None:
        self.before, self.between, self.after = b"", b"", b""
        self.people: Counter[int] = Counter()
        self.sent = 0

    def answer(self, path: bytes, body: bytes) -> bytes:
        if path.endswith(b"/sendMessage"):
            return self._accept(body)
        if path == b"/begin":
            self._begin(json.loads(body))
            return b"{}"
        if path == b"/counts":
            repeated = sum(count > 1 for count in self.people.values())
            return json.dumps({"people": len(self.people), "repeated": repeated}).encode()
        result = _BOT if path.endswith(b"/getMe") else True
        return json.dumps({"ok": True, "result": result}).encode()

    def _begin(self, message: dict[str, object]) -> None:
        """Forget everybody; from now on give this message back, as the Bot API does, with its number and chat filled in."""
        chat = {"id": 11_111, "first_name": "Lan", "type": "private"}
        result = {"message_id": 22_222, "from": _BOT, "chat": chat, "date": 1_795_700_000, **message}
        whole = json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()
        self.before, _, rest = whole.partition(b"22222")
        self.between, _, self.after = rest.partition(b"11111")
        self.people.clear()

    def _accept(self, body: bytes) -> bytes:
        found = _CHAT.search(body)
        assert found, "no chat"
        self.sent += 1
        self.people[int(found[1])] += 1
        return b"%s%d%s%s%s" % (self.before, self.sent, self.between, found[1], self.after)


class Connection(asyncio.Protocol):
    def __init__(self, served: Served) -> None:
        self._served = served
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (head_end := self._waiting.find(_HEAD_END)) >= 0:
            head, start = self._waiting[:head_end], head_end + len(_HEAD_END)
            length = _LENGTH.search(head)
            end = start + (int(length[1]) if length else 0)
            if len(self._waiting) < end:
                return
            body, self._waiting = self._waiting[start:end], self._waiting[end:]
            answer = self._served.answer(head.split(b" ", 2)[1], body)
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (len(answer), answer)
            )


async def _serve() -> None:
    loop, served = asyncio.get_running_loop(), Served()
    server = await loop.create_server(lambda: Connection(served), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


@dataclass(frozen=True, slots=True, kw_only=True)
class FastServer:
    address: str

    async def begin(self, message: dict[str, object]) -> None:
        await self._ask("begin", message)

    async def everybody_got_it(self, people: int) -> bool:
        return (await self._ask("counts", {}))["people"] == people

    async def check_everybody_got_it(self, people: int) -> None:
        counts = await self._ask("counts", {})
        assert counts == {"people": people, "repeated": 0}, counts

    async def _ask(self, what: str, body: dict[str, object]) -> dict[str, object]:
        async with aiohttp.ClientSession() as session, session.post(f"{self.address}/{what}", json=body) as answer:
            found: dict[str, object] = await answer.json(content_type=None)
        return found


@asynccontextmanager
async def fast_server() -> AsyncIterator[FastServer]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=pipe, stdout=pipe)
    assert process.stdin
    assert process.stdout
    try:
        port = int(await process.stdout.readline())
        yield FastServer(address=f"http://127.0.0.1:{port}")
    finally:
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
