"""An officer sends through the real wiring: our Telegram channel over HTTP, the clock's jobs, the bulk lane, files both ways."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document

from bot.app import App, Part, open_app, running
from bot.settings import load_settings
from outreach.campaigns.ports.media import MediaState
from outreach.contacts.model import Consent, Purpose, Subscription
from outreach.messaging import Address, ChannelName, MediaId
from outreach.officers import Role
from simulator.client import Client
from simulator.config import DEFAULT_TOKEN
from tests.conftest import NOW

PATIENCE = 20.0  # seconds


class MovingClock:
    """Begins on a Monday at 10:00 in Vietnam and goes on as time does."""

    def __init__(self) -> None:
        self._began, self._ahead = time.monotonic(), timedelta()

    def __call__(self) -> datetime:
        return NOW + self._ahead + timedelta(seconds=time.monotonic() - self._began)

    def skip(self, **step: float) -> None:
        self._ahead += timedelta(**step)


@dataclass
class Phone:
    """A phone in the simulator."""

    simulator: Client
    person_id: int
    messages: dict[int, Any] = field(default_factory=dict)

    async def says(self, text: str) -> None:
        await self.simulator.order(f"people/{self.person_id}/text", {"text": text})

    async def taps(self, label: str) -> None:
        """The newest button with this label."""
        await self.look()
        for message in sorted(self.messages.values(), key=lambda message: -message["message_id"]):
            for button in (button for row in message.get("inline") or [] for button in row):
                if button["text"] == label:
                    body = {"message_id": message["message_id"], "data": button["data"]}
                    await self.simulator.order(f"people/{self.person_id}/tap", body)
                    return
        raise AssertionError(f"no button {label!r}")

    async def look(self) -> None:
        for message in (await self.simulator.chat(self.person_id))["messages"]:
            if message["from"] == "bot":
                self.messages[message["message_id"]] = message

    async def reads(self, words: str) -> Any:
        """Until a message holds these words, perhaps by being edited."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.look()
                for message in self.messages.values():
                    if words in (message.get("text") or message.get("caption") or ""):
                        return message
                await asyncio.sleep(0.05)


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def app(address: str, sqlite_url: str, clock: MovingClock, tmp_path: Path) -> AsyncIterator[App]:
    settings = load_settings(
        database_url=sqlite_url,
        secret_key="a secret of the tests, long enough to be one",
        telegram_token=DEFAULT_TOKEN,
        telegram_base_url=address,
        telegram_rate=200,
        telegram_start_rate=200,
        evidence_dir=tmp_path / "evidence",
    )
    async with open_app(settings, clock=clock) as opened, running(opened, only=frozenset(Part) - {Part.WEB}):
        yield opened


async def _town(app: App, simulator: Client, *, people: int) -> list[int]:
    """People of the simulator who have subscribed."""
    ids: list[int] = (await simulator.order("people", {"count": people, "prefix": "Thanh niên"}))["ids"]
    async with app.database.write() as tx:
        for person_id in ids:
            address = Address(account_id=app.lines[ChannelName.TELEGRAM].channel.account_id, external_id=str(person_id))
            contact_id = await tx.contacts.create(address, source="", at=NOW)
            await tx.contacts.change(contact_id, at=NOW, subscription=Subscription.ACTIVE, birth_year=2006)
            consent = Consent(
                purpose=Purpose.NOTICES,
                text_version="1",
                text_hash="0" * 64,
                given_at=NOW,
                channel=ChannelName.TELEGRAM,
                message_ref="1",
            )
            await tx.contacts.add_consent(contact_id, address=address, consent=consent)
    return ids


async def _officer(app: App, simulator: Client) -> Phone:
    phone = Phone(simulator=simulator, person_id=await simulator.person("Lê Thị Hoa"))
    await simulator.order(f"people/{phone.person_id}/start")
    async with app.database.write() as tx:
        address = Address(
            account_id=app.lines[ChannelName.TELEGRAM].channel.account_id, external_id=str(phone.person_id)
        )
        contact_id = await tx.contacts.create(address, source="", at=NOW)
        await tx.officers.grant(contact_id, role=Role.ADMIN, unit_id=None, by=None, at=NOW)
    return phone


def _docx(*paragraphs: str) -> bytes:
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


@pytest.mark.slow
async def test_a_word_file_to_a_town_and_the_report_back(app: App, simulator: Client, clock: MovingClock) -> None:
    people = await _town(app, simulator, people=30)
    for person_id in people[:2]:
        await simulator.order(f"people/{person_id}/block")
    phone = await _officer(app, simulator)
    await phone.says("gửi tin")
    await phone.reads("Dán nội dung")
    content = _docx(
        "Kế hoạch bồi dưỡng tài năng trẻ",
        "Ủy ban nhân dân tỉnh ban hành Kế hoạch số 136/KH-UBND, ngày 10/6/2024 về tài năng trẻ.",
    )
    await simulator.give(phone.person_id, "document", ("ke-hoach.docx", content))
    await phone.reads("Số 136/KH-UBND")
    await phone.taps("Đúng, tiếp")
    await phone.reads("Gửi cho ai?")
    await phone.taps("Tất cả")
    await phone.reads("Kiểm tra trước khi gửi")
    await phone.taps("Gửi thử cho tôi")
    await phone.reads("Chưa gửi cho ai")
    await phone.taps("Gửi")
    ordered = await phone.reads("60 giây để đổi ý")
    clock.skip(seconds=61)
    report = await phone.reads("Đã gửi xong lúc")
    assert "Đã gửi: 28" in report["text"]
    assert "Không gửi: 2 đã chặn" in report["text"]
    await phone.look()
    progress = phone.messages[ordered["message_id"]]
    assert progress["text"].startswith("Đã gửi xong: 28/28"), "the order's own message has become the progress"
    assert not progress.get("inline")
    await phone.taps("File Excel")
    caption = await phone.reads("không có tên")
    assert caption["message_id"] not in {ordered["message_id"], report["message_id"]}
    got = [await simulator.chat(person_id) for person_id in people[2:]]
    assert all(len(chat["messages"]) == 1 for chat in got)
    async with simulator.session.get(f"{simulator.address}{caption['document']['url']}") as answer:
        book = openpyxl.load_workbook(io.BytesIO(await answer.read()))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    book.close()
    assert len(rows) == 2 + 30
    assert [row[2] for row in rows[2:]].count("Không gửi") == 2


@pytest.mark.slow
async def test_a_picture_with_a_question_to_three(
    app: App, simulator: Client, clock: MovingClock, picture: Callable[[int, int], bytes]
) -> None:
    people = await _town(app, simulator, people=3)
    phone = await _officer(app, simulator)
    await phone.says("gửi tin")
    await phone.reads("Dán nội dung")
    words = "Lớp kỹ năng của tỉnh\nMời bạn ở {{ xa }} đăng ký lớp kỹ năng trong tháng 12 này."
    await simulator.give(phone.person_id, "photo", ("lop.png", picture(60, 40)), caption=words)
    await phone.reads("Kèm theo: 1 ảnh")
    await phone.taps("Thêm ảnh, file, liên kết, câu hỏi")
    await phone.reads("Kèm theo tin")
    await phone.taps("Câu hỏi")
    await phone.reads("Gõ câu hỏi")
    await phone.says("Lớp mở tháng nào?\nTháng 11\n*Tháng 12")
    await phone.reads("Đang có: Lớp mở tháng nào?")
    async with asyncio.timeout(PATIENCE):  # the picture is fetched by then
        while not await _stored(app):
            await asyncio.sleep(0.05)
    await phone.taps("Quay lại")
    await phone.reads("(Tháng 11 / Tháng 12)")
    await phone.taps("Xong")
    await phone.reads("Kèm theo: 1 ảnh, câu hỏi")
    await phone.taps("Đúng, tiếp")
    await phone.reads("Gửi cho ai?")
    await phone.taps("Tất cả")
    await phone.reads("Kiểm tra trước khi gửi")
    await phone.taps("Gửi")
    await phone.reads("60 giây để đổi ý")
    clock.skip(seconds=61)
    await phone.reads("Đã gửi xong lúc")
    for person_id in people:
        [message] = (await simulator.chat(person_id))["messages"]
        assert message["caption"].endswith(
            "Mời bạn ở xã, phường của bạn đăng ký lớp kỹ năng trong tháng 12 này.\n\nCâu hỏi: Lớp mở tháng nào?"
        )
        assert (message["photo"]["width"], message["silent"]) == (60, True)
        labels = [button["text"] for row in message["inline"] for button in row]
        assert labels == ["Tháng 11", "Tháng 12", "Đã đọc", "Ngừng nhận"]
    reader = Phone(simulator=simulator, person_id=people[0])
    await reader.taps("Tháng 12")
    async with asyncio.timeout(PATIENCE):
        while (await simulator.chat(people[0]))["toast"] is None:
            await asyncio.sleep(0.05)
    assert "Đúng rồi" in str((await simulator.chat(people[0]))["toast"])


async def _stored(app: App) -> bool:
    async with app.database.read() as tx:
        row = await tx.media.get(MediaId(1))
    return row is not None and row.state == MediaState.STORED
