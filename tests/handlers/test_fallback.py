"""Words outside every conversation: a greeting, a page, and help for who is not understood."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from outreach.messaging import ContactId
from outreach.officers import Officer, Role
from storage import tables as t
from storage.database import Database
from tests.handlers.conftest import ON_EVERY_CHANNEL, Stage
from tests.handlers.test_join import join, rows, visible

pytestmark = ON_EVERY_CHANNEL

HOTLINE = "0205 3812 345"


@pytest.fixture
def with_hotline(stage: Stage) -> Stage:
    world = stage.router.world
    pack = replace(world.pack, hotline=HOTLINE, address="1 phố Mẫu, phường Đông Kinh")
    stage.router.world = replace(world, pack=pack)
    return stage


@pytest.mark.parametrize("word", ["xin chào", "Chào", "hello", "đăng ký", "dang ky", "bắt đầu"])
async def test_a_word_to_begin_with_begins(stage: Stage, database: Database, word: str) -> None:
    young = stage.phone("501")
    [said] = await young.says(word)
    assert said.startswith("Chào bạn, mình là")
    assert await rows(database, "contact") == 0
    assert "4 dòng" in (await young.says("1"))[0]


async def test_anything_else_from_a_stranger_leads_to_the_greeting_and_to_a_person(
    with_hotline: Stage, database: Database
) -> None:
    young = with_hotline.phone("501")
    for _ in range(3):
        lost, who = await young.says("cho mình hỏi cái này")
        assert HOTLINE in lost
        assert "trợ lý tự động của Tỉnh đoàn Lạng Sơn" in who
        assert young.labels[-1] == "Nhận tin"
    assert not young.can.keyboard or young.inbox[-2].keyboard[0] == ("Tin mới", "Đề cử")
    for table in ("contact", "address", "draft", "dialogue", "outbox"):
        assert await rows(database, table) == 0, table
    assert (await young.says(str(len(young.labels))))[0].startswith("Chào bạn, mình là")
    assert "4 dòng" in (await young.says("đủ 16 rồi"))[0]


async def test_without_a_hotline_a_stranger_is_told_none(stage: Stage) -> None:
    assert "gọi" not in (await stage.phone("501").says("cho mình hỏi cái này"))[0]


async def test_known_people_who_greet_see_what_is_known(stage: Stage) -> None:
    young = stage.phone("501")
    await join(young)
    assert "sinh năm 2008" in (await young.says("xin chào"))[0]


async def test_the_title_of_a_page_opens_it_for_everybody(stage: Stage, database: Database) -> None:
    child = stage.phone("501")
    await child.opens()
    assert "không lưu gì" in (await child.taps("Chưa đủ 16"))[0]
    title = child.labels[0]
    assert (await child.says(title.casefold()))[0].startswith(f"<b>{title}</b>")
    assert await rows(database, "draft") == 0
    assert await rows(database, "contact") == 0


async def test_after_two_misunderstandings_the_join_names_the_hotline(with_hotline: Stage) -> None:
    young = with_hotline.phone("501")
    await young.opens("src_06325")
    assert not any(HOTLINE in text for text in await young.says("hả"))
    for _ in range(2):
        said = await young.says("là sao")
        assert HOTLINE in said[0]
        assert all(visible(text) <= 350 for text in said)
    # An answer that is understood begins the count anew.
    await young.says("1")
    assert not any(HOTLINE in text for text in (await young.says("hả"))[:-1])
    await young.taps("Đồng ý nhận tin")
    assert HOTLINE not in (await young.says("lâu rồi"))[0]
    assert HOTLINE in (await young.says("lâu lắm rồi"))[0]
    assert "xã Bắc Sơn" in (await young.says("2008"))[0], "the poster is not lost on the way"


async def test_at_the_unit_too_the_join_names_the_hotline_after_two(with_hotline: Stage) -> None:
    young = with_hotline.phone("501")
    await young.opens()
    for label in ("Đủ 16 rồi", "Đồng ý nhận tin", "2008"):
        await young.taps(label)
    assert not any(HOTLINE in text for text in await young.says("chỗ mình ấy"))
    for words in ("không biết nữa", "bac xxon"):  # the second is spelled like one
        called, question = await young.says(words)
        assert HOTLINE in called
        assert question
    assert young.labels, "the question's buttons"
    # Words that are understood begin the count anew.
    assert not any(HOTLINE in text for text in await young.says("bac son"))
    assert not any(HOTLINE in text for text in await young.says("chỗ mình ấy"))
    assert "Xong rồi" in (await young.taps("Nơi khác, ngoài tỉnh"))[0]


async def test_known_people_see_the_hotline_after_two(with_hotline: Stage) -> None:
    young = with_hotline.phone("501")
    await join(young)
    assert HOTLINE not in (await young.says("abc xyz"))[0]
    assert HOTLINE in (await young.says("abc xyz"))[0]


async def test_who_keeps_the_data_can_be_called_and_found(with_hotline: Stage) -> None:
    young = with_hotline.phone("501")
    await young.opens()
    await young.taps("Đủ 16 rồi")
    full = (await young.taps("Bản đầy đủ"))[0]
    assert f"Tỉnh đoàn Lạng Sơn, ĐT {HOTLINE}, 1 phố Mẫu, phường Đông Kinh" in full
    await with_hotline.phone("502").says("tin")
    assert HOTLINE not in (await with_hotline.phone("502").taps("Những giải thưởng nào?"))[0]


async def test_a_photo_nobody_asked_for_is_told_where_it_would_be_kept(stage: Stage) -> None:
    young = stage.phone("501")
    await join(young)
    for before in ("của tôi", "tin", "abc xyz"):
        await young.says(before)
        assert "không giữ lại" in (await young.sends_photo(caption="tìm giải"))[0]


async def test_stopping_a_nomination_names_no_news_to_who_gets_none(stage: Stage) -> None:
    nominator = stage.phone("901")
    await nominator.says("/decu")
    await nominator.taps("Mình đủ 16, bắt đầu")
    assert "ngừng nhận tin" not in (await nominator.says("dừng"))[0]
    assert nominator.labels == ["Dừng phần đang dở", "Tiếp tục"]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("key", ["campaign.stop", "profile.stop", "start.stop"])
async def test_the_words_on_every_button_that_stops_stop_when_typed(stage: Stage, language: str, key: str) -> None:
    young = stage.phone("501")
    await join(young)
    words = stage.router.world.catalog.label(key, language=language)
    assert "Đã ngừng" in (await young.says(words))[0]


async def test_start_does_not_hide_what_is_open(stage: Stage) -> None:
    nominator = stage.phone("901")
    await nominator.says("/decu")
    await nominator.taps("Mình đủ 16, bắt đầu")
    assert "Bạn đang dở" in (await nominator.opens())[0]
    await nominator.taps("Để sau")
    assert nominator.keys[0] == ("Tin mới", "Đề cử")
    assert "Chào bạn, mình là" in (await nominator.opens())[0]
    assert "Chào bạn, mình là" in (await nominator.opens())[0], "the joining itself begins again"


@pytest.mark.parametrize("typed", ["đồng ý", "Đồng ý ạ", "dong y", "mình đồng ý"])
async def test_yes_in_words_is_a_consent(stage: Stage, database: Database, typed: str) -> None:
    young = stage.phone("501")
    await young.opens("src_06325")
    await young.taps("Đủ 16 rồi")
    assert "sinh năm nào" in (await young.says(typed))[0]
    assert await rows(database, "consent") == 1


async def test_no_word_is_a_consent_to_what_is_not_shown(stage: Stage, database: Database) -> None:
    young = stage.phone("501")
    await young.opens()
    assert "4 dòng" not in (await young.says("đồng ý"))[0]
    await young.taps("Đủ 16 rồi")
    await young.taps("Bản đầy đủ")
    assert "4 dòng" in (await young.says("đồng ý"))[-1]
    for unclear in ("ok", "ừ", "được"):
        await young.says(unclear)
    assert await rows(database, "consent") == 0


@pytest.mark.parametrize("typed", ["không", "khong", "thôi", "không đồng ý", "Không, cảm ơn"])
async def test_no_in_words_keeps_nothing(stage: Stage, database: Database, typed: str) -> None:
    young = stage.phone("501")
    await young.opens("src_06325")
    await young.taps("Đủ 16 rồi")
    told, pages = await young.says(typed)
    assert "không lưu gì" in told
    assert pages
    assert not young.can.keyboard or young.inbox[-2].keyboard[0] == ("Tin mới", "Đề cử")
    assert young.labels
    for table in ("contact", "draft", "consent", "address"):
        assert await rows(database, table) == 0, table


async def test_officers_are_told_without_a_pronoun(
    stage: Stage, database: Database, officer: Callable[..., Awaitable[Officer]]
) -> None:
    await officer(Role.OFFICER, unit="06325", external_id="900")
    colleague = stage.phone("900")
    said = await colleague.says("abc xyz")
    assert colleague.keys[0] == ("Gửi tin", "Độ phủ"), "the buttons that it speaks of"
    said += await colleague.says("abc xyz")
    said += await colleague.sends_sticker()
    said += await colleague.edits("x")
    said += await colleague.sends_photo()
    await colleague.says("khai báo")
    said += await colleague.says("dừng")
    stage.router.clock.advance(hours=3)  # type: ignore[attr-defined]  # the tests' clock
    said += await colleague.says("45")
    said += await colleague.taps("Để sau")
    assert len(said) == 8
    assert [text for text in said if any(word in text.casefold().split() for word in ("mình", "bạn"))] == []
    async with database.read() as tx:
        ids = [ContactId(one) for one in (await tx.connection.execute(select(t.contact.c.id))).scalars()]
    assert len(ids) == 1


@pytest.mark.needs("buttons")
async def test_so_they_are_of_old_buttons(stage: Stage, officer: Callable[..., Awaitable[Officer]]) -> None:
    await officer(Role.OFFICER, unit="06325", external_id="900")
    for payload in ("nothing:at:all", "conv:go:", "review:show:999"):
        [said] = await stage.phone("900").taps(payload)
        assert not any(word in said.casefold().split() for word in ("mình", "bạn"))
