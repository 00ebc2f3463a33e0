"""Person by person: number and commune, whether it came and when, or why not and what to do; the same as a file."""

import asyncio
import io
from collections.abc import Awaitable, Callable

import openpyxl
import pytest

from bot.channels.telegram.errors import RULES as TELEGRAM
from bot.channels.zalo_bot.errors import RULES as ZALO_BOT
from bot.channels.zalo_oa.errors import RULES as ZALO_OA
from bot.files import Workshop, make_file
from content.catalog import Catalog
from content.reports.campaign_rows import OutcomeWords
from outreach.campaigns.fates import Fate, fate_of, is_among
from outreach.campaigns.model import (
    BY_DIGEST,
    CHANNEL_GONE,
    IN_DIGEST,
    NO_RECEIPT,
    RECALLED,
    REPEATED_BY_RULE,
    Audience,
    Content,
    DeliveryState,
)
from outreach.campaigns.outcomes import BROKE_OFF, NOT_MADE
from outreach.campaigns.rules import EXPIRED
from outreach.contacts.windows import CEILING, WAITS
from outreach.messaging import CampaignId, ContactId, OfficerId, SendError, SendErrorKind
from outreach.officers import Officer
from storage import tables as t
from tests.conftest import NOW
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone
from tests.handlers.send.conftest import Office

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]
BAC_SON = "06325"


@pytest.fixture
async def phone(office: Office, officer: MakeOfficer, person: Person, composed: Composed) -> Phone:
    """Of ten who were meant one has blocked the bot since, and one could not be reached; the report stands there."""
    for number in range(10):
        await person(external_id=str(700 + number), unit=BAC_SON)
    office.channel.answers["703"] = SendError(SendErrorKind.GONE, "blocked")
    office.channel.answers["704"] = SendError(SendErrorKind.OUR_FAULT, "bad_request")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    await office.send_out()
    return phone


@ON_EVERY_CHANNEL
async def test_groups_pages_and_numbers(phone: Phone) -> None:
    await phone.taps("Xem từng người")
    assert phone.labels == ["Tất cả 10", "Chưa nhận 2", "Đã gửi 8", "Chưa gửi được 2", "Xem báo cáo"]
    [missed] = await phone.taps("Chưa nhận 2")
    mend = "Sửa nội dung rồi gửi tin mới cho người chưa nhận"
    day = "10:01 12/10/2026"
    assert missed.splitlines()[2:4] == [
        f"Số 4 · xã Bắc Sơn · Chưa gửi được {day} · Vừa chặn trợ lý → Không cần làm gì",
        f"Số 5 · xã Bắc Sơn · Chưa gửi được {day} · Ứng dụng không nhận nội dung tin → {mend}",
    ]
    await phone.taps("Nhóm khác")
    [everybody] = await phone.taps("Tất cả 10")
    assert "<b>Tất cả 10</b> · 1–8" in everybody
    assert "Số 1 · xã Bắc Sơn · Đã gửi" in everybody
    [rest] = await phone.taps("Sau →")
    assert "9–10" in rest
    assert "Số 10 · " in rest
    assert "1–8" in (await phone.taps("← Trước"))[0]
    await phone.taps("Nhóm khác")
    assert "Đã gửi: <b>8</b>" in (await phone.taps("Xem báo cáo"))[0]


@ON_EVERY_CHANNEL
async def test_what_is_shown_comes_as_a_file_too(phone: Phone, office: Office) -> None:
    workshop = Workshop(transactions=office.database, world=office.stage.router.world, clock=office.clock)
    await phone.taps("Xem từng người")
    await phone.taps("Chưa nhận 2")
    await phone.taps("CSV")
    file = phone.last.file
    assert file
    assert file.name == "ket-qua-gui-1-missed.csv"
    text = (await make_file(workshop, file)).decode("utf-8-sig")
    assert [row.split(";")[0] for row in text.splitlines()] == ["STT", "4", "5"]
    await phone.taps("Excel")
    file = phone.last.file
    assert file
    assert file.name == "ket-qua-gui-1-missed.xlsx"
    book = await asyncio.to_thread(openpyxl.load_workbook, io.BytesIO(await make_file(workshop, file)))
    assert [row[0] for row in book.worksheets[0].iter_rows(min_row=3, values_only=True)] == [4, 5]
    book.close()


async def test_who_may_have_it_is_not_said_to_be_without_it(phone: Phone, office: Office) -> None:
    async with office.database.write() as tx:
        await tx.connection.execute(t.campaign.update().values(failed=1, unknown=1))
    await phone.taps("Xem từng người")
    assert "Chưa chắc đã nhận 2" in phone.labels


@pytest.mark.parametrize("fate", Fate)
async def test_a_page_and_a_count_mean_the_same(phone: Phone, office: Office, fate: Fate) -> None:
    assert phone
    reasons = {4: RECALLED, 5: "timeout", 9: IN_DIGEST}
    states = dict(zip(range(1, 11), [*DeliveryState, DeliveryState.SKIPPED], strict=False))
    async with office.database.write() as tx:
        for number, state in states.items():
            own = t.delivery.c.id == number
            await tx.connection.execute(
                t.delivery.update().where(own).values(state=state, reason=reasons.get(number, ""))
            )
        sent = t.delivery.c.id == 10
        await tx.connection.execute(t.delivery.update().where(sent).values(state=DeliveryState.SENT, reason=RECALLED))
        digest = await tx.campaigns.add(
            content=Content(title="Bản tin tuần", paragraphs=()),
            audience=Audience(),
            by=OfficerId(1),
            unit_id=None,
            at=NOW,
        )
        carried = (await tx.connection.execute(t.delivery.select().where(t.delivery.c.id == 9))).one()._mapping
        of_digest = {"id": 11, "campaign_id": digest, "state": DeliveryState.SENT, "reason": ""}
        await tx.connection.execute(t.delivery.insert().values({**carried, **of_digest}))
        await tx.connection.execute(t.digest_item.insert().values(delivery_id=11, campaign_id=1))
    async with office.database.read() as tx:
        rows = await tx.ledger_reports.rows(CampaignId(1), after=0, limit=99)
        meant = [row.delivery_id for row in rows if is_among(fate_of(row.state, reason=row.reason), fate)]
        found = await tx.listing.people(CampaignId(1), fate=fate, offset=0, limit=99)
    assert [one.row.delivery_id for one in found] == meant
    assert meant


# What our own hands write as the reason of a row.
OURS = {
    BROKE_OFF,
    NOT_MADE,
    CEILING,
    CHANNEL_GONE,
    NO_RECEIPT,
    REPEATED_BY_RULE,
    *BY_DIGEST,
    EXPIRED,
    *WAITS,
    *("cancelled", "handed_over", "in_conversation", "interrupted", "left_by_officer", "linked", "paused"),
    *("erased", "repeated_by_officer", "retried_by_officer", "stopped", "topic_muted", "unreachable", "week_full"),
    *("garbage", "not_connected", "partly_sent", "unknown_code", "token_missing", "token_lost", "token_unavailable"),
}
# Said of deleting, changing and taps, or of a copy whose words go instead: never of a campaign's message on its way.
BESIDE = {
    *("cannot_copy", "copy_gone"),
    *("cannot_delete", "cannot_edit", "commands_invalid", "message_gone", "no_caption_to_edit", "no_text_to_edit"),
    *("not_modified", "query_too_old"),
}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_reason_has_words_and_a_next_step(catalog: Catalog, language: str) -> None:
    zalo = {reason for rules in (ZALO_OA, ZALO_BOT) for _, reason in rules.values()}
    codes = ({rule.reason for rule in TELEGRAM} | zalo | OURS) - BESIDE
    assert len(codes) >= 90
    words = OutcomeWords(catalog, language=language)
    assert not sorted(code for code in codes if not catalog.has(f"campaign.why.{code}"))
    for code in codes:
        for state in (DeliveryState.FAILED, DeliveryState.SKIPPED, DeliveryState.UNKNOWN):
            assert words.why(code)
            assert words.next_step(state, reason=code)
