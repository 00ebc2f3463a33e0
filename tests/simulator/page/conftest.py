"""A real browser for the chat page, and the three accounts of the bot played over plain HTTP."""

import http.client
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from simulator.serve import running

TOKEN = "7000001:simulator"
ZALO_BOT_TOKEN = "9000000001:zalo-simulator"
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
LOOPBACK = {"127.0.0.1", "localhost"}
PATIENCE_SECONDS = 10


class Bot:
    """A bot that knows nothing but HTTP, and the control API beside it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.offset = 0

    def send(self, path: str, body: bytes | None, content_type: str, **headers: str) -> Any:
        with closing(http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE_SECONDS)) as connection:
            connection.request("GET" if body is None else "POST", path, body, {"Content-Type": content_type, **headers})
            return json.loads(connection.getresponse().read())

    def call(self, method: str, **parameters: Any) -> Any:
        answer = self.send(f"/bot{TOKEN}/{method}", json.dumps(parameters).encode(), "application/json")
        assert answer["ok"], answer
        return answer["result"]

    def say(self, chat_id: int, text: str, **more: Any) -> int:
        return int(self.call("sendMessage", chat_id=chat_id, text=text, **more)["message_id"])

    def upload(self, method: str, *, chat_id: int, field: str, name: str, content: bytes) -> Any:
        head = (
            '--edge\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n'
            f'{chat_id}\r\n--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        )
        body = head.encode() + content + b"\r\n--edge--\r\n"
        answer = self.send(f"/bot{TOKEN}/{method}", body, "multipart/form-data; boundary=edge")
        assert answer["ok"], answer
        return answer["result"]

    def control(self, path: str, body: Any = None) -> Any:
        return self.send(f"/sim/{path}", None if body is None else json.dumps(body).encode(), "application/json")

    def person(self, name: str, *, started: bool = True) -> int:
        person_id = int(self.control("people", {"name": name, "kind": "young", "started": False})["id"])
        if started:
            self.control(f"people/{person_id}/start", {})
            self.next("message")
        return person_id

    def next(self, kind: str) -> Any:
        """The next update of this kind; others before it are passed over."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            for update in self.call("getUpdates", offset=self.offset, limit=1, timeout=1):
                self.offset = update["update_id"] + 1
                if kind in update:
                    return update[kind]
        pytest.fail(f"no {kind} came")


class Oa(Bot):
    """The OA's side of the wire: sends with a token, and hears on a webhook of its own."""

    def __init__(self, address: str, webhook: str, heard: Queue[Any]) -> None:
        super().__init__(address)
        self.heard = heard
        self.control("zalo/oa/settings", {"webhook": webhook})
        self.token = self.control("zalo/oa/tokens", {})["access_token"]

    def person(self, name: str, **more: Any) -> str:  # type: ignore[override]  # another network, other ids
        return str(self.control("zalo/oa/people", {"name": name, **more})["id"])

    def post(self, path: str, body: Any) -> Any:
        sent = json.dumps(body).encode()
        answer = self.send(f"/zalo-oa/{path}", sent, "application/json", access_token=self.token)
        assert answer["error"] == 0, answer
        return answer["data"]

    def tell(self, user_id: str, message: dict[str, Any]) -> str:
        sent = self.post("v3.0/oa/message/cs", {"recipient": {"user_id": user_id}, "message": message})
        return str(sent["message_id"])

    def next(self, kind: str) -> Any:
        """The next event of this name; others before it are passed over."""
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            while True:
                event = self.heard.get(timeout=max(0.0, until - time.monotonic()))
                if event["event_name"] == kind:
                    return event
        except Empty:
            pytest.fail(f"no {kind} came")


class ZaloBot(Bot):
    def call(self, method: str, **parameters: Any) -> Any:
        sent = json.dumps(parameters).encode()
        return self.send(f"/zalo-bot/bot{ZALO_BOT_TOKEN}/{method}", sent, "application/json")

    def person(self, name: str, **more: Any) -> str:  # type: ignore[override]  # another network, other ids
        return str(self.control("zalo/bot/people", {"name": name, **more})["id"])

    def next(self, kind: str) -> Any:
        answer = self.call("getUpdates", timeout=PATIENCE_SECONDS)
        assert answer["ok"], answer
        assert answer["result"]["event_name"] == kind
        return answer["result"]["message"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no chromium, and CI must run the tests of the chat page")
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        yield opened
        opened.close()


@pytest.fixture
def bot() -> Iterator[Bot]:
    with running() as address:
        yield Bot(address)


@pytest.fixture
def oa(bot: Bot) -> Iterator[Oa]:
    heard: Queue[Any] = Queue()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Oa(bot.address, f"http://127.0.0.1:{server.server_port}/", heard)
        server.shutdown()


@pytest.fixture
def zalo_bot(bot: Bot) -> ZaloBot:
    return ZaloBot(bot.address)


@pytest.fixture
def show(browser: Browser, bot: Bot) -> Iterator[Callable[..., Page]]:
    """Opens the page for some people; afterwards no error was logged and no request had left this machine."""
    complaints: list[str] = []
    asked: list[str] = []
    contexts = []

    def note(request: Request) -> None:
        if not request.url.startswith(("blob:", "data:")):
            asked.append(request.url)

    def open_page(
        *people: int | str,
        width: int = 1280,
        height: int = 860,
        refused: str | None = None,
        before: Callable[[Page], None] | None = None,
    ) -> Page:
        """``refused`` is a part of the addresses that may fail: the browser logs each such answer as an error."""

        def complain(said: ConsoleMessage) -> None:
            if said.type == "error" and (refused is None or refused not in said.location["url"]):
                complaints.append(said.text)

        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        context.on("request", note)
        if before is not None:
            before(page)
        page.goto(bot.address + ("/?people=" + ",".join(map(str, people)) if people else "/"))
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert len(asked) > 15
    assert {urlsplit(url).hostname for url in asked} <= LOOPBACK
