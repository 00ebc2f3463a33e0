"""Updates as Telegram sends them (tests/bot/payloads), and what each has to become."""

import json
import unicodedata
from dataclasses import MISSING, asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.incoming import read_update
from outreach.messaging import AccountId, ChannelName, Incoming, IncomingKind

PAYLOADS = Path(__file__).parents[2] / "payloads"
RECEIVED = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
CASES: dict[str, dict[str, Any]] = {
    f"{path.stem}: {case['case']}": case
    for path in sorted(PAYLOADS.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
}
USUAL = {field.name: field.default for field in fields(Incoming) if field.default is not MISSING}


def as_data(incoming: Incoming) -> dict[str, Any]:
    """Only what differs from the defaults, in the words of the payload files."""
    assert incoming.channel == ChannelName.TELEGRAM
    assert incoming.address.account_id == 7
    assert incoming.sent_at.tzinfo is not None
    found = {name: value for name, value in asdict(incoming).items() if value != USUAL.get(name, MISSING)}
    del found["channel"]
    return found | {
        "address": incoming.address.external_id,
        "sent_at": incoming.sent_at.astimezone(UTC).isoformat(),
    }


def expected(wanted: dict[str, Any]) -> dict[str, Any]:
    kept = {name: tuple(value) if isinstance(value, list) else value for name, value in wanted.items()}
    return {name: value for name, value in kept.items() if value != USUAL.get(name, MISSING)}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_payload(case: dict[str, Any]) -> None:
    incoming = read_update(case["update"], account_id=AccountId(7), received_at=RECEIVED)
    assert (incoming and as_data(incoming)) == (case["incoming"] and expected(case["incoming"]))


ZALO_ONLY = {IncomingKind.WITHHELD, IncomingKind.WITHDRAW, IncomingKind.STAFF}


def test_the_files_are_whole() -> None:
    wanted = [case["incoming"] for case in CASES.values()]
    assert len(wanted) >= 45
    assert {found["kind"] for found in wanted if found} == set(IncomingKind) - ZALO_ONLY
    names = {name for found in wanted if found for name in found}
    assert names == {field.name for field in fields(Incoming)} - {"channel"}
    shown = json.dumps(wanted, ensure_ascii=False)
    assert shown == unicodedata.normalize("NFC", shown)
    assert "+84" not in shown


def test_a_tap_is_dated_when_it_comes() -> None:
    query = {"id": "1", "from": {"id": 5, "is_bot": False, "first_name": "An"}, "chat_instance": "1", "data": "a"}
    before = datetime.now(UTC)
    incoming = read_update({"update_id": 1, "callback_query": query}, account_id=AccountId(7))
    assert incoming is not None
    assert before <= incoming.sent_at <= datetime.now(UTC)


POLL = {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False, "is_anonymous": True}
PERSON = {"id": 5, "is_bot": False, "first_name": "An"}
MESSAGE = {"message_id": 3, "from": PERSON, "chat": {"id": 5, "type": "private"}, "date": 1_790_000_000}


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        (MESSAGE | {"poll": POLL}, IncomingKind.OTHER, ""),
        (MESSAGE | {"text": "3", "reply_to_message": MESSAGE | {"poll": POLL}}, IncomingKind.TEXT, "3"),
    ],
)
def test_a_part_the_library_refuses_costs_that_part_only(
    message: dict[str, Any], kind: IncomingKind, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    incoming = read_update({"update_id": 1, "message": message}, account_id=AccountId(7))
    assert incoming is not None
    assert (incoming.kind, incoming.text, incoming.address.external_id) == (kind, text, "5")
    assert caplog.messages == ["an update could not be read: TypeError"]


@pytest.mark.parametrize("raw", [None, [], 3, "x", {}, {"update_id": 1, "message": 3}, {"update_id": 1, "message": {}}])
def test_rubbish_is_nothing(raw: Any) -> None:
    assert read_update(raw, account_id=AccountId(7)) is None
