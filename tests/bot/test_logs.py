"""No line of the log holds a person, a number of theirs, or a secret."""

import asyncio
import io
import logging
import re
import sys
from collections.abc import Callable, Iterator

import pytest

from bot.channels.telegram.adapter import TelegramChannel
from bot.logs import RedactingFilter, set_up_logs
from outreach.messaging import Reply, SendError
from simulator.client import Client
from simulator.config import DEFAULT_TOKEN

Write = Callable[[], str]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Set the logs up as the program does; gives what was written so far. The former state comes back."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    levels = {
        name: logger.level for name, logger in root.manager.loggerDict.items() if isinstance(logger, logging.Logger)
    }
    root.handlers = []
    set_up_logs("DEBUG", secrets=("a very secret key of the province", ""))
    yield stream.getvalue
    root.handlers = before
    root.setLevel(level)
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)


log = logging.getLogger("bot.tests")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            "POST https://api.telegram.org/bot123456789:AAF-x_yz/sendMessage",
            "POST https://api.telegram.org/bot[hidden]/sendMessage",
        ),
        ("bot7000001:simulator", "bot[hidden]"),
        ("key a very secret key of the province!", "key [hidden]!"),
        ("chat 100000001", "chat [number]"),
        ("group -1001234567890.", "group -[number]."),
        ("call 0912345678", "call [number]"),
        ("call 0912 345 678 now", "call [number] now"),
        ("call 0912.345.678", "call [number]"),
        ("call +84 912 345 678", "call [number]"),
        ("call 84-205-3812345", "call [number]"),
        ("sent 12345678 in 2.5 s", "sent 12345678 in 2.5 s"),
        ("at 2026-11-22T05:00:00+00:00", "at 2026-11-22T05:00:00+00:00"),
        ("on 22/11/2026, campaign 17, 1.204 people, 70,5%", "on 22/11/2026, campaign 17, 1.204 people, 70,5%"),
        ("port 8080 of 127.0.0.1", "port 8080 of 127.0.0.1"),
    ],
)
def test_what_is_taken_out(text: str, redacted: str) -> None:
    guard = RedactingFilter(["a very secret key of the province"])
    assert guard.redact(text) == redacted


def test_the_format(written: Write) -> None:
    log.info("campaign %d to chat %s", 17, "100000001")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 INFO bot\.tests: campaign 17 to chat \[number\]\n", written()
    )


def test_an_error_tells_where_and_not_what(written: Write) -> None:
    def read_year(answer: str) -> int:
        return int(answer)

    try:
        try:
            read_year("Nguyễn Văn An 0912345678")
        except ValueError as error:
            raise KeyError("Hoàng Thị Bình") from error
    except KeyError:
        log.exception("a turn failed")
    told = written()
    assert "builtins.ValueError\nwhich led to:\n" in told
    assert told.endswith("builtins.KeyError\n")
    assert re.search(r'File ".*test_logs\.py", line \d+, in .*read_year$', told, re.MULTILINE)
    assert not re.search("Nguyễn|0912|Bình", told)


def test_errors_of_the_machine_speak(written: Write) -> None:
    try:
        raise FileNotFoundError(2, "No such file", "/srv/loatre/bot123456:AAAAAAA/x")
    except OSError:
        log.exception("cannot start")
    assert "FileNotFoundError: [Errno 2] No such file: '/srv/loatre/bot[hidden]/x'" in written()


def test_groups_of_errors_are_told_one_by_one(written: Write) -> None:
    log.error("two things failed", exc_info=ExceptionGroup("0912345678", [ValueError("An"), TypeError("Bình")]))
    assert [line for line in written().splitlines() if line.startswith("builtins.")] == [
        "builtins.ExceptionGroup",
        "builtins.ValueError",
        "builtins.TypeError",
    ]


def test_a_wrong_call_is_written_nevertheless(written: Write) -> None:
    log.warning("%d sent", "nothing")
    assert "%d sent (its arguments do not fit: TypeError)" in written()


async def test_a_task_nobody_waited_for_shows_nothing_it_held(written: Write) -> None:
    loop = asyncio.get_running_loop()
    loop.call_exception_handler(
        {"message": "a task failed", "exception": ValueError("Nguyễn Văn An"), "task": "0912345678"}
    )
    assert "ERROR asyncio: a task failed\n" in written()
    assert "Nguyễn" not in written()
    assert "0912" not in written()


async def test_the_sdk_writes_nothing_of_what_is_sent(
    written: Write, channel: TelegramChannel, simulator: Client, person: int
) -> None:
    log.debug("our own level holds")
    await channel.send(str(person), Reply(text="Chào bạn Nguyễn Văn An"))
    await simulator.order("faults", {"kind": "garbage", "times": 1})
    with pytest.raises(SendError):
        await channel.send(str(person), Reply(text="Chào bạn Nguyễn Văn An"))
    await simulator.order("faults", {"kind": "500", "times": 1})
    try:
        await channel.send(str(person), Reply(text="Chào bạn Nguyễn Văn An"))
    except SendError:
        log.exception("a send failed")
    told = written()
    assert "our own level holds" in told
    assert "outreach.messaging.SendError: provider_error" in told
    assert not re.search("Chào|Nguyễn", told)
    assert DEFAULT_TOKEN not in told
    assert str(person) not in told
