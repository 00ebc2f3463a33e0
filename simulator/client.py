"""A small client for tests: calls the Bot API as a bot would and gives the simulator its orders."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from simulator.config import DEFAULT_TOKEN, DEFAULT_ZALO_BOT_TOKEN
from simulator.errors import ApiError, ControlError


class Client:
    """``call`` returns the ``result`` of a method or raises ApiError; ``order`` and ``read`` raise ControlError."""

    def __init__(self, session: aiohttp.ClientSession, address: str, *, token: str = DEFAULT_TOKEN) -> None:
        self.session = session
        self.address = address
        self.token = token
        self.oa_token = ""
        self.zalo_bot_token = DEFAULT_ZALO_BOT_TOKEN

    def url(self, method: str) -> str:
        return f"{self.address}/bot{self.token}/{method}"

    async def call(self, method: str, /, **parameters: Any) -> Any:
        async with self.session.post(self.url(method), json=parameters) as answer:
            return self._result(await answer.json())

    async def upload(self, method: str, /, *, files: dict[str, tuple[str, bytes]], **parameters: Any) -> Any:
        """Call a method with files: part name to file name and content."""
        form = aiohttp.FormData(quote_fields=False)  # file names go as they are, not percent-encoded
        for name, value in parameters.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        for name, (file_name, content) in files.items():
            form.add_field(name, io.BytesIO(content), filename=file_name)
        async with self.session.post(self.url(method), data=form) as answer:
            return self._result(await answer.json())

    @staticmethod
    def _result(body: dict[str, Any]) -> Any:
        if not body["ok"]:
            raise ApiError(body["error_code"], body["description"], parameters=body.get("parameters"))
        return body["result"]

    async def oa(self, path: str, body: Any = None, *, token: str = "", **data: Any) -> Any:
        """Call the Official Account API, with a body by POST, else by GET with ``data``; returns the answer as it is."""
        query = {"data": json.dumps(data)} if data else {}
        verb = "GET" if body is None else "POST"
        given: dict[str, Any] = {"params": query, "json": body, "headers": {"access_token": token or self.oa_token}}
        async with self.session.request(verb, f"{self.address}/zalo-oa/{path}", **given) as answer:
            return await answer.json()

    async def oa_upload(self, kind: str, name: str, content: bytes) -> Any:
        """Upload an ``image``, ``gif`` or ``file`` to the Official Account; returns the answer as it is."""
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", io.BytesIO(content), filename=name)
        headers = {"access_token": self.oa_token}
        url = f"{self.address}/zalo-oa/v2.0/oa/upload/{kind}"
        async with self.session.post(url, data=form, headers=headers) as answer:
            return await answer.json()

    async def zalo_bot(self, method: str, /, **parameters: Any) -> Any:
        """Call the Zalo Bot Platform; returns the answer as it is."""
        url = f"{self.address}/zalo-bot/bot{self.zalo_bot_token}/{method}"
        async with self.session.post(url, json=parameters) as answer:
            return await answer.json()

    async def order(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        async with self.session.request(method, f"{self.address}/sim/{path}", json=body or {}) as answer:
            return self._order_result(answer.status, await answer.json())

    async def read(self, path: str, **query: str | int) -> Any:
        async with self.session.get(f"{self.address}/sim/{path}", params=query) as answer:
            return self._order_result(answer.status, await answer.json())

    async def give(self, person_id: int, kind: str, *files: tuple[str, bytes], caption: str = "") -> Any:
        """The person sends pictures (``photo``) or documents (``document``) on Telegram."""
        form = aiohttp.FormData(quote_fields=False)
        for name, content in files:
            form.add_field("file", io.BytesIO(content), filename=name)
        form.add_field("caption", caption)
        async with self.session.post(f"{self.address}/sim/people/{person_id}/{kind}", data=form) as answer:
            return self._order_result(answer.status, await answer.json())

    async def give_zalo(self, path: str, *files: tuple[str, bytes], text: str = "") -> Any:
        """A person on Zalo sends pictures or files: ``path`` is oa or bot, then people/ID/image or file."""
        form = aiohttp.FormData(quote_fields=False)
        for name, content in files:
            form.add_field("file", io.BytesIO(content), filename=name)
        form.add_field("text", text)
        async with self.session.post(f"{self.address}/sim/zalo/{path}", data=form) as answer:
            return self._order_result(answer.status, await answer.json())

    @staticmethod
    def _order_result(status: int, body: Any) -> Any:
        if status >= 400:  # noqa: PLR2004  HTTP's border between yes and no
            raise ControlError(status, body["error"])
        return body

    async def person(self, name: str = "Nguyễn Văn An", **fields: Any) -> int:
        person: dict[str, int] = await self.order("people", {"name": name, **fields})
        return person["id"]

    async def chat(self, person_id: int, *, after: int = 0) -> Any:
        return await self.read(f"people/{person_id}/chat", after=after)


@asynccontextmanager
async def connect(address: str) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, address)
