"""The play itself with a small crowd, and checks that see what went wrong."""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

from bot.channels.telegram.adapter import TelegramChannel
from bot.demo import checks
from bot.demo.echo import EchoCatalog
from bot.demo.play import played, staged
from bot.demo.scenes import Play
from bot.demo.sending import the_news
from bot.demo.transcript import Transcript
from outreach.messaging import ChannelName

SMALL = 50  # some two seconds of sending
WAVE = 20


@pytest.fixture
async def playing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Play]:
    """Played to its end; what was printed stands in the transcript's console."""
    for module in ("bot.demo.sending", "handlers.send.check", "handlers.send.plan"):
        monkeypatch.setattr(f"{module}.FIRST_WAVE", WAVE)
    catalog = EchoCatalog()
    console = Console(file=io.StringIO(), width=200)
    async with staged(tmp_path, port=0, transcript=Transcript(console, catalog), catalog=catalog) as (play, _):
        play.size = SMALL
        assert await played(play), printed(play)
        yield play


def printed(play: Play) -> str:
    assert isinstance(play.transcript.console.file, io.StringIO)
    return play.transcript.console.file.getvalue()


async def failed(play: Play) -> set[str]:
    return {check.key.removeprefix("demo.check_") for check in await checks.all_of(play) if not check.held}


@pytest.mark.slow
async def test_every_check_holds_until_something_is_amiss(playing: Play, tmp_path: Path) -> None:
    assert await failed(playing) == set()
    assert (playing.phones["worker"].taps, playing.phones["worker"].typed) == (7, 1), (
        "two of them by the old district, one and a word to link"
    )
    # The officer watched her own message edit itself, with its buttons under it.
    assert re.search(r"Đang gửi: \d+/51[^\n]*\n[^\n]*\n *\[Tạm dừng\]  \[Hủy phần còn lại\]", printed(playing))
    assert re.search(r"Đã gửi xong: \d+/51.*Đã gửi xong lúc", printed(playing), re.DOTALL)

    (sealed,) = (path for path in (tmp_path / "evidence").rglob("*") if path.is_file())
    content = sealed.read_bytes()
    for harm in (b"", content[:-1]):
        sealed.write_bytes(harm)
        assert await failed(playing) == {"nomination"}
    sealed.unlink()
    assert await failed(playing) == {"nomination"}
    sealed.write_bytes(content)
    assert await failed(playing) == set()

    # The news once more: to the officer, to somebody who had left, to somebody who has it.
    title = the_news(playing).title
    channel = playing.app.lines[ChannelName.TELEGRAM].channel
    assert isinstance(channel, TelegramChannel)
    send = channel.bot.send_message
    await send(playing.phones["officer"].person_id, f"{title} and so on")
    assert await failed(playing) == {"delivered"}
    await send(playing.phones["friend"].person_id, f"{title} and so on")
    assert await failed(playing) == {"delivered", "ledger", "stopped"}
    await send(playing.phones["worker"].person_id, "something else")
    assert await failed(playing) == {"delivered", "ledger", "stopped"}
