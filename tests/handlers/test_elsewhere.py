"""Groups, from the update as the messenger sends it to what is answered there: on Telegram a command and a tap are, nothing else is taken."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.telegram.incoming import read_update
from bot.channels.zalo_bot.incoming import read_update as read_zalo
from outreach.messaging import AccountId, ChannelName
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW
from tests.handlers.conftest import Stage

PAYLOADS = Path(__file__).parents[1] / "bot/payloads"
CASES: list[dict[str, Any]] = json.loads((PAYLOADS / "elsewhere.json").read_text(encoding="utf-8"))
ON_ZALO: list[dict[str, Any]] = [
    case
    for case in json.loads((PAYLOADS / "zalo_bot/events.json").read_text(encoding="utf-8"))
    if "group" in case["case"]
]
ANSWER = "Mình chỉ trò chuyện riêng từng người. Bạn mở https://t.me/LoaTreBot?start= nhé."
GROUP = "-100200300"


async def _happens(stage: Stage, update: dict[str, Any]) -> None:
    incoming = read_update(update, account_id=AccountId(stage.account_id))
    assert incoming is not None
    await stage.router.handle(incoming)


def _said(text: str, **more: Any) -> dict[str, Any]:
    message = CASES[0]["update"]["message"] | {"text": text} | more
    return {"update_id": 9100, "message": message}


@pytest.mark.parametrize("text", ["/tin@LoaTreBot", "/start", "/start@LoaTreBot src_06325", "/nhanh bí mật của nhóm"])
async def test_a_command_in_a_group_is_answered_there(stage: Stage, text: str) -> None:
    await _happens(stage, _said(text))
    assert [reply.text for reply in stage.phone(GROUP).inbox] == [ANSWER]
    incoming = read_update(_said(text), account_id=AccountId(1))
    assert incoming is not None
    assert (incoming.text, incoming.payload, incoming.sender_name) == ("/", "", "")


async def test_a_tap_in_a_group_stops_waiting(stage: Stage) -> None:
    tap = next(case for case in CASES if case["case"] == "a tap in a group")
    await _happens(stage, tap["update"])
    group = stage.phone(GROUP)
    assert (group.toasts, group.inbox) == ([ANSWER], [])


@pytest.mark.parametrize("case", CASES[1:], ids=lambda case: case["case"])
async def test_talk_among_people_is_left_alone(stage: Stage, case: dict[str, Any]) -> None:
    await _happens(stage, case["update"])
    assert all(not phone.inbox for phone in stage.phones.values())


async def test_an_edited_command_and_a_channels_post_are_left_alone(stage: Stage) -> None:
    edited = {"update_id": 9101, "edited_message": CASES[0]["update"]["message"] | {"edit_date": 1790000060}}
    posted = {"update_id": 9102, "channel_post": {**CASES[-1]["update"]["channel_post"], "text": "/tin"}}
    for update in (edited, posted):
        await _happens(stage, update)
    assert all(not phone.inbox for phone in stage.phones.values())


async def test_nothing_of_a_group_is_kept(stage: Stage, database: Database) -> None:
    await _happens(stage, _said("/tin@LoaTreBot chuyện riêng"))
    await _check_nothing_kept(database)


@pytest.mark.channels(ChannelName.ZALO_BOT)
async def test_a_group_on_zalo_hears_nothing(stage: Stage, database: Database) -> None:
    assert len(ON_ZALO) > 1
    for case in ON_ZALO:
        incoming = read_zalo(case["update"], account_id=stage.account_id, received_at=NOW)
        assert incoming is not None
        await stage.router.handle(incoming)
    assert all(not phone.inbox for phone in stage.phones.values())
    await _check_nothing_kept(database)


async def _check_nothing_kept(database: Database) -> None:
    async with database.read() as tx:
        for table in (t.address, t.contact, t.draft, t.dialogue, t.outbox):
            assert (await tx.connection.execute(select(table))).all() == [], table.name
