"""Events as Zalo sends them (tests/bot/payloads/zalo_oa), and what each has to become."""

import json
from dataclasses import MISSING, asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from bot.channels.zalo_oa.incoming import KNOWN, Reader
from outreach.messaging import AccountId, ChannelName, Incoming, IncomingKind, Receipt, ReceiptKind
from tests.bot.channels.zalo_oa.standin import APP_ID, OA_ID, USER_ID

PAYLOADS = Path(__file__).parents[2] / "payloads" / "zalo_oa"
NOW = datetime(2026, 9, 22, tzinfo=UTC)
READER = Reader(app_id=APP_ID, oa_id=OA_ID, account_id=AccountId(7))
CASES: dict[str, dict[str, Any]] = {
    case["case"]: case for case in json.loads((PAYLOADS / "events.json").read_text(encoding="utf-8"))
}
USUAL = {field.name: field.default for field in fields(Incoming) if field.default is not MISSING}
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([APP_ID, OA_ID, USER_ID]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def as_data(found: Incoming | Receipt | None) -> dict[str, Any]:
    """Only what differs from the defaults, in the words of the payload file."""
    if found is None:
        return {"incoming": None}
    assert found.address.account_id == 7
    raw = asdict(found) | {"address": found.address.external_id}
    if isinstance(found, Receipt):
        return {"receipt": raw | {"at": found.at.isoformat(), "refs": list(found.refs)}}
    assert found.channel == ChannelName.ZALO_OA
    del raw["channel"]
    kept = {name: value for name, value in raw.items() if value != USUAL.get(name, MISSING)}
    return {"incoming": json.loads(json.dumps(kept | {"sent_at": found.sent_at.isoformat()}))}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_payload(case: dict[str, Any]) -> None:
    wanted = {name: case[name] for name in ("incoming", "receipt") if name in case}
    assert as_data(READER.read(case["event"], now=NOW)) == wanted


def test_the_file_is_whole() -> None:
    assert len(CASES) >= 50
    kinds = {case["incoming"]["kind"] for case in CASES.values() if case.get("incoming")}
    not_told_by_an_oa = {IncomingKind.EDIT, IncomingKind.UNBLOCKED, IncomingKind.ELSEWHERE, IncomingKind.WITHHELD}
    assert kinds == set(IncomingKind) - not_told_by_an_oa
    assert {case["receipt"]["kind"] for case in CASES.values() if "receipt" in case} == set(ReceiptKind)


def test_an_event_twice_is_one() -> None:
    follow = CASES["a follow"]["event"]
    first, second = READER.read(follow, now=NOW), READER.read(dict(reversed(follow.items())), now=NOW)
    assert first == second
    later = READER.read(follow | {"timestamp": "1790000000001"}, now=NOW)
    assert isinstance(first, Incoming)
    assert isinstance(later, Incoming)
    assert first.update_id != later.update_id


def counted(event: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("loatre_zalo_oa_events_total", {"event": event, "outcome": outcome}) or 0.0


def test_events_are_counted_by_name_and_strange_names_together() -> None:
    before = counted("user_send_text", "taken"), counted("user_reacted_message", "left"), counted("other", "left")
    READER.read(CASES["words"]["event"], now=NOW)
    READER.read(CASES["user_reacted_message is left alone"]["event"], now=NOW)
    for name in ("user_learns_to_fly", "x" * 1000):
        READER.read(CASES["words"]["event"] | {"event_name": name}, now=NOW)
    after = counted("user_send_text", "taken"), counted("user_reacted_message", "left"), counted("other", "left")
    assert [late - early for early, late in zip(before, after, strict=True)] == [1, 1, 2]


@given(
    st.fixed_dictionaries(
        {
            "app_id": st.just(APP_ID) | ODD,
            "event_name": st.sampled_from(sorted(KNOWN)) | ODD,
            "timestamp": st.just("1790000000000") | ODD,
            "sender": st.just({"id": USER_ID}) | ODD,
            "recipient": st.just({"id": OA_ID}) | ODD,
            "message": st.fixed_dictionaries({"msg_id": ODD, "text": ODD, "attachments": ODD}) | ODD,
        }
    )
)
def test_whatever_a_body_holds_is_read_or_left(event: dict[str, Any]) -> None:
    found = READER.read(event, now=NOW)
    if isinstance(found, Incoming):
        assert len(found.update_id) <= 64
        assert found.address.external_id != OA_ID
        assert "\0" not in json.dumps(asdict(found), default=str)
