"""Two phones on two apps and one person: what is said, what is asked, what is shared, and what goes back."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from bot.jobs import tidy
from content.catalog import Catalog
from handlers.turn import World
from outreach.contacts.model import Subscription
from outreach.messaging import Menu
from outreach.officers import Officer, Role
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import Phone, Stage
from tests.handlers.linking.conftest import APPS, FIRST_APPS, MINE, YES, MakePerson, Zalo, agreed, code_in, link, people
from tests.handlers.nominations.conftest import begins

MakeOfficer = Callable[..., Awaitable[Officer]]

pytestmark = FIRST_APPS


async def test_a_stranger_on_zalo_becomes_the_person_she_is_on_telegram(
    young: Phone, zalo: Zalo, database: Database, catalog: Catalog
) -> None:
    offered = await young.says("/lienket")
    assert "Zalo (Tỉnh đoàn Lạng Sơn)" in offered[0]
    assert "10:10" in offered[0]
    other = zalo("z1")
    (page,) = await other.says(code_in(offered))
    assert page.startswith(f"Mã này lấy từ một tài khoản {APPS[young.channel]}.")
    assert not any(word in page for word in ("2005", "Bắc Sơn", "501"))
    assert other.labels == [YES, "Không phải tôi"]
    (waiting,) = await other.taps(YES)
    assert f"mở {APPS[young.channel]}" in waiting
    assert not other.last.buttons, "nobody is in the middle of anything there"
    assert set(await people(database)) == {"501"}
    (asked,) = young.news()[-1:]
    assert asked.startswith("Một tài khoản Zalo vừa nhập mã của bạn. Có phải bạn không?")
    assert young.labels == [MINE, "Không phải"]
    (done,) = await young.taps(MINE)
    assert done.startswith("Đã liên kết với Zalo")
    assert "ở một trong hai nơi" in done
    assert other.last.text.startswith(f"Đã liên kết với {APPS[young.channel]}")
    assert len(set((await people(database)).values())) == 1
    version = catalog.label("linking.page_version")
    assert await agreed(database) == {"501": ["2026-10"], "z1": [version]}
    assert "xã Bắc Sơn" in (await other.says("của tôi"))[0]
    assert f"Đang liên kết với {APPS[young.channel]}" in (await other.taps("Liên kết ứng dụng"))[0]


async def test_nothing_is_kept_of_a_stranger_who_did_not_go_on(
    young: Phone, zalo: Zalo, database: Database, clock: TestClock
) -> None:
    await zalo("77889").says(code_in(await young.says("liên kết")))
    await zalo("77889").taps(YES)
    clock.advance(minutes=10)
    assert "đã quá 10 phút" in (await young.taps(MINE))[0]
    async with database.read() as tx:
        (packed,) = (await tx.connection.execute(text("SELECT target FROM link_code"))).scalars()
        assert (await tx.connection.execute(select(t.draft))).all() == []
    assert b"77889" not in packed, "the address is sealed"
    await tidy(database, now=clock())
    async with database.read() as tx:
        for table in (t.link_code, t.link_try, t.link):
            assert (await tx.connection.execute(select(table))).all() == [], table.name
    assert set(await people(database)) == {"501"}


async def test_what_is_half_finished_goes_on_in_the_other_app(zalo: Zalo, young: Phone) -> None:
    await begins(young)
    for label in ("Bạn khác, đã đồng ý", "Đủ 16 rồi", "Thể dục thể thao"):
        await young.taps(label)
    question = young.last.text
    done = await link(young, zalo("z1"))
    assert "Đang dở phần đề cử" in done[0]
    assert "Đang dở phần đề cử" in zalo("z1").last.text
    (again,) = await zalo("z1").says("1")
    assert again == question, "where nothing can be pressed the number says: go on"
    assert "sinh năm nào" in (await zalo("z1").says("Lường Thị Mai"))[-1]
    assert "ở xã" in (await young.says("2009"))[-1]


async def test_an_unfinished_conversation_on_zalo_moves_along(
    zalo: Zalo, young: Phone, on_zalo: MakePerson, database: Database
) -> None:
    kept = (await people(database))["501"]
    joined = await on_zalo(external_id="z1", unit="06211", birth_year=2004)
    other = zalo("z1")
    await begins(other)
    await other.taps("Bạn khác, đã đồng ý")
    await link(other, young, mine=MINE)
    async with database.read() as tx:
        (row,) = (await tx.connection.execute(select(t.dialogue).where(t.dialogue.c.flow == "nominate"))).all()
        (nomination,) = (await tx.connection.execute(select(t.nomination))).all()
        silent = await tx.contacts.get(joined)
    assert row.contact_id == kept
    assert nomination.nominator_id == kept
    assert silent
    assert silent.subscription == Subscription.NONE
    assert "Những câu trước vẫn còn" in (await young.says("Mai"))[0]


async def test_who_had_stopped_is_asked_before_anything_comes_again(
    zalo: Zalo, young: Phone, on_zalo: MakePerson, database: Database
) -> None:
    await on_zalo(external_id="z1", unit="06325")
    other = zalo("z1")
    await other.says("/dung")
    (page,) = await other.says(code_in(await young.says("liên kết")))
    assert "Ở đây đã ngừng nhận tin" in page
    assert other.labels == ["Đúng, vẫn ngừng ở đây", "Đúng, nhận tin ở cả hai", "Không phải tôi"]
    await other.taps("Đúng, vẫn ngừng ở đây")
    (done,) = await young.taps(MINE)
    assert "Tin chỉ tới ở đây" in done
    assert f"Tin chỉ tới ở {APPS[young.channel]}" in other.last.text
    assert await agreed(database) == {"501": ["2026-10"]}


async def test_who_had_stopped_may_want_news_in_both(
    zalo: Zalo, young: Phone, on_zalo: MakePerson, database: Database, catalog: Catalog
) -> None:
    await on_zalo(external_id="z1", unit="06325")
    await zalo("z1").says("/dung")
    await link(zalo("z1"), young, mine="Đúng, nhận tin ở cả hai")
    assert await agreed(database) == {"501": ["2026-10"], "z1": [catalog.label("linking.page_version")]}


@pytest.mark.parametrize(("yes", "mine"), [("1", "1"), ("đúng", "đúng là tôi"), ("Dung, lien ket", "dung la toi")])
async def test_both_answers_may_be_typed(zalo: Zalo, young: Phone, database: Database, yes: str, mine: str) -> None:
    await zalo("z1").says(code_in(await young.says("liên kết")))
    assert "Còn một bước" in (await zalo("z1").says(yes))[0]
    assert "Đã liên kết với Zalo" in (await young.says(mine))[0]
    assert len(set((await people(database)).values())) == 1


async def test_two_who_get_no_news_get_none_by_linking(
    zalo: Zalo, stage: Stage, database: Database, officer: MakeOfficer
) -> None:
    await officer(Role.ADMIN, external_id="1")
    done = await link(stage.phone("1"), zalo("z1"))
    assert "Tin" not in done[0]
    assert await agreed(database) == {}


@pytest.mark.parametrize("who", ["typed", "asked"])
async def test_a_no_on_either_side_ends_it(zalo: Zalo, young: Phone, database: Database, who: str) -> None:
    code = code_in(await young.says("liên kết"))
    await zalo("z1").says(code)
    if who == "typed":
        (told,) = await zalo("z1").taps("Không phải tôi")
        assert "Bên kia trả lời là không phải" in young.last.text
    else:
        await zalo("z1").taps(YES)
        (told,) = await young.taps("Không phải")
    assert "mã đã bị hủy" in told
    assert "không đúng" in (await zalo("z2").says(code))[0]
    async with database.read() as tx:
        for table in (t.link_code, t.draft, t.link):
            assert (await tx.connection.execute(select(table))).all() == [], table.name
    assert set(await people(database)) == {"501"}


async def test_an_old_yes_comes_too_late(zalo: Zalo, young: Phone) -> None:
    await zalo("z1").says(code_in(await young.says("liên kết")))
    old = zalo("z1").last.buttons[0][0].payload
    await zalo("z1").taps("Không phải tôi")
    for phone, yes in ((young, "link:yes:1.0000000000000000"), (zalo("z1"), old)):
        if phone.can.buttons:
            assert "đã xong, đã bị từ chối" in (await phone.taps(yes))[0]


async def test_a_code_that_fits_nothing(stage: Stage, zalo: Zalo, young: Phone, person: MakePerson) -> None:
    code = code_in(await young.says("liên kết"))
    assert "để gõ ở ứng dụng kia" in (await young.says(code))[0]
    await person(external_id="502")
    assert "cùng một ứng dụng" in (await stage.phone("502").says(code))[0]
    assert "Đó cũng là bạn" in (await zalo("z1").says(f"{code[:3]} {code[3:]}"))[0], "none of these has used it up"
    assert "không đúng" in (await zalo("z2").says(code))[0], "it is somebody's already"
    assert "Đó cũng là bạn" in (await zalo("z1").says(code))[0]
    await zalo("z1").taps(YES)
    assert "Còn một bước" in (await zalo("z1").says(code))[0]
    await young.taps(MINE)
    assert "<code>" not in (await young.says("liên kết"))[0], "there is no third app"


async def test_after_five_wrong_codes_none_is_listened_to_for_ten_minutes(
    zalo: Zalo, young: Phone, clock: TestClock
) -> None:
    code = int(code_in(await young.says("liên kết")))
    wrong = [f"{(code + number) % 1_000_000:06d}" for number in range(1, 6)]
    for one in wrong:
        assert "không đúng" in (await zalo("z1").says(one))[0]
    assert "tạm khóa" in (await zalo("z1").says(f"{code:06d}"))[0]
    assert "Đó cũng là bạn" in (await zalo("z2").says(f"{code:06d}"))[0]
    clock.advance(minutes=10)
    code = int(code_in(await young.says("liên kết")))
    assert "Đó cũng là bạn" in (await zalo("z1").says(f"{code:06d}"))[0]


async def test_six_figures_are_an_answer_where_one_is_expected(
    zalo: Zalo, young: Phone, on_zalo: MakePerson, database: Database
) -> None:
    await on_zalo(external_id="z1", unit="06325")
    code = int(code_in(await young.says("liên kết")))
    other = zalo("z1")
    await other.says("hỏi cán bộ")
    (sent,) = await other.says(f"{(code + 1) % 1_000_000:06d}")
    assert "không đúng" not in sent
    async with database.read() as tx:
        assert len((await tx.connection.execute(select(t.question))).all()) == 1
    await other.says("hỏi cán bộ")
    assert "Đó cũng là bạn" in (await other.says(f"{code:06d}"))[0], "the very code is none"


async def test_with_one_app_there_is_nothing_to_link(young: Phone, stage: Stage, world: World) -> None:
    stage.router.world = replace(world, doors=world.doors[:1])
    assert f"mới có trợ lý trên {APPS[young.channel]}," in (await young.says("liên kết"))[0]
    await young.says("của tôi")
    assert "Liên kết ứng dụng" not in young.labels
    assert "không đúng" not in (await young.says("123456"))[0]


async def test_an_office_moves_along_and_two_are_refused(
    zalo: Zalo, stage: Stage, officer: MakeOfficer, on_zalo: MakePerson, database: Database
) -> None:
    await officer(Role.OFFICER, unit="06325", external_id="1")
    subscriber = await on_zalo(external_id="z1", unit="06211")
    await link(stage.phone("1"), zalo("z1"))
    assert zalo("z1").last.menu == Menu.OFFICER
    async with database.read() as tx:
        assert await tx.officers.of_contact(subscriber)
    assert "Độ phủ" in (await zalo("z1").says("độ phủ"))[0]
    await zalo("z1").says("bỏ liên kết")
    await zalo("z1").taps(f"Bỏ liên kết {APPS[stage.channel]}")
    await zalo("z1").taps("Bỏ liên kết")
    assert (zalo("z1").last.menu, stage.phone("1").last.menu) == (Menu.PERSON, Menu.OFFICER)
    await officer(Role.ADMIN, external_id="2")
    other = await on_zalo(external_id="z2")
    async with database.write() as tx:
        await tx.officers.grant(other, role=Role.REVIEWER, unit_id=None, by=None, at=NOW)
    (told,) = await link(stage.phone("2"), zalo("z2"))
    assert "hai vai trò cán bộ khác nhau" in told


def test_the_version_of_what_is_agreed_to_goes_with_its_words(catalog: Catalog) -> None:
    """Whoever changes a word of the page gives it a new version and this table a new line."""
    known = {
        ("vi", "2026-11-27"): "6f7ea3419f47",
        ("en", "2026-11-27"): "926fd3f9a939",
    }
    for language in ("vi", "en"):
        texts = catalog.texts[language]
        digest = hashlib.sha256(texts["linking.page"].encode()).hexdigest()[:12]
        assert known[language, texts["linking.page_version"]] == digest


async def test_a_number_answers_no_question_that_stands_on_the_other_phone(zalo: Zalo, young: Phone) -> None:
    await begins(young)
    await link(young, zalo("z1"))
    await zalo("z1").says("1")
    for label in ("Bạn khác, đã đồng ý", "Đủ 16 rồi"):
        await zalo("z1").taps(label)
    field = zalo("z1").last
    assert field.buttons
    said = await young.says("1")
    assert "ứng dụng kia" in said[0]
    assert said[1] == field.text, "it stands here now"
    assert "ứng dụng kia" not in (await young.says("1"))[0]
    assert young.last.text != field.text, "and is answered"


async def test_nor_does_it_press_a_list_that_was_asked_for_there(zalo: Zalo, young: Phone) -> None:
    await link(young, zalo("z1"))
    await young.says("của tôi")
    shown = await young.says("1")
    await young.says("của tôi")
    assert await zalo("z1").says("1") != shown
