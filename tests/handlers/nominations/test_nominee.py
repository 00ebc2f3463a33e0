"""The nominee: link or code, look, agree, correct, refuse; and a refusal that nobody can tell from silence."""

import hashlib
from collections.abc import Awaitable, Callable

import pytest

from outreach.clock import local_day
from outreach.contacts.model import Purpose, Subscription
from outreach.evidence import EvidenceId
from outreach.messaging import ContactId
from outreach.nominations.jobs import purge_expired
from outreach.nominations.model import NominationId, NominationState, NomineeConsent
from outreach.nominations.review import list_newest, read_lead
from outreach.officers import Officer, System
from outreach.pack import Pack
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.nominations.conftest import ACHIEVEMENT, Look, submits

pytestmark = ON_EVERY_CHANNEL

CLOCK = System(name="clock")


async def agrees(nominee: Phone, code: str) -> list[str]:
    await nominee.opens(f"dc_{code}")
    await nominee.taps("Đồng ý")
    return await nominee.taps("Mình đủ 16, đồng ý")


async def test_the_card_says_who_what_and_that_it_is_safe(stage: Stage) -> None:
    code = await submits(stage.phone("901"))
    nominee = stage.phone("902")
    (card,) = await nominee.opens(f"dc_{code}")
    for words in ("liên hệ: 0912 345 678", "Thể dục thể thao", "xã Bắc Sơn", "Bạn chưa phải làm gì", "CCCD hay mã OTP"):
        assert words in card
    assert nominee.labels == ["Xem viết gì", "Đồng ý", "Sửa", "Không, xóa hết"]
    (written,) = await nominee.says("1")
    assert "Nông Thị Hoa" in written
    assert ACHIEVEMENT in written
    assert "1 minh chứng" in written


@pytest.mark.parametrize("typed", ["đồng ý", "dong y", "mình đồng ý"])
async def test_yes_in_words_is_asked_for_once_and_then_taken(stage: Stage, look: Look, typed: str) -> None:
    code = await submits(stage.phone("901"))
    nominee = stage.phone("902")
    await nominee.opens(f"dc_{code}")
    assert "4 dòng" in (await nominee.says(typed))[0], "what it means is shown before it counts"
    assert (await look.one()).consent == NomineeConsent.PENDING
    assert "Cảm ơn bạn" in (await nominee.says(typed))[0]
    assert (await look.one()).consent == NomineeConsent.GIVEN
    assert not nominee.can.keyboard or nominee.inbox[-2].keyboard[0] == ("Tin mới", "Đề cử"), (
        "she can go on without a command"
    )


async def test_no_in_words_is_asked_once_more(stage: Stage, database: Database) -> None:
    code = await submits(stage.phone("901"))
    nominee = stage.phone("902")
    await nominee.opens(f"dc_{code}")
    assert "Xóa hết những gì viết về bạn?" in (await nominee.says("không"))[0]
    assert "giới thiệu bạn" in (await nominee.says("không"))[0]
    await nominee.says("từ chối")
    assert "Đã xóa hết" in (await nominee.says("đúng"))[0]
    assert nominee.keys or not nominee.can.keyboard
    async with database.read() as tx:
        assert (await tx.contacts.known(nominee.address)).contact is None


async def test_too_young_in_words_deletes(stage: Stage) -> None:
    code = await submits(stage.phone("901"))
    nominee = stage.phone("902")
    await nominee.opens(f"dc_{code}")
    await nominee.taps("Đồng ý")
    assert "đã xóa hết" in (await nominee.says("chưa đủ 16"))[0]
    assert not nominee.keys, "none of it is for her"


async def test_without_a_contact_the_card_names_none(stage: Stage) -> None:
    code = await submits(stage.phone("901"), contact="qua chat này")
    (card,) = await stage.phone("902").opens(f"dc_{code}")
    assert card.startswith("Có người giới thiệu bạn với")
    assert "liên hệ" not in card


async def test_before_the_yes_nothing_of_the_nominee_is_kept(stage: Stage, database: Database) -> None:
    code = await submits(stage.phone("901"))
    nominee = stage.phone("902")
    await nominee.opens(f"dc_{code}")
    await nominee.taps("Xem viết gì")
    (first, consent) = await nominee.taps("Sửa")
    assert "cần bạn đồng ý trước" in first
    assert len(consent) <= 600
    assert "không phải là đăng ký nhận tin" in consent
    async with database.read() as tx:
        known = await tx.contacts.known(nominee.address)
    assert known.contact is None
    assert known.draft
    assert (known.draft.flow, known.draft.step, known.draft.source) == ("nominee", f"{code}-edit", "")


async def test_yes_is_a_consent_and_no_subscription(stage: Stage, look: Look, database: Database) -> None:
    nominator, nominee = stage.phone("901"), stage.phone("902")
    code = await submits(nominator)
    nominator.news()
    await nominee.opens(f"dc_{code}")
    (consent,) = await nominee.taps("Đồng ý")
    thanks = await nominee.taps("Mình đủ 16, đồng ý")
    assert "10:00 ngày 12/10/2026" in thanks[0]
    found = await look.one()
    assert (found.consent, found.state) == (NomineeConsent.GIVEN, NominationState.NEW)
    async with database.read() as tx:
        known = await tx.contacts.known(nominee.address)
        assert known.contact
        assert known.contact.contact_id == found.nominee_id
        assert known.contact.subscription == Subscription.NONE
        assert known.contact.birth_year is None
        (proof,) = await tx.contacts.consents(known.contact.contact_id)
    assert proof.purpose == Purpose.NOMINEE
    assert proof.text_hash == hashlib.sha256(consent.encode()).hexdigest()
    assert "đã được xác nhận" in nominator.news()[0]
    assert "Lời giới thiệu về bạn" in (await nominee.opens(f"dc_{code}"))[0]


async def test_one_person_only(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    code = await submits(nominator)
    first, second = stage.phone("902"), stage.phone("903")
    await first.opens(f"dc_{code}")
    await second.opens(f"dc_{code}")
    await agrees(first, code)
    before = (await look.one()).nominee_id
    assert "đã có người nhận" in (await second.taps("Đồng ý"))[0]
    assert "đã có người nhận" in (await second.opens(f"dc_{code}"))[0]
    assert "do bạn viết" in (await nominator.opens(f"dc_{code}"))[0]
    assert (await look.one()).nominee_id == before


async def test_the_nominee_corrects_her_lines(stage: Stage, look: Look, langson: Pack) -> None:
    code = await submits(stage.phone("901"))
    nominee = stage.phone("902")
    await nominee.opens(f"dc_{code}")
    await nominee.taps("Sửa")
    await nominee.taps("Mình đủ 16, đồng ý")
    assert set(nominee.labels) == {
        "Sửa lĩnh vực",
        "Sửa họ tên",
        "Sửa năm sinh",
        "Sửa xã, phường",
        "Sửa thành tích",
        "Xem minh chứng",
        "Rút lại, xóa hết",
    }
    await nominee.taps("Sửa họ tên")
    assert "cả họ và tên" in (await nominee.says("Huệ"))[0]
    assert (await nominee.says("nông thị huệ"))[0].startswith("Đã sửa.")
    await nominee.taps("Sửa xã, phường")
    await nominee.says("phường Đông Kinh")
    await nominee.taps("Đúng")
    await nominee.taps("Sửa lĩnh vực")
    await nominee.says("học tập")
    await nominee.taps("Sửa năm sinh")
    assert "chưa đủ 16" in (await nominee.says("2012"))[0]
    assert "sinh năm nào" in (await nominee.taps("Mình gõ nhầm"))[0]
    await nominee.taps("Giữ nguyên")
    found = await look.one()
    assert {code: found.answers[code] for code in ("full_name", "unit", "field", "birth_year")} == {
        "full_name": "Nông Thị Huệ",
        "unit": "05977",
        "field": "study",
        "birth_year": "2009",
    }
    assert found.field == "study"
    assert stage.router.world.units.codes[found.unit_id or stage.router.world.units.province_id] == "05977"


@pytest.mark.parametrize("said", ["quay lại", "Giữ nguyên"])
@pytest.mark.parametrize("line", ["lĩnh vực", "họ tên", "năm sinh", "xã, phường", "thành tích"])
async def test_back_from_a_line_changes_nothing_and_says_so(stage: Stage, look: Look, line: str, said: str) -> None:
    nominee = stage.phone("902")
    await agrees(nominee, await submits(stage.phone("901")))
    before = await look.one()
    await nominee.taps(f"Sửa {line}")
    (told,) = await nominee.says(said)
    assert told.startswith("<b>Lời giới thiệu về bạn</b>"), told
    assert await look.one() == before


async def test_the_same_value_once_more_is_no_correction(stage: Stage) -> None:
    nominee = stage.phone("902")
    await agrees(nominee, await submits(stage.phone("901")))
    await nominee.taps("Sửa năm sinh")
    assert (await nominee.says("2009"))[0].startswith("<b>Lời giới thiệu về bạn</b>")


async def seen(nominator: Phone, database: Database, admin: Officer, number: int, link: str) -> tuple[object, ...]:
    """What the nominator and an officer see of a nomination, its own code and number taken out."""
    await nominator.says("/hoso")
    texts = await nominator.taps(f"LS-2026-{number:06d}")
    texts += nominator.labels
    if nominator.can.buttons:  # shown or not: an old one still stands in the chat
        texts += await nominator.taps(f"hoso:link:{number}")
    texts += await nominator.opens(f"dc_{link}")
    async with database.write() as tx:
        leads = await list_newest(admin, tx, unit_id=None)
        lead = next((one for one in leads if one.nomination_id == number), None)
        whole = await read_lead(admin, tx, nomination_id=NominationId(number), at=NOW) if lead else None
    facts = (lead.state, lead.consent, lead.answers, lead.pieces, lead.field, lead.unit_id) if lead else None
    history = [event.state for event in whole.events] if whole else None
    told = [text.replace(f"LS-2026-{number:06d}", "CODE").replace(link, "LINK") for text in texts]
    return told, facts, history, whole.evidence if whole else None


@pytest.mark.parametrize("way", ["no", "young"])
async def test_a_refusal_deletes_and_looks_like_silence(
    stage: Stage,
    look: Look,
    database: Database,
    langson: Pack,
    clock: TestClock,
    officer: Callable[..., Awaitable[Officer]],
    way: str,
) -> None:
    """Two nominations of one nominator: one nominee refuses, the other never answers. Nobody can tell them apart, then or later."""
    admin = await officer(external_id="700")
    nominator, nominee = stage.phone("901"), stage.phone("902")
    refused = await submits(nominator)
    await nominator.taps("Đề cử thêm bạn nữa")
    await nominator.taps("Bạn khác, đã đồng ý")
    silent = await self_filled(nominator)
    assert refused != silent
    assert len(stage.phone("700").news()) == 2
    nominator.news()

    await nominee.opens(f"dc_{refused}")
    if way == "no":
        await nominee.taps("Không, xóa hết")
        assert "Không ai được báo" in (await nominee.taps("Đúng, xóa hết"))[0]
    else:
        await nominee.taps("Đồng ý")
        assert "xóa hết" in (await nominee.taps("Mình chưa đủ 16"))[0]
    assert "không còn nữa" in (await nominee.opens(f"dc_{refused}"))[0]
    found = await look.one(1)
    assert found.answers == {"contact": "phone:+84912345678"}
    assert (found.pieces, found.nominee_id) == (0, None)
    async with database.read() as tx:
        assert await tx.evidence.get(EvidenceId(1)) is None
        assert (await tx.contacts.known(nominee.address)).contact is None
    assert nominator.news() == stage.phone("700").news() == []
    one, other = [await seen(nominator, database, admin, number, link) for number, link in ((1, refused), (2, silent))]
    assert one == other
    assert "chờ bạn ấy xác nhận" in str(one)

    clock.advance(days=30, minutes=1)
    async with database.write() as tx:
        notices = await purge_expired(CLOCK, tx, pack=langson, now=clock())
    assert sorted(notice.data["code"] for notice in notices) == ["LS-2026-000001", "LS-2026-000002"]
    one, other = [await seen(nominator, database, admin, number, link) for number, link in ((1, refused), (2, silent))]
    assert one == other
    assert "chưa xác nhận" in str(one)
    for number in (1, 2):
        left = await look.one(number)
        assert (left.answers, left.field, left.unit_id, left.consent) == ({}, "", None, NomineeConsent.PENDING)


async def self_filled(nominator: Phone) -> str:
    """The rest of a second nomination, its first question answered."""
    await nominator.taps("Đủ 16 rồi")
    await nominator.taps("Thể dục thể thao")
    await nominator.says("Hoàng Văn Nam")
    await nominator.says("2008")
    await nominator.says("xã Bắc Sơn")
    await nominator.taps("Đúng")
    await nominator.says("Vô địch đẩy gậy toàn tỉnh hai năm liền.")
    await nominator.sends_photo()
    await nominator.taps("Xong phần minh chứng")
    await nominator.says("0912 345 678")
    await nominator.taps("Gửi")
    return nominator.last.text.split("<code>")[1].split("</code>")[0]


async def test_who_was_not_asked_before_opens_the_form_again_with_her_yes(
    stage: Stage, look: Look, clock: TestClock
) -> None:
    nominator, nominee = stage.phone("901"), stage.phone("902")
    code = await submits(nominator, who="Bạn khác, mình chưa hỏi")
    clock.advance(minutes=1)  # numbers mean the later of two lists
    await nominee.opens(f"dc_{code}")
    assert "chỉ được viết tiếp khi bạn đồng ý" in (await nominee.taps("Xem viết gì"))[0]
    nominator.news()
    assert "viết tiếp" in (await agrees(nominee, code))[0]
    assert "bạn ấy đã đồng ý" in nominator.news()[0]
    assert "Câu 4/9" in (await nominator.taps("Viết tiếp"))[0]
    await nominator.says("Nông Thị Hoa")
    await nominator.says("2009")
    await nominator.says(ACHIEVEMENT)
    await nominator.says("không có")
    for other in ("Bạn khác, mình chưa hỏi", "Chính mình"):  # whom it is about is settled
        await nominator.taps("Sửa người được giới thiệu")
        assert "Bạn xem lại nhé" in (await nominator.taps(other))[0]
    assert (await look.one()).answers["who"] == "agreed"
    nominee.news()
    clock.advance(minutes=1)
    sent, _ = await nominator.says("gửi")
    assert not nominator.can.keyboard or nominator.inbox[-2].keyboard
    assert "LS-2026-000001" in sent
    assert "xác nhận trước" not in sent
    found = await look.one()
    assert (found.state, found.consent) == (NominationState.NEW, NomineeConsent.GIVEN)
    assert "đã viết xong" in nominee.news()[0]
    assert "Nông Thị Hoa" in (await nominee.taps("Xem viết gì"))[0]


async def test_a_yes_taken_back_deletes_for_good(stage: Stage, look: Look, database: Database) -> None:
    nominator, nominee = stage.phone("901"), stage.phone("902")
    code = await submits(nominator)
    await agrees(nominee, code)
    nominator.news()
    await nominee.says("/hoso")
    assert "về bạn" in nominee.last.text
    await nominee.taps("về bạn")
    (sure,) = await nominee.taps("Rút lại, xóa hết")
    assert "Người giới thiệu sẽ thấy là đã rút lại" in sure
    assert "Lời giới thiệu về bạn" in (await nominee.taps("Thôi"))[0]
    await nominee.taps("Rút lại, xóa hết")
    (told,) = await nominee.taps("Đúng, rút lại")
    for untrue in ("Không ai được báo", "không được báo", "không lưu gì"):
        assert untrue not in sure + told
    assert "chỉ còn giữ mã tài khoản và bằng chứng bạn từng đồng ý" in told
    assert nominee.keys
    found = await look.one()
    assert (found.state, found.nominee_id, found.pieces) == (NominationState.WITHDRAWN, None, 0)
    assert set(found.answers) == {"contact"}, "the nominator's own line alone"
    assert "rút lại" in nominator.news()[0], "the nominator sees it, as the question said"
    async with database.read() as tx:
        contact = (await tx.contacts.known(nominee.address)).contact
        assert contact
        (proof,) = await tx.contacts.consents(contact.contact_id)
        held = await tx.holdings.of(contact.contact_id)
    assert proof.withdrawn_at
    assert (len(held.addresses), len(held.consents)) == (1, 1), "the account's id and the proof are what is kept"
    assert "không còn nữa" in (await nominee.opens(f"dc_{code}"))[0]
    await nominee.says("của tôi")
    await nominee.taps("Xóa hết")
    await nominee.taps("Xóa hết")
    async with database.read() as tx:
        assert (await tx.contacts.known(nominee.address)).contact is None, "and that goes too where the words send her"


@pytest.mark.needs("buttons")
async def test_a_stranger_opens_no_nomination_by_its_number(
    stage: Stage, look: Look, person: Callable[..., Awaitable[ContactId]]
) -> None:
    nominator, nominee = stage.phone("901"), stage.phone("902")
    await agrees(nominee, await submits(nominator))
    before = await look.one()
    await person(external_id="903")
    stranger = stage.phone("903")
    for payload in (
        "nominee:mine:1",
        "nominee:fix:1.full_name",
        "nominee:drop:1",
        "nominee:dropped:1",
        "nominate:open:1",
        "hoso:one:1",
        "hoso:gone:1",
        "nominate:drop:",
    ):
        told = await stranger.taps(payload)
        assert told
        assert "Nông" not in str(told)
    assert await look.one() == before


async def test_erasing_the_nominee_takes_it_all(stage: Stage, look: Look, database: Database) -> None:
    nominator, nominee = stage.phone("901"), stage.phone("902")
    await agrees(nominee, await submits(nominator))
    async with database.write() as tx:
        contact = (await tx.contacts.known(nominee.address)).contact
        assert contact
        await tx.contacts.erase(contact.contact_id, at=stage.router.clock())
    found = await look.one()
    assert found.answers == {"contact": "phone:+84912345678"}
    assert found.state == NominationState.WITHDRAWN
    await nominator.says("/hoso")
    assert "đã rút lại" in nominator.last.text
    assert local_day(found.changed_at)
