"""Events as Zalo sends them (tests/bot/payloads/zalo_bot), and what each has to become."""

import json
from dataclasses import MISSING, asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.zalo_bot.incoming import EVENTS, read_update
from outreach.messaging import AccountId, ChannelName, Incoming, IncomingKind

PAYLOADS = Path(__file__).parents[2] / "payloads" / "zalo_bot"
RECEIVED = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
CASES: dict[str, dict[str, Any]] = {
    case["case"]: case
    for path in sorted(PAYLOADS.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
}
USUAL = {field.name: field.default for field in fields(Incoming) if field.default is not MISSING}


def read(raw: Any) -> Incoming | None:
    return read_update(raw, account_id=AccountId(7), received_at=RECEIVED)


def as_data(incoming: Incoming) -> dict[str, Any]:
    """Only what differs from the defaults, in the words of the payload files."""
    assert incoming.channel == ChannelName.ZALO_BOT
    assert incoming.address.account_id == 7
    found = {name: value for name, value in asdict(incoming).items() if value != USUAL.get(name, MISSING)}
    del found["channel"]
    if "attachments" in found:
        found["attachments"] = list(found["attachments"])
    return found | {"address": incoming.address.external_id, "sent_at": incoming.sent_at.isoformat()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_payload(case: dict[str, Any]) -> None:
    incoming = read(case["update"])
    assert (incoming and as_data(incoming)) == case["incoming"]


def test_the_files_are_whole() -> None:
    wanted = [case["incoming"] for case in CASES.values()]
    assert len(wanted) >= 40
    assert {found["kind"] for found in wanted if found} == {
        IncomingKind.TEXT,
        IncomingKind.MEDIA,
        IncomingKind.OTHER,
        IncomingKind.WITHHELD,
        IncomingKind.ELSEWHERE,
    }


@pytest.mark.parametrize("case", [case for case in CASES.values() if "event_name" in case["update"]])
def test_wrapped_or_not_it_is_the_same(case: dict[str, Any]) -> None:
    assert read({"ok": True, "result": case["update"]}) == read(case["update"])


def test_what_comes_is_counted_by_event_and_nothing_else() -> None:
    def counted() -> dict[str, float]:
        samples = [sample for metric in EVENTS.collect() for sample in metric.samples if sample.name.endswith("_total")]
        return {sample.labels["event"]: sample.value for sample in samples}

    before = counted()
    for name in ("message.unsupported.received", "message.unsupported.received", "user.x.y", "message.text.received"):
        read({"event_name": name, "message": {}})
    after = counted()
    assert {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)} == {
        "unsupported": 2,
        "other": 1,
        "text": 1,
    }
    assert set(after) <= {"text", "image", "sticker", "voice", "unsupported", "other"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "from": JSON | st.fixed_dictionaries({"id": JSON, "display_name": JSON}),
        "chat": JSON | st.fixed_dictionaries({"id": JSON, "chat_type": JSON}),
        "text": JSON,
        "photo": JSON,
        "caption": JSON,
        "date": JSON,
        "message_id": JSON,
    },
)
EVENT_NAMES = JSON | st.sampled_from([f"message.{kind}.received" for kind in ("text", "image", "unsupported")])


@settings(max_examples=50)
@given(raw=JSON | st.fixed_dictionaries({"event_name": EVENT_NAMES, "message": JSON | MESSAGES}))
def test_whatever_comes_nothing_breaks(raw: Any) -> None:
    incoming = read(raw)
    if incoming:
        for name in (incoming.update_id, incoming.address.external_id):
            assert 0 < len(name) <= 64
            assert "\0" not in name
            assert name.isascii()
        assert incoming.sent_at.tzinfo is not None
        assert "\0" not in incoming.text
        incoming.text.encode()
        incoming.sender_name.encode()
