"""The nominator's way: later, anew, after a long silence, albums and files, sending, and what a turn costs."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import event

from outreach.contacts.model import Purpose
from outreach.evidence import EvidenceKind
from outreach.messaging import ChannelName
from outreach.nominations.model import NominationState
from outreach.officers import Role
from outreach.units import UnitId
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, ON_TELEGRAM, ON_ZALO, Stage
from tests.handlers.nominations.conftest import ACHIEVEMENT, USUAL, Look, begins, fills, submits

pytestmark = ON_EVERY_CHANNEL

WITH_ALBUMS = ON_TELEGRAM  # nobody else tells which photos were sent together


async def test_later_and_going_on(stage: Stage, look: Look, clock: TestClock) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa họ tên")
    assert "giữ phần viết dở 30 ngày" in (await nominator.taps("Để sau"))[0]
    clock.advance(days=3)
    assert "9/9 câu" in (await nominator.says("/decu"))[0]
    await nominator.taps("Tiếp tục")
    assert "Bạn xem lại nhé" in nominator.last.text
    assert (await look.one()).answers == USUAL


async def test_beginning_anew_and_giving_up(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.says("/decu")
    assert "Câu 1/9" in (await nominator.taps("Làm mới"))[0]
    assert await look.is_gone(1)
    await nominator.says("bỏ hẳn")
    assert "Câu 1/9" in (await nominator.taps("Không, làm tiếp"))[0]
    await nominator.says("hủy")
    assert "Đã xóa" in (await nominator.taps("Xóa"))[0]
    assert await look.is_gone(2)


async def test_after_two_hours_words_are_no_answer(stage: Stage, look: Look, clock: TestClock) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    await nominator.taps("Bạn khác, đã đồng ý")
    await nominator.taps("Đủ 16 rồi")
    await nominator.taps("Thể dục thể thao")
    clock.advance(hours=2, minutes=1)
    (told,) = await nominator.says("Nông Thị Hoa")
    assert "câu 4/9 của phần đề cử" in told
    assert "full_name" not in (await look.one()).answers
    assert "Câu 4/9" in (await nominator.taps("Tiếp tục"))[0]
    await nominator.says("Nông Thị Hoa")
    assert (await look.one()).answers["full_name"] == "Nông Thị Hoa"


async def test_another_version_of_the_conversation_costs_the_place_and_no_answer(
    stage: Stage, look: Look, database: Database
) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa họ tên")
    async with database.write() as tx:
        known = await tx.contacts.known(nominator.address)
        assert known.contact
        assert known.dialogue
        await tx.dialogues.save(known.contact.contact_id, dialogue=replace(known.dialogue, version=99))
    await nominator.says("Nông Thị Huệ")
    await nominator.says("/decu")
    await nominator.taps("Tiếp tục")
    assert "Bạn xem lại nhé" in nominator.last.text
    assert (await look.one()).answers == USUAL


@WITH_ALBUMS
async def test_an_album_is_one_answer(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa minh chứng")
    assert len(await nominator.sends_photo(album="a")) == 1
    assert await nominator.sends_photo(album="a") == []
    assert await nominator.sends_photo(album="a") == []
    assert len(await nominator.sends_photo(album="b")) == 1
    assert (await look.one()).pieces == 5
    assert "Đã nhận 6" in (await nominator.sends_photo())[0]
    await nominator.taps("Xong phần minh chứng")
    assert "6 minh chứng" in nominator.last.text


@ON_ZALO
async def test_photos_sent_together_are_counted_one_by_one(stage: Stage) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa minh chứng")
    for count in (2, 3, 4):
        assert f"Đã nhận {count} minh chứng" in (await nominator.sends_photo())[0]
    await nominator.taps("Xong phần minh chứng")
    assert "4 minh chứng" in nominator.last.text


@WITH_ALBUMS
async def test_an_album_that_begins_with_a_known_picture_is_answered_for_its_new_ones(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa minh chứng")
    before = (await look.one()).pieces
    await nominator.sends_photo(unique="p1")
    assert "đã nhận rồi" in (await nominator.sends_photo(unique="p1", album="c"))[0]
    assert "lấy đủ cả bộ" in (await nominator.sends_photo(unique="p2", album="c"))[0]
    assert await nominator.sends_photo(unique="p3", album="c") == []
    assert (await look.one()).pieces == before + 3


@pytest.mark.needs("files")
async def test_evidence_of_every_kind(stage: Stage, look: Look, database: Database) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa minh chứng")
    await nominator.sends_file("bang-khen.pdf")
    await nominator.says("bài ở https://vidu.vn/hoa nhé, và www.vidu.vn/anh.")
    assert "đã nhận rồi" in (await nominator.sends_photo(unique="bang-khen"))[0]
    assert "lớn hơn 20 MB" in (await nominator.sends_file("phim.mp4", size=21 * 1024 * 1024))[0]
    found = await look.one()
    async with database.read() as tx:
        pieces = await tx.evidence.list_of(found.nomination_id)
    assert [(piece.kind, piece.name or piece.ref) for piece in pieces[1:]] == [
        (EvidenceKind.FILE, "bang-khen.pdf"),
        (EvidenceKind.LINK, "https://vidu.vn/hoa"),
        (EvidenceKind.LINK, "www.vidu.vn/anh"),
    ]


@pytest.mark.channels(ChannelName.ZALO_BOT)
async def test_where_no_file_comes_a_link_to_it_does(stage: Stage, look: Look, database: Database) -> None:
    """Or the file itself in another app: what is half-finished goes on there once the two are linked."""
    nominator = stage.phone("901")
    await fills(nominator)
    (asked,) = await nominator.taps("Sửa minh chứng")
    assert "không chuyển được file: bạn gửi đường dẫn tới file, hoặc gửi sau bằng ứng dụng khác" in asked
    assert "chỉ nhận được chữ và ảnh" in (await nominator.is_withheld())[0]
    assert "Đã nhận 2 minh chứng" in (await nominator.says("phim ở https://vidu.vn/phim.mp4 nhé"))[0]
    assert "đã nhận rồi" in (await nominator.sends_photo(unique="bang-khen"))[0]
    found = await look.one()
    async with database.read() as tx:
        pieces = await tx.evidence.list_of(found.nomination_id)
    assert [piece.kind for piece in pieces] == [EvidenceKind.PHOTO, EvidenceKind.LINK]
    assert pieces[1].ref == "https://vidu.vn/phim.mp4"


@pytest.mark.parametrize(
    ("clear", "yes", "no"), [("2", "1", "2"), ("tap:Xóa minh chứng đã gửi", "tap:Xóa", "tap:Giữ lại")]
)
async def test_evidence_is_deleted_only_after_a_question(
    stage: Stage, look: Look, clear: str, yes: str, no: str
) -> None:
    nominator = stage.phone("901")

    async def does(action: str) -> str:
        said = nominator.taps if action.startswith("tap:") else nominator.says
        return (await said(action.removeprefix("tap:")))[0]

    await fills(nominator)
    await nominator.taps("Sửa minh chứng")
    for _ in range(2):
        await nominator.sends_photo()
    assert await does(clear) == "Xóa 3 minh chứng đã gửi?"
    assert "Đang có: 3" in await does(no)
    assert (await look.one()).pieces == 3
    await does(clear)
    told = await does(yes)
    assert told.startswith("Đã xóa 3 minh chứng.")
    assert "Chưa có thì chọn" in told
    assert (await look.one()).pieces == 0
    assert "Xóa" not in " ".join(nominator.labels), "nothing is left to delete"


@pytest.mark.needs("buttons")
async def test_an_old_yes_to_deleting_evidence_asks_for_some_again(stage: Stage) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    for label in ("Sửa minh chứng", "Xóa minh chứng đã gửi", "Xóa"):
        await nominator.taps(label)
    await nominator.taps("nominate:go:cleared")
    assert "Câu 8/9" in nominator.last.text


async def test_at_most_ten_pieces(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa minh chứng")
    for _ in range(9):
        await nominator.sends_photo()
    assert "Đã đủ 10" in (await nominator.sends_photo())[0]
    assert (await look.one()).pieces == 10


async def test_a_photo_too_early_is_not_kept(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    (told,) = await nominator.sends_photo()
    assert "Đến câu minh chứng" in told
    assert ("file" in told) == nominator.can.files, "nothing is spoken of that cannot come"
    assert (await look.one()).pieces == 0


@WITH_ALBUMS
async def test_an_album_too_early_is_answered_once(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    assert "Đến câu minh chứng" in (await nominator.sends_photo(album="a"))[0]
    assert await nominator.sends_photo(album="a") == []
    assert (await look.one()).pieces == 0


async def test_a_photo_after_the_question_on_evidence_is_told_to_go_back(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    for label in ("Bạn khác, đã đồng ý", "Đủ 16 rồi", "Học tập"):
        await nominator.taps(label)
    for said in ("Nông Thị Hoa", "2009", "xã Bắc Sơn", "1", ACHIEVEMENT, "xong"):
        await nominator.says(said)
    (told,) = await nominator.sends_photo()
    assert "Muốn thêm ảnh, bạn chọn <b>Quay lại</b>." in told
    assert "Đến câu minh chứng" not in told
    await nominator.taps("Quay lại")
    assert "Đã nhận 1" in (await nominator.sends_photo())[0]
    await nominator.taps("Xong phần minh chứng")
    await nominator.says("qua chat này")
    await nominator.taps("Sửa họ tên")
    assert "chọn <b>Quay lại</b>" in (await nominator.sends_photo())[0]
    await nominator.taps("Quay lại")
    await nominator.sends_photo()
    assert (await look.one()).pieces == 2


async def test_a_photo_of_somebody_who_was_not_asked_waits_for_her_yes(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    await nominator.taps("Bạn khác, mình chưa hỏi")
    assert "chờ bạn ấy đồng ý" in (await nominator.sends_photo())[0]
    assert (await look.one()).pieces == 0


async def test_who_nominates_herself_consents_as_nominee_with_the_send(
    stage: Stage, look: Look, database: Database
) -> None:
    nominator = stage.phone("901")
    await fills(nominator, who="Chính mình")
    assert "Gửi đi là bạn đồng ý" in nominator.last.text
    assert len(await nominator.taps("Gửi")) == 2
    assert not nominator.can.keyboard or nominator.inbox[-2].keyboard[0] == ("Tin mới", "Đề cử")
    assert nominator.labels == ["Đề cử thêm bạn nữa", "Xem các lời giới thiệu"], "she needs no command afterwards"
    found = await look.one()
    assert (found.for_self, found.link_code, found.expires_at) == (True, "", None)
    async with database.read() as tx:
        assert found.nominator_id
        purposes = [one.purpose for one in await tx.contacts.consents(found.nominator_id)]
    assert purposes == [Purpose.NOMINATE, Purpose.NOMINEE]


async def test_officers_on_duty_hear_of_it(
    stage: Stage, officer: Callable[..., Awaitable[object]], units: dict[str, UnitId]
) -> None:
    await officer(external_id="700")
    await officer(Role.OFFICER, unit="06325", external_id="701")
    await officer(Role.OFFICER, unit="05977", external_id="702")
    await submits(stage.phone("901"))
    (told,) = stage.phone("701").news()
    assert "<b>LS-2026-000001</b>" in told
    assert "xã Bắc Sơn" in told
    assert "Nông" not in told
    assert stage.phone("701").last.buttons[0][0].payload == "review:show:1"
    assert stage.phone("702").news() == stage.phone("700").news() == []


async def test_a_turn_costs_at_most_six_statements(stage: Stage, database: Database) -> None:
    counted: list[str] = []

    @event.listens_for(database.write_engine.sync_engine, "before_cursor_execute")
    def count(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            counted.append(statement)

    nominator = stage.phone("901")
    await begins(nominator)
    costs = {}
    for action in ("Bạn khác, đã đồng ý", "Đủ 16 rồi", "Học tập"):
        counted.clear()
        await nominator.taps(action)
        costs[action] = len(counted)
    for said in ("Nông Thị Hoa", "2009", "xã Bắc Sơn", "1", ACHIEVEMENT):
        counted.clear()
        await nominator.says(said)
        costs[said] = len(counted)
    counted.clear()
    await nominator.sends_photo()
    costs["photo"] = len(counted)
    assert max(costs.values()) <= 6, costs


async def test_a_closed_call_is_said_and_the_open_one_taken(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await submits(nominator)
    told = await nominator.opens("decu_nam-ngoai")
    assert "đã đóng" in told[0]
    assert (await look.one(2)).call == "quanh-nam"


@ON_TELEGRAM  # many words, whose meaning no channel changes
@pytest.mark.parametrize(
    "said", ["ok", "OK!", "Vâng", "vâng ạ", "đúng rồi", "Đúng rồi.", "gửi nhé", "gui nhe", "đồng ý", "được"]
)
@pytest.mark.parametrize("who", ["Bạn khác, đã đồng ý", "Chính mình"])
async def test_clear_words_send_at_the_summary(stage: Stage, look: Look, who: str, said: str) -> None:
    nominator = stage.phone("901")
    await fills(nominator, who=who)
    assert "LS-2026-000001" in (await nominator.says(said))[0]
    assert (await look.one()).state == NominationState.NEW


@pytest.mark.parametrize("said", ["dung roi", "dừng", "dung", "đừng gửi", "không", "u", "khoan đã", "hay là thôi nhỉ"])
async def test_other_words_do_not_send_and_are_told_how_to(stage: Stage, look: Look, said: str) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.says(said)
    assert (await look.one()).state == NominationState.DRAFT


async def test_what_is_not_understood_at_the_summary_says_how_to_send(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    (told,) = await nominator.says("cái này thế nào")
    assert "chưa gửi gì" in told
    assert "chọn <b>Gửi</b>" in told
    assert "Bạn xem lại nhé" not in told
    assert {"Gửi", "Sửa họ tên", "Để sau"} <= set(nominator.labels)
    assert "LS-2026-000001" in (await nominator.says("ok"))[0]


@pytest.mark.parametrize("question", ["cancel", "not_yet"])
async def test_a_yes_to_another_question_sends_nothing(stage: Stage, look: Look, question: str) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    if question == "cancel":
        await nominator.says("hủy")
    else:
        await nominator.taps("Sửa người được giới thiệu")
        await nominator.taps("Bạn khác, mình chưa hỏi")
    assert "LS-2026" not in str(await nominator.says("ok"))
    assert (await look.one()).state == NominationState.DRAFT


@pytest.mark.needs("buttons")
async def test_a_yes_to_what_an_old_button_asks_sends_nothing(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Bạn khác, mình chưa hỏi")
    assert "LS-2026" not in str(await nominator.says("ok"))
    assert (await look.one()).state == NominationState.DRAFT
