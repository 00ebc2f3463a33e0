"""The nominator's way through the form: by taps, by numbers, by words; back, edit, later, and everything that does not fit."""

import hashlib
from collections.abc import Awaitable, Callable

import pytest

from content.catalog import Catalog
from outreach.contacts.model import Purpose, Subscription
from outreach.messaging import ContactId
from outreach.nominations.model import NominationState, NomineeConsent
from storage.database import Database
from tests.handlers.conftest import ON_EVERY_CHANNEL, ON_TELEGRAM, Phone, Stage
from tests.handlers.nominations.conftest import ACHIEVEMENT, USUAL, Look, begins, fills, submits

pytestmark = ON_EVERY_CHANNEL

# Three ways to say the same: (what is tapped or typed), a photo in the middle.
WAYS = {
    "taps": [
        "tap:Mình đủ 16, bắt đầu",
        "tap:Bạn khác, đã đồng ý",
        "tap:Đủ 16 rồi",
        "tap:Thể dục thể thao",
        "Nông Thị Hoa",
        "2009",
        "tap:Huyện Bắc Sơn",
        "tap:xã Bắc Sơn",
        ACHIEVEMENT,
        "photo",
        "tap:Xong phần minh chứng",
        "0912345678",
    ],
    "numbers": [
        "1",
        "1",
        "1",
        "7",
        "nông thị hoa",
        "sinh năm 2009",
        "06325",
        "1",
        ACHIEVEMENT,
        "photo",
        "1",
        "+84 912 345 678",
    ],
    "words": [
        "mình đủ 16, bắt đầu",
        "bạn khác",
        "rồi",
        "the thao",
        "NÔNG THỊ HOA",
        "năm 2009 ạ",
        "xa bac son",
        "đúng",
        f"  {ACHIEVEMENT}\r\n",
        "photo",
        "xong",
        "sđt của mình 0912.345.678 nhé",
    ],
}


async def plays(phone: Phone, way: list[str]) -> None:
    for action in way:
        if action == "photo":
            await phone.sends_photo(unique="bang-khen")
        elif action.startswith("tap:"):
            await phone.taps(action.removeprefix("tap:"))
        else:
            await phone.says(action)


@pytest.mark.parametrize("way", WAYS)
async def test_taps_numbers_and_words_lead_to_the_same(stage: Stage, look: Look, way: str) -> None:
    nominator = stage.phone("901")
    await nominator.says("đề cử")
    await plays(nominator, WAYS[way])
    assert "Bạn xem lại nhé" in nominator.last.text
    assert (await look.one()).answers == USUAL
    sent = await nominator.says("gửi")
    assert "LS-2026-000001" in sent[0]
    assert "chưa phải hồ sơ chính thức" in sent[0]
    found = await look.one()
    assert (found.state, found.code, found.field) == (NominationState.NEW, "LS-2026-000001", "sport")
    assert (found.consent, found.for_self) == (NomineeConsent.PENDING, False)
    assert ("dc_" if nominator.can.start_payload else "") + str(found.link_code) in sent[1]
    assert sent[1].endswith("\nKhông ai hỏi tiền, CCCD hay mã OTP."), "a line of its own, wherever the doors are"
    assert "Nông" not in sent[1]  # what is forwarded names nobody


async def test_the_introduction_says_what_it_must_and_is_a_consent(
    stage: Stage, database: Database, catalog: Catalog
) -> None:
    nominator = stage.phone("901")
    (intro,) = await nominator.says("/decu")
    for words in (
        "9 câu, khoảng 5 phút, dừng lúc nào cũng được",
        "Ai xem",
        "bạn được giới thiệu xem lời bạn viết và tên các minh chứng",
        "đủ 16 tuổi",
        "/hoso",
    ):
        assert words in intro
    assert len(intro) <= 600
    assert "<b>Câu 1/9.</b>" in (await nominator.taps("Mình đủ 16"))[0]
    async with database.read() as tx:
        known = await tx.contacts.known(nominator.address)
        assert known.contact
        assert known.contact.subscription == Subscription.NONE
        (consent,) = await tx.contacts.consents(known.contact.contact_id)
    assert consent.purpose == Purpose.NOMINATE
    assert consent.text_hash == hashlib.sha256(intro.encode()).hexdigest()
    assert consent.text_version == catalog.label("nominate.consent_version")
    assert consent.message_ref


# Version and hash of the words that people agree to: whoever changes the words changes the version with them.
CONSENTS = {
    "nominate.intro": ("2026-11-27.2", "905b251e7daf6dcd"),
    "nominate.consent_self": ("2026-11-27.2", "2780a6d5b7a49320"),
    "nominee.consent": ("2026-11-22", "37f7937626d0c74c"),
}


@pytest.mark.parametrize("key", CONSENTS)
def test_the_words_of_a_consent_do_not_change_without_a_new_version(catalog: Catalog, key: str) -> None:
    version = catalog.label(f"{key.split('.', maxsplit=1)[0]}.consent_version")
    digest = hashlib.sha256(catalog.texts["vi"][key].encode()).hexdigest()[:16]
    assert (version, digest) == CONSENTS[key]
    assert len(catalog.texts["vi"][key]) <= 700


async def test_nothing_of_a_stranger_is_kept(stage: Stage, database: Database) -> None:
    stranger = stage.phone("901")
    await stranger.opens("decu_quanh-nam")
    await stranger.says("tôi muốn giới thiệu Nông Thị Hoa")
    async with database.read() as tx:
        known = await tx.contacts.known(stranger.address)
    assert known.contact is None
    assert known.draft
    assert (known.draft.flow, known.draft.step, known.draft.source) == ("nominate", "intro~1", "decu_quanh-nam")
    assert "không lưu gì về bạn" in (await stranger.taps("Mình chưa đủ 16"))[0]
    async with database.read() as tx:
        assert (await tx.contacts.known(stranger.address)).draft is None


async def test_the_second_nomination_needs_no_second_consent(stage: Stage, database: Database) -> None:
    nominator = stage.phone("901")
    await submits(nominator)
    assert "Câu 1/9" in (await nominator.taps("Đề cử thêm bạn nữa"))[0]
    async with database.read() as tx:
        contact = (await tx.contacts.known(nominator.address)).contact
        assert contact
        assert len(await tx.contacts.consents(contact.contact_id)) == 1


async def test_a_subscriber_consents_to_this_as_well(
    stage: Stage, database: Database, person: Callable[..., Awaitable[ContactId]]
) -> None:
    contact_id = await person(external_id="901")
    await begins(stage.phone("901"))
    async with database.read() as tx:
        purposes = [one.purpose for one in await tx.contacts.consents(contact_id)]
    assert purposes == [Purpose.NOTICES, Purpose.NOMINATE]


@pytest.mark.parametrize(
    ("who", "total", "numbers"),
    [
        ("Bạn khác, đã đồng ý", 9, [2, 3, 4, 5, 6, 7, 8, 9]),
        ("Chính mình", 8, [2, 3, 4, 5, 6, 7, 8]),
        ("Bạn khác, mình chưa hỏi", 5, [2, 3, 4, 5]),
    ],
)
async def test_the_number_of_questions_is_true_and_stays(
    stage: Stage, who: str, total: int, numbers: list[int]
) -> None:
    nominator = stage.phone("901")
    await fills(nominator, who=who)
    shown = [reply.text.split("<b>Câu ")[1].split(".")[0] for reply in nominator.inbox if "<b>Câu " in reply.text]
    assert shown == ["1/9", *(f"{number}/{total}" for number in numbers)]


async def test_who_has_not_been_asked_is_not_described(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator, who="Bạn khác, mình chưa hỏi")
    told = await nominator.taps("Lấy tin để chuyển tiếp")
    found = await look.one()
    assert set(found.answers) == {"who", "of_age", "field", "unit", "contact"}
    assert (found.state, found.code, found.pieces) == (NominationState.INVITED, "", 0)
    assert found.link_code in told[1]
    assert "LS-2026" not in told[0]


async def test_under_16_leaves_nothing(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    await nominator.taps("Bạn khác, đã đồng ý")
    assert "Đoàn – Đội" in (await nominator.taps("Chưa đủ 16"))[0]
    assert await look.is_gone()
    assert "Câu 1/9" in (await nominator.says("/decu"))[0]


async def test_under_16_found_out_late_is_asked_once_and_leaves_nothing(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa năm sinh")
    assert "2012" in (await nominator.says("2012"))[0]
    assert (await look.one()).answers["birth_year"] == "2009"
    await nominator.taps("Đúng là chưa đủ 16")
    await nominator.taps("Giữ như cũ")
    assert (await look.one()).answers == USUAL
    await nominator.says("2012")
    await nominator.taps("Đúng là chưa đủ 16")
    await nominator.taps("Đúng vậy")
    assert await look.is_gone()


DOES_NOT_FIT = (
    ("họ tên", "Hoa", "cả họ và tên"),
    ("họ tên", "Nông Thị Hoa 2009", "không có số"),
    ("họ tên", "Bạn ấy học giỏi lắm, chạy nhanh nhất trường mình luôn đó", "chỉ gõ họ và tên"),
    ("họ tên", "x", "ngắn quá"),
    ("năm sinh", "09", "ví dụ 2009"),
    ("năm sinh", "2009 hay 2010", "ví dụ 2009"),
    ("năm sinh", "1985", "quá tuổi"),
    ("năm sinh", "2011", "chưa đủ 16"),
    ("thành tích", "Giỏi lắm", "ít nhất 20"),
    ("thành tích", "x" * 1501, "1.501"),
    ("thành tích", "Giải nhất tỉnh, CCCD 020 209 001 234 nhé", "CCCD"),
    ("minh chứng", "chưa biết gửi gì", "đường dẫn"),
    ("cách liên hệ", "hỏi lớp trưởng", "số điện thoại hay email"),
    ("cách liên hệ", "0123", "số điện thoại hay email"),
    ("lĩnh vực", "giỏi", "số hay đúng chữ"),
    ("người được giới thiệu", "em họ", "số hay đúng chữ"),
)


async def test_what_does_not_fit_is_said_and_nothing_is_lost(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    for line, said, words in DOES_NOT_FIT:
        await nominator.taps(f"Sửa {line}")
        told = await nominator.says(said)
        assert words in told[0], (line, said, told[0])
        assert (await look.one()).answers == USUAL
        await nominator.taps("Giữ nguyên" if line == "người được giới thiệu" else "Quay lại")
        assert "Bạn xem lại nhé" in nominator.last.text, (line, said)


@pytest.mark.parametrize(
    ("year", "fits"), [(1990, False), (1991, True), (2010, True), (2011, False)], ids=["36", "35", "16", "15"]
)
async def test_ages_are_counted_by_year(stage: Stage, look: Look, year: int, *, fits: bool) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa năm sinh")
    await nominator.says(str(year))
    assert (await look.one()).answers["birth_year"] == (str(year) if fits else "2009")


@pytest.mark.parametrize(
    ("said", "stored", "shown"),
    [
        ("0912 345 678", "phone:+84912345678", "0912 345 678"),
        ("gọi mình số 84 98 765 4321 nhé", "phone:+84987654321", "0987 654 321"),
        ("cố định 0205 3812 345", "phone:+842053812345", "0205 3812 345"),
        ("mail Co.Hanh@vidu.vn", "email:co.hanh@vidu.vn", "co.hanh@vidu.vn"),
        ("qua chat này", "chat", "qua chat này"),
        ("nhắn ở đây", "chat", "qua chat này"),
    ],
)
async def test_ways_to_be_reached(stage: Stage, look: Look, said: str, stored: str, shown: str) -> None:
    nominator = stage.phone("901")
    await fills(nominator, contact=said)
    assert (await look.one()).answers["contact"] == stored
    assert f"<b>{shown}</b>" in nominator.last.text


async def test_back_shows_what_was_said_and_goes_on(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    await nominator.taps("Bạn khác, đã đồng ý")
    await nominator.taps("Đủ 16 rồi")
    await nominator.taps("Thể dục thể thao")
    assert "Đang là: <b>Thể dục thể thao</b>" in (await nominator.says("quay lại"))[0]
    assert "Câu 2/9" in (await nominator.taps("Quay lại"))[0]
    assert "Câu 4/9" in (await nominator.taps("Giữ nguyên"))[0]
    await nominator.taps("Quay lại")
    assert "Câu 4/9" in (await nominator.taps("Học tập"))[0]
    assert (await look.one()).answers["field"] == "study"


@ON_TELEGRAM  # every line in both ways: what any channel shows of one stands in the case above
@pytest.mark.parametrize(
    "line",
    [
        "người được giới thiệu",
        "tuổi",
        "lĩnh vực",
        "họ tên",
        "năm sinh",
        "xã, phường",
        "thành tích",
        "minh chứng",
        "cách liên hệ",
    ],
)
@pytest.mark.parametrize("back", ["tap:Quay lại", "quay lại"])
async def test_back_from_a_line_that_was_to_be_changed_is_the_summary(
    stage: Stage, look: Look, line: str, back: str
) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps(f"Sửa {line}")
    await plays(nominator, [back])
    assert "Bạn xem lại nhé" in nominator.last.text
    assert (await look.one()).answers == USUAL


@pytest.mark.parametrize(
    ("line", "said", "value"),
    [
        ("lĩnh vực", "tap:Học tập", ("field", "study")),
        ("họ tên", "Nông Văn Huy", ("full_name", "Nông Văn Huy")),
        ("năm sinh", "2008", ("birth_year", "2008")),
        ("xã, phường", "05977", ("unit", "05977")),
        (
            "thành tích",
            "Giải nhì điền kinh cấp tỉnh năm 2025.",
            ("achievement", "Giải nhì điền kinh cấp tỉnh năm 2025."),
        ),
        ("cách liên hệ", "ten@vidu.vn", ("contact", "email:ten@vidu.vn")),
    ],
)
async def test_every_line_can_be_changed(
    stage: Stage, look: Look, line: str, said: str, value: tuple[str, str]
) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps(f"Sửa {line}")
    await plays(nominator, [said])
    if value[0] == "unit":
        await nominator.taps("Đúng")
    assert "Bạn xem lại nhé" in nominator.last.text
    assert (await look.one()).answers == USUAL | dict([value])


@pytest.mark.needs("buttons")
async def test_an_old_button_changes_its_own_question_only(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa họ tên")
    (told,) = await nominator.taps("nominate:set:field.arts")
    assert "Đã sửa lĩnh vực: <b>Văn hóa nghệ thuật</b>" in told
    assert "Câu 4/9" in told
    assert (await look.one()).answers == USUAL | {"field": "arts"}
    assert "Bạn xem lại nhé" in (await nominator.says("Nông Thị Huệ"))[0]


async def test_saying_not_asked_after_all_deletes_what_may_not_be_kept_after_one_question(
    stage: Stage, look: Look
) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa người được giới thiệu")
    assert "sẽ bị xóa" in (await nominator.taps("Bạn khác, mình chưa hỏi"))[0]
    assert (await look.one()).answers == USUAL
    await nominator.taps("Đúng vậy")
    found = await look.one()
    assert set(found.answers) == {"who", "of_age", "field", "unit", "contact"}
    assert found.pieces == 0
