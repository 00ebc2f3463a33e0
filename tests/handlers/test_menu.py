"""Whatever somebody sends, there is a fitting answer and no crash."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from handlers.turn import Turn
from outreach.messaging import Replies
from outreach.officers import Officer, Role
from storage.contacts import SqlContacts
from tests.handlers.conftest import ON_EVERY_CHANNEL, Stage
from tests.handlers.test_officer_voice import PRONOUN

pytestmark = ON_EVERY_CHANNEL


async def test_a_stranger_gets_a_way_to_begin(stage: Stage) -> None:
    young = stage.phone("501")
    assert "đủ 16 tuổi chưa" in (await young.says("xin chào"))[0]
    assert young.labels == ["Đủ 16 rồi", "Chưa đủ 16"]
    assert "chữ" in (await young.sends_sticker())[0]
    assert "đã sửa" in (await young.edits("abc"))[0]
    assert await young.says("/help")
    assert await young.says("x" * 10_000)


@pytest.mark.needs("buttons")
async def test_an_old_button_says_so(stage: Stage) -> None:
    assert "cũ" in (await stage.phone("501").taps("nothing:at:all"))[0]


@pytest.mark.parametrize(
    ("role", "keys", "refused", "who"),
    [
        (Role.ADMIN, (("Gửi tin", "Độ phủ"), ("Đề cử mới", "Khai báo")), (), ""),
        (Role.OFFICER, (("Gửi tin", "Độ phủ"), ("Đề cử mới", "Khai báo")), (), ""),
        (Role.EDITOR, (("Gửi tin", "Độ phủ"),), ("khai báo", "đề cử mới"), "Quản trị"),
        (Role.REVIEWER, (("Độ phủ", "Đề cử mới"),), ("khai báo", "gửi tin"), "Cán bộ xã, phường"),
    ],
)
async def test_officers_see_what_their_role_may_do_and_who_may_the_rest(
    stage: Stage,
    officer: Callable[..., Awaitable[Officer]],
    role: Role,
    keys: tuple[tuple[str, ...], ...],
    refused: tuple[str, ...],
    who: str,
) -> None:
    unit = "06325" if role == Role.OFFICER else None
    await officer(role, unit=unit, external_id="7")
    phone = stage.phone("7")
    (told,) = await phone.says("/help")
    assert phone.keys == keys
    shown = [label for row in keys for label in row]
    for label in ("Gửi tin", "Độ phủ", "Đề cử mới", "Khai báo"):
        assert (f"\n• <b>{label}</b>" in told) == (label in shown), told
    assert "\nGõ “<b>mời cán bộ</b>”" in told
    assert "\n\n" not in told
    (told,) = await phone.sends_photo()
    assert ("Gửi tin" in told) == ("Gửi tin" in shown)
    for word in refused:
        (told,) = await phone.says(word)
        assert "vai trò phù hợp: Quản trị" in told
        assert who in told
        assert phone.keys == keys
        assert not PRONOUN.search(told)
    for label in shown:
        assert "vai trò phù hợp" not in (await phone.says(label))[0]


async def test_an_officer_is_told_of_a_fault_without_a_pronoun(
    stage: Stage, officer: Callable[..., Awaitable[Officer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(turn: Turn) -> Replies:
        raise ValueError

    await officer(external_id="7")
    stage.router.registry = replace(stage.router.registry, fallback=broken)
    (told,) = await stage.phone("7").says("gì đó")
    assert told.startswith("Vừa gặp trục trặc")
    assert not PRONOUN.search(told)

    async def unknown(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(SqlContacts, "known", unknown)
    (told,) = await stage.phone("7").says("gì đó")
    assert told.startswith("Mình vừa gặp trục trặc")


async def test_a_handler_that_raises_still_answers(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(turn: Turn) -> Replies:
        raise ValueError(f"secret words: {turn.incoming.text}")

    stage.router.registry = replace(stage.router.registry, fallback=broken)
    answer = await stage.phone("501").says("chuyện riêng của tôi")
    assert "trục trặc" in answer[0]
    number = answer[0].split("<code>")[1].split("</code>")[0]
    assert number in caplog.text
    assert "chuyện riêng" not in caplog.text
    assert "501" not in caplog.text
