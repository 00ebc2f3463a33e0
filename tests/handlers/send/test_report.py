"""Afterwards: the figures are the ledger's, and what is not settled is the officer's to decide."""

import asyncio
import io
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date

import openpyxl
import pytest

from bot.channels.telegram.errors import RULES
from bot.files import Workshop, make_file
from content.catalog import Catalog
from handlers.send.news import CampaignNews
from outreach.campaigns.control import resume_campaign
from outreach.campaigns.model import CampaignState, DeliveryState, Limits
from outreach.campaigns.ports.approvals import Verdict
from outreach.campaigns.report import LEFT
from outreach.errors import PermissionDeniedError
from outreach.messaging import AccountId, ContactId, SendError, SendErrorKind
from outreach.officers import Officer, Role, System
from outreach.reach.model import Denominator
from outreach.units import UnitId
from storage import tables as t
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import Office, take_back

pytestmark = ON_EVERY_CHANNEL

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]
BAC_SON = "06325"


async def _sent(office: Office, officer: MakeOfficer, composed: Composed) -> Phone:
    phone = await composed(await officer())
    await phone.taps("Gửi")
    await office.send_out()
    return phone


async def _population(office: Office, units: dict[str, UnitId], **counts: int) -> None:
    rows = [
        Denominator(
            unit_id=units[office.pack.province.code if code == "province" else code],
            year=2026,
            count=count,
            source="Chi cục Thống kê",
            dated_on=date(2026, 1, 15),
        )
        for code, count in counts.items()
    ]
    async with office.database.write() as tx:
        await tx.denominators.put(rows, by=None, at=office.clock())


async def test_coverage_with_a_population(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, units: dict[str, UnitId]
) -> None:
    await _population(office, units, province=1_204)
    for number in range(3):
        await person(unit=BAC_SON, external_id=str(700 + number), birth_year=2005)
    await person(unit=BAC_SON, external_id="703", birth_year=1950)
    phone = await _sent(office, officer, composed)
    assert "Đã gửi: <b>4</b>" in phone.last.text
    assert "Lần đầu trong kỳ: 4" in phone.last.text
    assert "Độ phủ qua trợ lý: 3/1.204 (0,2%)" in phone.last.text
    assert "Mốc 70%: 843 · còn thiếu 840" in phone.last.text


async def test_the_figures_are_those_of_the_ledger(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    failures = {
        "701": SendError(SendErrorKind.GONE, "blocked"),
        "702": SendError(SendErrorKind.GONE, "chat_not_found"),
        "703": SendError(SendErrorKind.OUR_FAULT, "bad_request"),
        "704": SendError(SendErrorKind.UNKNOWN, "timeout"),
    }
    for number in range(7):
        await person(external_id=str(700 + number))
    office.channel.answers = dict(failures)
    phone = await _sent(office, officer, composed)
    async with office.database.read() as tx:
        rows = await tx.ledger_reports.rows((await office.campaigns())[0].campaign_id, after=0, limit=100)
    states = Counter(row.state for row in rows)
    assert states == {DeliveryState.SENT: 3, DeliveryState.FAILED: 3, DeliveryState.UNKNOWN: 1}
    said = phone.last.text
    assert "Đã gửi: <b>3</b>" in said
    assert "Vừa chặn trợ lý: 2 " in said
    assert "Chưa gửi được: 1 (Ứng dụng không nhận nội dung tin; những người này chắc chắn chưa nhận)" in said
    assert "Chưa rõ: <b>1 người có thể đã hoặc chưa nhận</b>" in said
    assert phone.labels == [
        "Để nguyên (khuyên dùng với tin tức)",
        "Gửi lại 1 người chưa rõ",
        "Gửi lại 1 người",
        "Gửi cho người chưa nhận",
        "Theo xã",
        "File Excel",
        "Xem từng người",
        "Đính chính",
        *take_back(phone),
    ]


async def test_those_who_surely_did_not_get_it_are_tried_again(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    for number in range(3):
        await person(external_id=str(700 + number))
    office.channel.answers = {
        "701": SendError(SendErrorKind.GONE, "blocked"),
        "702": SendError(SendErrorKind.OUR_FAULT, "bad_request"),
    }
    phone = await _sent(office, officer, composed)
    office.channel.answers.clear()
    assert phone.labels[0] == "Gửi lại 1 người"
    assert "Đang gửi lại cho 1 người" in (await phone.taps("Gửi lại 1 người"))[0]
    await office.send_out()
    assert [external_id for external_id, _ in office.channel.sent] == ["700", "702"]
    assert "Đã gửi: <b>2</b>" in phone.last.text
    assert "Vừa chặn trợ lý: 1" in phone.last.text


async def test_what_has_expired_is_sent_to_nobody_again(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    for number in range(3):
        await person(external_id=str(700 + number))
    office.channel.answers = {
        "700": SendError(SendErrorKind.UNKNOWN, "timeout"),
        "701": SendError(SendErrorKind.OUR_FAULT, "not_found"),
    }
    phone = await _sent(office, officer, composed)
    async with office.database.write() as tx:
        await tx.connection.execute(t.campaign.update().values(expires_at=office.clock()))
    assert "đã hết hạn" in (await phone.taps("Gửi lại 1 người chưa rõ"))[0]
    await phone.says("chiến dịch")
    await phone.says("1")
    assert phone.labels[:2] == ["Để nguyên (khuyên dùng với tin tức)", "Gửi cho người chưa nhận"]
    await phone.taps("Xem từng người")
    [missed] = await phone.taps("Chưa chắc đã nhận 2")
    steps = [line.rpartition(" → ")[2] for line in missed.splitlines()[2:4]]
    assert steps == ["Chọn “Để nguyên” trong báo cáo", "Cần thì gửi tin mới cho người chưa nhận"]


async def test_unknown_is_left_or_repeated(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    for number in range(2):
        await person(external_id=str(700 + number))
    office.channel.answers = {"700": SendError(SendErrorKind.UNKNOWN, "timeout")}
    phone = await _sent(office, officer, composed)
    assert "có thể nhận lần thứ hai" in (await phone.taps("Gửi lại 1 người chưa rõ"))[0]
    await office.send_out()
    assert "Chưa rõ: <b>1 người" in phone.last.text
    assert "Đã để nguyên 1 người" in (await phone.taps("Để nguyên"))[0]
    await phone.taps("Xem báo cáo")
    assert "Để nguyên, không rõ đã nhận chưa: 1 (không tính vào độ phủ)" in phone.last.text
    assert "Lần đầu trong kỳ: 1" in phone.last.text


@pytest.mark.needs("buttons")
async def test_what_was_decided_is_not_decided_again(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    for number in range(2):
        await person(external_id=str(700 + number))
    office.channel.answers = {
        "700": SendError(SendErrorKind.UNKNOWN, "timeout"),
        "701": SendError(SendErrorKind.OUR_FAULT, "bad_request"),
    }
    phone = await _sent(office, officer, composed)
    office.channel.answers.clear()
    old = [
        next(b for row in phone.last.buttons for b in row if b.payload[:9] == f"gui:{w}") for w in ("leave", "again")
    ]
    for button in old:
        await phone.taps(button.payload)
    await office.send_out()
    assert [external_id for external_id, _ in office.channel.sent] == ["701"]
    for button in old:
        assert "đã được làm rồi" in (await phone.taps(button.payload))[0]
        assert phone.labels == ["Xem báo cáo"]


async def test_a_restart_in_between_is_told_at_once(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """A process dies with rows on their way: the next holder of the lane finds them."""
    for number in range(3):
        await person(external_id=str(700 + number))
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    lane = f"bulk:{office.channel.account_id}"
    async with office.database.write() as tx:
        lease = await tx.leases.take(lane, holder="killed", seen=await tx.leases.read(lane))
        assert lease
        claimed = await tx.ledger.claim_window(
            office.channel.account_id,
            size=2,
            lease=lease,
            limits=Limits(per_week=2, week_start=office.clock()),
            at=office.clock(),
        )
        assert len(claimed) == 2
    office.clock.advance(minutes=5)
    async with office.database.write() as tx:
        taken = await tx.leases.take(lane, holder="next", seen=await tx.leases.read(lane))
        assert taken
        assert await tx.ledger.settle_orphans(account_id=office.channel.account_id, lease=taken, at=office.clock()) == 2
        await tx.leases.release(taken)
    await office.tick()
    said = phone.last.text
    assert "Máy chủ khởi động lại, việc gửi bị ngắt lúc 10:01" in said
    assert "<b>2 người có thể đã hoặc chưa nhận.</b>" in said
    assert [button.label for row in phone.last.buttons for button in row] == [
        "Để nguyên (khuyên dùng với tin tức)",
        "Gửi lại 2 người",
    ]
    told = len(phone.inbox)
    await office.tick()
    assert all("khởi động lại" not in reply.text for reply in phone.inbox[told:])
    await phone.taps("Để nguyên")
    await office.dispatch()
    await office.tick()
    assert "Để nguyên, không rõ đã nhận chưa: 2" in phone.last.text


@pytest.mark.parametrize("way", ["1", "tiep tuc"])
@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_halt_is_told_with_its_reason(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed, way: str, *, elsewhere: bool
) -> None:
    for number in range(12):
        await person(external_id=str(700 + number))
        office.channel.answers[str(700 + number)] = SendError(SendErrorKind.OUR_FAULT, "bad_request")
    office.rate = 30
    phone = await composed(await officer())
    await phone.taps("Gửi")
    if elsewhere:
        await phone.says("của tôi")
    office.clock.advance(seconds=61)
    await office.tick()
    await office.dispatch()
    await office.tick()
    [campaign] = await office.campaigns()
    assert campaign.halt_reason == "wrong_message"
    assert "Đã tự tạm dừng tin “Kế hoạch" in phone.last.text
    assert "Lỗi: Ứng dụng không nhận nội dung tin. Không ai nhận hai lần." in phone.last.text
    assert f"Dừng ở {campaign.tally.failed}/12. Chọn <b>Hủy phần còn lại</b>, sửa tin rồi gửi" in phone.last.text
    assert phone.labels == ["Tiếp tục", "Hủy phần còn lại"]
    told = len(phone.inbox)
    await office.tick()
    assert len(phone.inbox) == told
    await phone.says(way)
    assert (await office.campaigns())[0].state == CampaignState.RUNNING


async def test_a_halt_is_told_again_by_the_next_process_and_once_an_account_takes_messages_again(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(external_id="700")
    office.channel.answers["700"] = SendError(SendErrorKind.REVOKED, "token_revoked")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    await office.dispatch()

    async def told() -> int:
        for _ in range(2):
            await office.tick()
        return sum("Đã tự tạm dừng tin" in message.text for message in phone.inbox)

    assert await told() == 1
    shut = {AccountId(99)}
    office.news.shut = lambda: shut
    assert await told() == 1, "not her account"
    shut.add(office.channel.account_id)
    assert await told() == 1
    shut.clear()
    assert await told() == 2
    unheard = {office.channel.account_id}
    office.news.unheard = lambda: unheard
    assert [await told(), await told()] == [3, 3], "once in five minutes"
    office.news.now = lambda: time.monotonic() + 300
    assert await told() == 4
    office.news = CampaignNews(
        transactions=office.news.transactions, router=office.news.router, channels=office.news.channels
    )
    assert await told() == 5


async def test_a_second_halt_is_told_however_soon_it_comes_after_the_resume(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """Also where it is not she who goes on, but the command line."""
    await person(external_id="700")
    office.channel.answers["700"] = SendError(SendErrorKind.REVOKED, "token_revoked")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    for halts in (1, 2):
        await office.dispatch()
        for _ in range(2):
            await office.tick()
        assert sum("Đã tự tạm dừng tin" in message.text for message in phone.inbox) == halts
        [campaign] = await office.campaigns()
        async with office.database.write() as tx:
            await resume_campaign(System(name="command"), tx=tx, campaign_id=campaign.campaign_id, at=office.clock())


async def test_by_commune_and_the_file(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(unit=BAC_SON, external_id="700")
    await person(unit=BAC_SON, external_id="701")
    await person(external_id="702")
    office.channel.answers["701"] = SendError(SendErrorKind.GONE, "blocked")
    phone = await _sent(office, officer, composed)
    [units_said] = await phone.taps("Theo xã")
    assert "xã Bắc Sơn: 1/2\nchưa rõ đơn vị: 1/1" in units_said
    await phone.taps("File Excel")
    file = phone.last.file
    assert file
    assert file.name == "ket-qua-gui-1.xlsx"
    workshop = Workshop(transactions=office.database, world=office.stage.router.world, clock=office.clock)
    data = await make_file(workshop, file)
    book = await asyncio.to_thread(openpyxl.load_workbook, io.BytesIO(data))
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    assert str(rows[0][0]).startswith("Kế hoạch phát hiện")
    assert rows[1] == ["STT", "Xã, phường", "Kết quả", "Lý do", "Việc tiếp theo", "Lúc"]
    assert [row[:5] for row in rows[2:]] == [
        [1, "xã Bắc Sơn", "Đã gửi", None, "Không cần làm gì"],
        [2, "xã Bắc Sơn", "Chưa gửi được", "Vừa chặn trợ lý", "Không cần làm gì"],
        [3, "chưa rõ đơn vị", "Đã gửi", None, "Không cần làm gì"],
    ]
    assert "70" not in "".join(str(value) for row in rows[2:] for value in row[:5])
    book.close()


async def test_the_file_is_not_made_for_another_commune(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    await person(unit=BAC_SON, external_id="700")
    phone = await _sent(office, officer, composed)
    await phone.taps("File Excel")
    file = phone.last.file
    assert file
    other = await officer(Role.OFFICER, unit=BAC_SON)
    workshop = Workshop(transactions=office.database, world=office.stage.router.world, clock=office.clock)
    forged = {**file.arguments, "officer": str(other.officer_id)}
    with pytest.raises(PermissionDeniedError):
        await make_file(workshop, type(file)(name=file.name, kind=file.kind, arguments=forged))


ZALO_GONE = {"blocked", "not_following", "inactive"}


def test_who_has_left_is_what_the_channel_calls_gone() -> None:
    gone = {rule.reason for rule in RULES if rule.kind == SendErrorKind.GONE}
    assert gone | ZALO_GONE == LEFT


def test_every_reason_of_a_row_has_words(catalog: Catalog) -> None:
    told = {
        rule.reason for rule in RULES if rule.kind in {SendErrorKind.GONE, SendErrorKind.UNKNOWN, SendErrorKind.REFUSED}
    }
    assert len(told) >= 15
    assert not [code for code in told if not catalog.has(f"campaign.why.{code}")]


async def test_who_sent_it_alone_stands_there_with_the_reason(
    office: Office, officer: MakeOfficer, person: Person, composed: Composed
) -> None:
    """And a reason that has no words of its own yet is said all the same."""
    await person(external_id="700")
    phone = await _sent(office, officer, composed)
    assert "duyệt thứ hai" not in phone.last.text
    asked = {"fingerprint": "", "version": 1, "people": 1, "asked_by": 1, "asked_at": office.clock()}
    said = {"verdict": Verdict.ALONE, "reason": "Bão tới trong đêm <nay>"}
    async with office.database.write() as tx:
        await tx.connection.execute(t.approval.insert().values(campaign_id=1, **asked, **said))
        await tx.connection.execute(t.delivery.update().values(state=DeliveryState.SKIPPED, reason="never_heard_of"))
    await phone.taps("Theo xã")
    [told] = await phone.taps("Xem báo cáo")
    assert "Gửi không qua người duyệt thứ hai, lý do: Bão tới trong đêm &lt;nay&gt;" in told
    assert "1 không gửi được (lỗi never_heard_of)" in told
