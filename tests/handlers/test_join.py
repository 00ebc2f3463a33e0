"""Script A: how somebody subscribes, what she reads on the way, and what is written of her when."""

import hashlib
import html
import re
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import event, select

from content.catalog import Catalog
from outreach.contacts.model import Contact, Subscription
from outreach.messaging import ContactId
from outreach.officers import Officer, Role
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, ON_ZALO, Phone, Stage

pytestmark = ON_EVERY_CHANNEL

POSTER = "src_06325"


def visible(text: str) -> int:
    """Characters as they are read: without tags, entities as one."""
    return len(html.unescape(re.sub(r"<[^>]+>", "", text)))


async def join(phone: Phone, *, year: str = "2008") -> None:
    """From the poster of xã Bắc Sơn to the receipt."""
    await phone.opens(POSTER)
    for label in ("Đủ 16 rồi", "Đồng ý nhận tin", year, "Đúng"):
        await phone.taps(label)


async def contacts(database: Database) -> list[Contact]:
    async with database.read() as tx:
        ids = (await tx.connection.execute(select(t.contact.c.id).order_by(t.contact.c.id))).scalars()
        found = [await tx.contacts.get(ContactId(contact_id)) for contact_id in ids]
    return [contact for contact in found if contact]


async def rows(database: Database, table: str) -> int:
    async with database.read() as tx:
        return len((await tx.connection.execute(select(t.metadata.tables[table]))).all())


async def test_from_a_poster_it_takes_five_taps_and_no_typing(
    stage: Stage, database: Database, units: dict[str, UnitId]
) -> None:
    young = stage.phone("501")
    read = await young.opens(POSTER)  # pressing START is the first tap
    assert "Tỉnh đoàn Lạng Sơn" in read[0]
    read += await young.taps("Đủ 16 rồi")
    shown = read[-1]
    assert visible(shown) <= 600
    read += await young.taps("Đồng ý nhận tin")
    assert not young.can.keyboard or young.labels[:15] == [str(year) for year in range(1996, 2011)]
    read += await young.taps("2008")
    assert "xã Bắc Sơn" in read[-1]
    assert "thị trấn Bắc Sơn" in read[-1]
    read += await young.taps("Đúng")
    assert "LS-DY-000001</b> · 10:00 ngày 12/10/2026" in read[-2]
    assert "7 giờ đến trước 22 giờ" in read[-2]
    assert not young.can.keyboard or young.inbox[-2].keyboard[0] == ("Tin mới", "Đề cử")
    assert young.labels == ["Đọc ngay", "Giới thiệu một bạn giỏi"]
    assert all(visible(text) <= 350 for text in read if text != shown)
    assert sum(map(visible, read)) <= 1300
    [contact] = await contacts(database)
    assert (contact.subscription, contact.birth_year) == (Subscription.ACTIVE, 2008)
    assert (contact.unit_id, contact.source) == (units["06325"], POSTER)
    async with database.read() as tx:
        [consent] = await tx.contacts.consents(contact.contact_id)
    assert consent.text_hash == hashlib.sha256(shown.encode()).hexdigest()
    assert consent.purpose == "notices"
    assert consent.channel == young.channel
    assert consent.message_ref
    assert await rows(database, "draft") == 0
    assert "70% thanh niên" in (await young.taps("Đọc ngay"))[0]


@pytest.mark.parametrize(
    ("inputs", "unit"),
    [
        (["bac son", "1"], "06325"),
        (["xã Na Sầm", "đúng"], "06124"),
        (["Huyện Bắc Sơn", "xã Vũ Lăng"], "06367"),
        (["cao loc", "Đồng Đăng"], ""),
        (["chi lang", "phường Lương Văn Tri"], "05983"),
    ],
)
async def test_without_a_poster_it_takes_six_inputs(
    stage: Stage, database: Database, units: dict[str, UnitId], inputs: list[str], unit: str
) -> None:
    young = stage.phone("501")
    read = await young.opens()
    for typed in ("1", "đồng ý nhận tin", "2k9", *inputs):
        read += await young.says(typed)
    [contact] = await contacts(database)
    if not unit:  # a name that is neither a choice nor complete asks once more and never guesses
        assert contact.subscription == Subscription.JOINING
        return
    assert contact.unit_id == units[unit]
    assert contact.birth_year == 2009
    assert contact.subscription == Subscription.ACTIVE
    assert sum(map(visible, read)) <= 1300
    assert all(visible(text) <= 350 for text in read if "4 dòng" not in text)


async def test_before_the_consent_only_a_draft_is_kept_and_it_ends_after_a_day(
    stage: Stage, database: Database, clock: TestClock
) -> None:
    young = stage.phone("501")
    await young.opens(POSTER)
    await young.taps("Đủ 16 rồi")
    assert await contacts(database) == []
    assert await rows(database, "address") == 0
    assert await rows(database, "outbox") == 0
    async with database.read() as tx:
        [draft] = (await tx.connection.execute(select(t.draft))).all()
    assert (draft.flow, draft.step, draft.source) == ("join", "consent", POSTER)
    async with database.write() as tx:
        assert await tx.dialogues.purge_drafts(now=clock.advance(hours=23)) == 0
        assert await tx.dialogues.purge_drafts(now=clock.advance(hours=2)) == 1
    if young.can.buttons:  # hers still work: nothing was needed but the poster
        await young.taps("Đồng ý nhận tin")
        assert "sinh năm nào" in young.last.text
    else:  # the number alone agrees to nothing: it is a page's by now
        assert "70% thanh niên" in (await young.taps("Đồng ý nhận tin"))[0]
        assert await contacts(database) == []


async def test_going_back_works_at_every_step(stage: Stage) -> None:
    young = stage.phone("501")
    await young.opens()
    await young.taps("Đủ 16 rồi")
    assert "đủ 16 tuổi chưa" in (await young.says("quay lại"))[0]
    await young.says("rồi")
    assert "Chưa đủ 16 tuổi" in (await young.taps("Bản đầy đủ"))[0]
    assert "4 dòng" in (await young.says("Quay lại"))[0]
    await young.taps("Đồng ý nhận tin")
    assert "4 dòng" in (await young.says("quay lai"))[0]
    assert "sinh năm nào" in (await young.taps("Đồng ý nhận tin"))[0]
    if young.can.keyboard:  # on Zalo every year is typed
        assert "4 số" in (await young.taps("Năm khác"))[0]
        assert "sinh năm nào" in (await young.taps("Quay lại"))[0]
    await young.taps("2007")
    assert "sinh năm nào" in (await young.taps("Quay lại"))[0]
    await young.taps("2006")
    await young.says("loc binh")
    assert "sinh năm nào" in (await young.says("trở lại"))[0]


async def test_going_back_over_the_consent_writes_it_once(stage: Stage, database: Database) -> None:
    young = stage.phone("501")
    await young.opens()
    for label in ("Đủ 16 rồi", "Đồng ý nhận tin", "Quay lại", "Đồng ý nhận tin"):
        await young.taps(label)
    assert await rows(database, "consent") == 1


@pytest.mark.parametrize("after_consent", [False, True])
async def test_no_leaves_nothing(stage: Stage, database: Database, after_consent: bool) -> None:
    young = stage.phone("501")
    await young.opens(POSTER)
    await young.taps("Đủ 16 rồi")
    if after_consent:
        await young.taps("Đồng ý nhận tin")
        await young.taps("Quay lại")
    assert "không lưu gì" in (await young.taps("Không, cảm ơn"))[0]
    for table in ("address", "consent", "draft", "dialogue", "outbox", "stop_proof"):
        assert await rows(database, table) == 0, table
    assert all(contact.subscription == Subscription.ERASED for contact in await contacts(database))
    assert "Chào bạn, mình là" in (await young.opens())[0]


@pytest.mark.parametrize("text", ["không nhớ", "20", "1800", "2030", "0912345678", "2008 hay 2009", "👍"])
async def test_a_year_that_is_none_is_asked_again_with_an_example(stage: Stage, database: Database, text: str) -> None:
    young = stage.phone("501")
    await young.opens(POSTER)
    await young.taps("Đủ 16 rồi")
    await young.taps("Đồng ý nhận tin")
    assert "Mình chưa hiểu năm này. Bạn gõ 4 số nhé, ví dụ 2009." in (await young.says(text))[0]
    assert young.labels[0] == ("1996" if young.can.keyboard else "Quay lại"), "on Zalo a year is typed"
    [contact] = await contacts(database)
    assert contact.birth_year is None


@pytest.mark.parametrize(
    ("text", "year"),
    [("2009", 2009), ("mình sinh năm 2009 ạ", 2009), ("12/3/2009", 2009), ("2K9", 2009), ("1990", 1990)],
)
async def test_years_as_people_type_them(stage: Stage, database: Database, text: str, year: int) -> None:
    young = stage.phone("501")
    await young.opens(POSTER)
    await young.taps("Đủ 16 rồi")
    await young.taps("Đồng ý nhận tin")
    said = await young.says(text)
    [contact] = await contacts(database)
    assert contact.birth_year == year
    assert ("dòng riêng" in said[0]) == (year == 1990), "older people are welcome and told that they are counted apart"


@pytest.mark.parametrize("typed", ["em học lớp 12", "mình ở khối 3 phường Tam Thanh", "chào 2 bạn", "lớp 9", "3", "0"])
async def test_a_number_that_is_no_age_turns_nobody_away(stage: Stage, typed: str) -> None:
    young = stage.phone("501")
    await young.opens()
    assert "đủ 16 tuổi chưa" in (await young.says(typed))[-1]


@pytest.mark.parametrize(("typed", "asked"), [("17", "4 dòng"), ("mình 16 tuổi", "4 dòng"), ("đủ rồi", "4 dòng")])
async def test_the_age_may_be_typed(stage: Stage, typed: str, asked: str) -> None:
    young = stage.phone("501")
    await young.opens()
    assert asked in (await young.says(typed))[0]


async def test_words_that_answer_nothing_keep_the_question(stage: Stage, database: Database) -> None:
    young = stage.phone("501")
    await young.opens(POSTER)
    assert "đủ 16 tuổi chưa" in (await young.says("xin chào shop"))[1]
    await young.taps("Đủ 16 rồi")
    assert "4 dòng" in (await young.says("gì cơ"))[1]
    assert await contacts(database) == []


@pytest.mark.needs("buttons")
async def test_the_consent_is_shown_again_when_its_words_have_changed(
    stage: Stage, database: Database, catalog: Catalog
) -> None:
    young = stage.phone("501")
    await young.opens()
    await young.taps("Đủ 16 rồi")
    old = young.last.buttons[0][0].payload
    changed = old[:-1] + ("0" if old[-1] != "0" else "1")
    assert "4 dòng" in (await young.taps(changed))[0]
    assert await rows(database, "consent") == 0


def test_the_version_of_the_consent_goes_with_its_words(catalog: Catalog) -> None:
    """Whoever changes a word of the consent gives it a new version and this table a new line."""
    known = {
        ("vi", "2026-11-27"): "d7f0adb0c893",
        ("en", "2026-11-27"): "409140d57115",
    }
    for language in ("vi", "en"):
        texts = catalog.texts[language]
        digest = hashlib.sha256(texts["join.consent"].encode()).hexdigest()[:12]
        assert known[language, texts["join.consent_version"]] == digest


async def test_start_again_says_what_is_known_and_changes_nothing(stage: Stage, database: Database) -> None:
    young = stage.phone("501")
    await join(young)
    said = await young.opens("src_06124")
    assert "2008" in said[0]
    assert "xã Bắc Sơn" in said[0]
    [contact] = await contacts(database)
    assert contact.source == POSTER


@pytest.mark.needs("buttons")
async def test_old_buttons_of_the_join_change_nothing_either(stage: Stage, database: Database) -> None:
    young = stage.phone("501")
    await join(young)
    assert "giữ nguyên" in (await young.taps("join:year:2001"))[0]
    assert "giữ nguyên" in (await young.taps("join:unit:06124"))[0]
    assert (await contacts(database))[0].birth_year == 2008


async def test_an_unfinished_join_goes_on_where_it_stood(stage: Stage, database: Database, clock: TestClock) -> None:
    young = stage.phone("501")
    await young.opens(POSTER)
    await young.taps("Đủ 16 rồi")
    await young.taps("Đồng ý nhận tin")
    clock.advance(hours=3)
    # After a long silence the first words are not taken for the answer.
    assert "Bạn đang dở" in (await young.says("2008"))[0]
    assert (await contacts(database))[0].birth_year is None
    assert "sinh năm nào" in (await young.taps("Tiếp tục"))[0]
    await young.says("2008")
    clock.advance(days=2)
    assert "xã Bắc Sơn" in (await young.opens())[0]
    await young.taps("Đúng")
    assert (await contacts(database))[0].subscription == Subscription.ACTIVE


@pytest.mark.needs("buttons")
async def test_old_buttons_of_somebody_unknown_begin_at_the_beginning(stage: Stage, database: Database) -> None:
    young = stage.phone("501")
    for payload in ("join:year:2008", "join:unit:06325", "join:other:", "join:nonsense:x"):
        assert "đủ 16 tuổi chưa" in (await young.taps(payload))[0]
    assert await contacts(database) == []


@pytest.mark.parametrize("word", ["src_99999", "src_", "src_" + "x" * 60, "xyz_1", "src_06325; drop", "_"])
@pytest.mark.needs("start_payload")
async def test_a_code_nobody_knows_is_harmless(stage: Stage, word: str) -> None:
    young = stage.phone("501")
    assert "đủ 16 tuổi chưa" in (await young.opens(word))[0]
    await young.taps("Đủ 16 rồi")
    await young.taps("Đồng ý nhận tin")
    assert "xã, phường nào" in (await young.says("2008"))[0] or word.startswith("src_06325")


@ON_ZALO
@pytest.mark.parametrize("word", ["src_99999", "src_", "src_" + "x" * 60, "xyz_1", "src_06325; drop", "_"])
async def test_typed_it_is_harmless_too(stage: Stage, database: Database, word: str) -> None:
    young = stage.phone("501")
    said = await young.says(word)
    assert "đủ 16 tuổi chưa" in said[0] or "Nhận tin" in young.labels, "the question, or the way to it"
    assert await contacts(database) == []
    await join(young)
    assert (await contacts(database))[0].source == POSTER


async def test_a_school_of_a_commune_prefills_the_commune(stage: Stage, database: Database) -> None:
    young = stage.phone("501")
    await young.opens("src_06325-thpt")
    await young.taps("Đủ 16 rồi")
    await young.taps("Đồng ý nhận tin")
    assert "xã Bắc Sơn" in (await young.says("2008"))[0]
    assert (await contacts(database))[0].source == "src_06325-thpt"


async def test_an_officer_may_subscribe_and_keeps_the_office_when_not(
    stage: Stage, database: Database, officer: Callable[..., Awaitable[Officer]]
) -> None:
    await officer(Role.OFFICER, unit="06325", external_id="900")
    colleague = stage.phone("900")
    assert "Gửi tin" in (await colleague.opens())[0]
    await colleague.opens(POSTER)
    await colleague.taps("Đủ 16 rồi")
    await colleague.taps("Đồng ý nhận tin")
    await colleague.says("2014")  # a slip
    assert (await contacts(database))[0].subscription == Subscription.STOPPED
    async with database.read() as tx:
        assert await tx.officers.of_contact((await contacts(database))[0].contact_id)


async def test_the_steps_after_the_consent_take_at_most_six_statements(stage: Stage, database: Database) -> None:
    young = stage.phone("501")
    await young.opens(POSTER)
    await young.taps("Đủ 16 rồi")
    await young.taps("Đồng ý nhận tin")
    statements: list[str] = []

    def note(*args: object) -> None:
        if not str(args[2]).startswith("BEGIN"):
            statements.append(str(args[2]))

    event.listen(database.write_engine.sync_engine, "before_cursor_execute", note)
    for label in ("2008", "Đúng", "Đọc ngay"):
        statements.clear()
        await young.taps(label)
        assert 0 < len(statements) <= 6, (label, statements)
