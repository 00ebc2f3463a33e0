"""The second officer: who is asked, what her word holds for, and what the clock does while she is silent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.campaigns import approval as rules
from outreach.campaigns.approval import PATIENCE, Told, remind_approvers
from outreach.campaigns.control import order_campaign
from outreach.campaigns.doubles import double_of
from outreach.campaigns.model import Audience, AudienceKind, Campaign, CampaignState, Content, Plan
from outreach.campaigns.ports.approvals import Approval, ApprovalId, Verdict
from outreach.errors import InvalidAnswerError, NotFoundError, PermissionDeniedError, StateError
from outreach.messaging import ContactId, OfficerId
from outreach.officers import Actor, Officer, Person, Role, System
from outreach.pack import Pack, Span
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock

BAC_SON = "06325"
MakeOfficer = Callable[..., Awaitable[Officer]]
MakeCampaign = Callable[..., Awaitable[Campaign]]
CLOCK = System(name="clock")


@dataclass(kw_only=True)
class Desk:
    """One campaign of the province, and everything that is done about it in a transaction of its own."""

    database: Database
    pack: Pack
    clock: TestClock
    campaign: Campaign

    async def ask(self, actor: Officer, *, starts_at: datetime | None = None, people: int = 2_000) -> Approval:
        async with self.database.write() as tx:
            return await rules.ask_approval(
                actor,
                tx=tx,
                campaign_id=self.campaign.campaign_id,
                people=people,
                starts_at=starts_at,
                at=self.clock(),
            )

    async def approve(self, actor: Officer, asked: Approval) -> Approval:
        async with self.database.write() as tx:
            return await rules.approve(
                actor, tx=tx, approval_id=asked.approval_id, hours=self.pack.sending.hours, at=self.clock()
            )

    async def refuse(self, actor: Officer, asked: Approval, reason: str = "") -> Approval:
        async with self.database.write() as tx:
            return await rules.refuse_approval(
                actor, tx=tx, approval_id=asked.approval_id, reason=reason, at=self.clock()
            )

    async def alone(self, actor: Officer, asked: Approval, reason: str) -> Approval:
        async with self.database.write() as tx:
            return await rules.send_alone(
                actor,
                tx=tx,
                approval_id=asked.approval_id,
                reason=reason,
                hours=self.pack.sending.hours,
                at=self.clock(),
            )

    async def tick(self) -> list[tuple[Told, OfficerId]]:
        async with self.database.write() as tx:
            news = await remind_approvers(CLOCK, tx=tx, pack=self.pack, at=self.clock())
        return [(one.told, one.to.officer_id) for one in news]

    async def now(self) -> tuple[Campaign, Approval | None]:
        async with self.database.read() as tx:
            found = await tx.campaigns.get(self.campaign.campaign_id)
            assert found
            return found, await tx.approvals.newest(self.campaign.campaign_id)

    async def end(self, officer: Officer) -> None:
        async with self.database.write() as tx:
            await tx.officers.end(officer.officer_id, at=self.clock())


@pytest.fixture
async def sender(officer: MakeOfficer) -> Officer:
    return await officer(Role.EDITOR)


@pytest.fixture
async def desk(database: Database, langson: Pack, clock: TestClock, sender: Officer, plan_136: Content) -> Desk:
    async with database.write() as tx:
        number = await tx.campaigns.add(
            content=plan_136, audience=Audience(), by=sender.officer_id, unit_id=None, at=NOW
        )
        made = await tx.campaigns.get(number)
    assert made
    return Desk(database=database, pack=langson, clock=clock, campaign=made)


@pytest.mark.parametrize(
    ("people", "above", "needed"), [(1_000, 1_000, False), (1_001, 1_000, True), (9_999_999, 0, False)]
)
async def test_above_the_size_and_only_where_there_is_another(
    desk: Desk, sender: Officer, officer: MakeOfficer, people: int, above: int, needed: bool
) -> None:
    async def asks() -> bool:
        number = desk.campaign.campaign_id
        async with desk.database.read() as tx:
            return await rules.needs_approval(sender, tx=tx, campaign_id=number, people=people, above=above)

    await officer(Role.REVIEWER)
    await officer(Role.OFFICER, unit=BAC_SON)  # she sends in her commune only
    assert not await asks()
    with pytest.raises(NotFoundError):
        await desk.ask(sender)
    await officer(Role.EDITOR)
    assert await asks() is needed


async def test_her_word_orders_the_campaign_for_the_hour_that_was_asked(
    desk: Desk, sender: Officer, officer: MakeOfficer
) -> None:
    other = await officer(Role.EDITOR)
    later = desk.clock() + timedelta(hours=3)
    asked = await desk.ask(sender, starts_at=later)
    assert (asked.asked_of, asked.verdict, asked.version) == (other.officer_id, Verdict.OPEN, 1)
    assert await desk.ask(sender, starts_at=later) == asked, "the same question once"
    assert (await desk.now())[0].state == CampaignState.DRAFT
    said = await desk.approve(other, asked)
    assert (said.verdict, said.decided_by) == (Verdict.APPROVED, other.officer_id)
    campaign, _ = await desk.now()
    assert campaign.state != CampaignState.DRAFT
    assert campaign.not_before == later


async def test_an_hour_that_has_passed_is_now_within_the_hours(
    desk: Desk, sender: Officer, officer: MakeOfficer
) -> None:
    other = await officer(Role.EDITOR)
    asked = await desk.ask(sender, starts_at=desk.clock() + timedelta(hours=1))
    desk.clock.now = datetime(2026, 10, 12, 15, 30, tzinfo=UTC)  # 22:30 in Vietnam
    await desk.approve(other, asked)
    assert (await desk.now())[0].not_before == datetime(2026, 10, 13, 0, 0, tzinfo=UTC)


async def test_never_who_asked_not_even_in_a_new_office(desk: Desk, sender: Officer, officer: MakeOfficer) -> None:
    await officer(Role.EDITOR)
    asked = await desk.ask(sender)
    async with desk.database.write() as tx:
        promoted = await tx.officers.grant(sender.contact_id, role=Role.ADMIN, unit_id=None, by=None, at=desk.clock())
    for herself in (sender, promoted):
        with pytest.raises(PermissionDeniedError, match="approve_own"):
            await desk.approve(herself, asked)
        with pytest.raises(PermissionDeniedError, match="approve_own"):
            await desk.refuse(herself, asked)
    assert (await desk.now())[0].state == CampaignState.DRAFT


async def _reword(desk: Desk) -> None:
    content = replace(desk.campaign.content, paragraphs=("Lời khác.",))
    async with desk.database.write() as tx:
        await tx.campaigns.edit(desk.campaign.campaign_id, content=content)


async def _readdress(desk: Desk) -> None:
    async with desk.database.write() as tx:
        audience = Audience(kind=AudienceKind.NOT_REACHED)
        await tx.campaigns.edit(desk.campaign.campaign_id, audience=audience)


async def _replan(desk: Desk) -> None:
    async with desk.database.write() as tx:
        await tx.campaigns.edit(desk.campaign.campaign_id, plan=Plan(first_wave=50))


@pytest.mark.parametrize("change", [_reword, _readdress, _replan])
async def test_any_change_drops_it(
    desk: Desk, sender: Officer, officer: MakeOfficer, change: Callable[[Desk], Awaitable[None]]
) -> None:
    other, third = await officer(Role.EDITOR), await officer()
    asked = await desk.ask(sender)
    await change(desk)
    assert (await desk.approve(other, asked)).verdict == Verdict.DROPPED
    assert (await desk.now())[0].state == CampaignState.DRAFT
    again = await desk.ask(sender)
    assert again.approval_id != asked.approval_id
    assert (await desk.alone(third, asked, "vì bão sắp vào tỉnh")).verdict == Verdict.DROPPED, "an old button"
    await desk.approve(other, again)
    assert (await desk.now())[0].state != CampaignState.DRAFT


async def test_the_clock_drops_what_has_changed_and_tells_both(
    desk: Desk, sender: Officer, officer: MakeOfficer
) -> None:
    other = await officer(Role.EDITOR)
    await desk.ask(sender)
    assert await desk.tick() == []
    await _reword(desk)
    assert await desk.tick() == [(Told.CHANGED, sender.officer_id), (Told.CHANGED, other.officer_id)]
    assert await desk.tick() == []


async def test_what_expires_first_is_neither_asked_nor_kept_waiting(
    desk: Desk, sender: Officer, officer: MakeOfficer
) -> None:
    other = await officer(Role.EDITOR)
    ends = desk.clock() + timedelta(hours=13)  # 23:00, when nothing is sent
    async with desk.database.write() as tx:
        await tx.campaigns.edit(desk.campaign.campaign_id, plan=Plan(expires_at=ends))
    with pytest.raises(StateError, match="expires_before"):
        await desk.ask(sender, starts_at=ends)
    asked = await desk.ask(sender)
    desk.clock.now = ends - timedelta(minutes=30)
    assert (await desk.approve(other, asked)).verdict == Verdict.DROPPED, "it would begin in the morning"
    await desk.ask(sender)
    desk.clock.advance(minutes=20)
    assert await desk.tick() == []
    desk.clock.advance(minutes=9)
    assert await desk.tick() == [(Told.CHANGED, sender.officer_id), (Told.CHANGED, other.officer_id)]


async def test_words_that_are_on_their_way_need_no_second_word(
    desk: Desk, sender: Officer, officer: MakeOfficer
) -> None:
    other = await officer(Role.EDITOR)
    asked = await desk.ask(sender)
    async with desk.database.write() as tx:
        content, audience, by = desk.campaign.content, desk.campaign.audience, sender.officer_id
        twin = await tx.campaigns.add(content=content, audience=audience, by=by, unit_id=None, at=NOW)
        await order_campaign(sender, tx=tx, campaign_id=twin, at=NOW)
    assert (await desk.approve(other, asked)).verdict == Verdict.DROPPED
    assert (await desk.now())[0].state == CampaignState.DRAFT


async def test_another_hour_is_another_question(desk: Desk, sender: Officer, officer: MakeOfficer) -> None:
    other = await officer(Role.EDITOR)
    first = await desk.ask(sender)
    second = await desk.ask(sender, starts_at=desk.clock() + timedelta(hours=2))
    assert (await desk.approve(other, first)).verdict == Verdict.DROPPED
    assert (await desk.approve(other, second)).verdict == Verdict.APPROVED


async def test_the_first_of_two_decides(desk: Desk, sender: Officer, officer: MakeOfficer) -> None:
    one, two = await officer(Role.EDITOR), await officer()
    asked = await desk.ask(sender)
    refused = await desk.refuse(two, asked, "Sai số  văn bản,\ngọi 0912345678")
    assert (refused.verdict, refused.reason) == (Verdict.REFUSED, "Sai số văn bản, gọi ••••••••••")
    assert await desk.approve(one, asked) == refused
    assert (await desk.now())[0].state == CampaignState.DRAFT


async def test_an_administrator_sends_alone_with_a_reason_that_stays(
    desk: Desk, sender: Officer, officer: MakeOfficer
) -> None:
    editor, admin = await officer(Role.EDITOR), await officer()
    asked = await desk.ask(sender)
    with pytest.raises(PermissionDeniedError):
        await desk.alone(editor, asked, "vì bão sắp vào tỉnh")
    for reason, code in (("vì bão  ", "reason_short"), ("x" * 501, "reason_long")):
        with pytest.raises(InvalidAnswerError, match=code):
            await desk.alone(admin, asked, reason)
    assert (await desk.now())[0].state == CampaignState.DRAFT
    said = await desk.alone(admin, asked, "vì bão sắp vào tỉnh")
    assert (said.verdict, said.reason, said.decided_by) == (Verdict.ALONE, "vì bão sắp vào tỉnh", admin.officer_id)
    assert (await desk.now())[0].state != CampaignState.DRAFT
    async with desk.database.read() as tx:
        row = (await tx.connection.execute(select(t.audit).where(t.audit.c.action == "campaign.approval_alone"))).one()
    assert (row.actor_id, row.data) == (admin.officer_id, {"reason": "vì bão sắp vào tỉnh"})


# The clock


async def test_a_reminder_and_the_next_one_over_a_weekend(desk: Desk, sender: Officer, officer: MakeOfficer) -> None:
    """Asked on Friday at 16:00: the hours that count are Friday until 17:00 and Monday from 07:30 on."""
    editor, admin = await officer(Role.EDITOR), await officer()
    desk.clock.now = datetime(2026, 10, 16, 9, 0, tzinfo=UTC)
    asked = await desk.ask(sender)
    told: dict[str, list[tuple[Told, OfficerId]]] = {}
    while desk.clock.now < datetime(2026, 10, 19, 10, 0, tzinfo=UTC):
        desk.clock.advance(minutes=30)
        if news := await desk.tick():
            told[f"{desk.clock.now + timedelta(hours=7):%a %H:%M}"] = news
    assert told == {
        "Mon 08:30": [(Told.REMINDED, editor.officer_id)],
        "Mon 10:30": [(Told.PASSED_ON, sender.officer_id), (Told.ASKED, admin.officer_id)],
        "Mon 14:30": [(Told.REMINDED, admin.officer_id)],
        "Mon 16:30": [(Told.NOBODY_LEFT, sender.officer_id), (Told.NOBODY_LEFT, admin.officer_id)],
    }
    left = (await desk.now())[1]
    assert left
    assert left.asked_of is None
    assert (await desk.approve(editor, asked)).verdict == Verdict.APPROVED, "who was asked first may still say yes"


async def test_an_office_that_ends_is_passed_over_at_once(desk: Desk, sender: Officer, officer: MakeOfficer) -> None:
    first, second = await officer(Role.EDITOR), await officer(Role.EDITOR)
    await desk.ask(sender)
    await desk.end(first)
    assert await desk.tick() == [(Told.PASSED_ON, sender.officer_id), (Told.ASKED, second.officer_id)]
    await desk.end(second)
    assert await desk.tick() == [(Told.NOBODY_LEFT, sender.officer_id)]
    assert await desk.tick() == []


async def test_the_communes_own_are_asked_first(
    database: Database,
    langson: Pack,
    clock: TestClock,
    officer: MakeOfficer,
    units: dict[str, UnitId],
    plan_136: Content,
) -> None:
    province = await officer(Role.EDITOR)
    await officer(Role.OFFICER, unit="05977")
    asker, colleague = await officer(Role.OFFICER, unit=BAC_SON), await officer(Role.OFFICER, unit=BAC_SON)
    unit = units[BAC_SON]
    async with database.write() as tx:
        number = await tx.campaigns.add(
            content=plan_136, audience=Audience(unit_ids=(unit,)), by=asker.officer_id, unit_id=unit, at=NOW
        )
        made = await tx.campaigns.get(number)
    assert made
    desk = Desk(database=database, pack=langson, clock=clock, campaign=made)
    asked = await desk.ask(asker)
    assert asked.asked_of == colleague.officer_id
    clock.advance(hours=9)  # 10:00 to 19:00: five hours of open office
    assert await desk.tick() == [(Told.PASSED_ON, asker.officer_id), (Told.ASKED, province.officer_id)]
    assert timedelta(hours=5) > 2 * PATIENCE


# Who may

HOURS = Span(first=time(7), last=time(21, 59))
CALLS: dict[str, Callable[[Actor, Any, Approval, Desk], Awaitable[object]]] = {
    "needs": lambda actor, tx, asked, _: rules.needs_approval(
        actor, tx=tx, campaign_id=asked.campaign_id, people=9, above=1
    ),
    "ask": lambda actor, tx, asked, _: rules.ask_approval(
        actor, tx=tx, campaign_id=asked.campaign_id, people=9, starts_at=None, at=NOW
    ),
    "approve": lambda actor, tx, asked, _: rules.approve(
        actor, tx=tx, approval_id=asked.approval_id, hours=HOURS, at=NOW
    ),
    "refuse": lambda actor, tx, asked, _: rules.refuse_approval(actor, tx=tx, approval_id=asked.approval_id, at=NOW),
    "alone": lambda actor, tx, asked, _: rules.send_alone(
        actor, tx=tx, approval_id=asked.approval_id, reason="x" * 20, hours=HOURS, at=NOW
    ),
    "withdraw": lambda actor, tx, asked, _: rules.withdraw_approval(
        actor, tx=tx, approval_id=asked.approval_id, at=NOW
    ),
    "look": lambda actor, tx, asked, _: rules.approval_for(actor, tx=tx, approval_id=asked.approval_id),
    "newest": lambda actor, tx, asked, _: rules.approval_of(actor, tx=tx, campaign_id=asked.campaign_id),
    "decide": lambda actor, tx, asked, _: rules.may_decide(actor, tx=tx, approval=asked),
    "double": lambda actor, tx, _, desk: double_of(
        actor, tx=tx, campaign=desk.campaign, people=9, pack=desk.pack, at=NOW
    ),
    "examples": lambda actor, tx, _, desk: rules.example_contacts(
        actor, tx=tx, campaign=desk.campaign, people=9, pack=desk.pack, at=NOW
    ),
}


@pytest.mark.parametrize("name", CALLS)
async def test_nobody_without_the_office(desk: Desk, sender: Officer, officer: MakeOfficer, name: str) -> None:
    await officer(Role.EDITOR)
    asked = await desk.ask(sender)
    strangers: list[Actor] = [Person(contact_id=ContactId(1)), await officer(Role.OFFICER, unit=BAC_SON)]
    for actor in strangers:
        async with desk.database.write() as tx:
            with pytest.raises(PermissionDeniedError):
                await CALLS[name](actor, tx, asked, desk)


async def test_what_is_not_there(desk: Desk, sender: Officer) -> None:
    async with desk.database.write() as tx:
        with pytest.raises(NotFoundError):
            await rules.approval_for(sender, tx=tx, approval_id=ApprovalId(99))
        assert await rules.approval_of(sender, tx=tx, campaign_id=desk.campaign.campaign_id) is None
        assert await rules.waiting_approvals(sender, tx=tx) == ([], [])
