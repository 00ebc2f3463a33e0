"""What the steps of sending share: the flow's name, its campaign, a button and a label or two."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import content.audience
from handlers.buttons import Press
from handlers.turn import Turn, World
from outreach.campaigns.audience import names_in
from outreach.campaigns.compose import draft_for
from outreach.campaigns.digest import digest_of
from outreach.campaigns.estimate import Outlook, Pace, Paces, count_audience, look_ahead, starts_at
from outreach.campaigns.model import WEEK_FULL, Audience, Campaign
from outreach.campaigns.ports.ledger import Preview
from outreach.campaigns.ports.ledger_reports import ChannelTally
from outreach.clock import local_day
from outreach.errors import StateError
from outreach.messaging import Button, CampaignId, Replies
from outreach.pacing import first_rate
from outreach.pack import Span
from outreach.transaction import Transaction

FLOW = "gui"

_DAY = timedelta(days=1)


def within_reach(world: World, tallies: Sequence[ChannelTally]) -> int:
    """How many of a campaign's messages lie where a message can be changed and deleted; on Zalo they stay."""
    able = {door.account_id for door in world.doors if door.capabilities.recall_hours}
    return sum(tally.sent for tally in tallies if tally.account_id in able)


async def undoable(turn: Turn, campaign: Campaign) -> int:
    """The same, looked up outside the turn's transaction, because it may go over all of them."""
    number = campaign.campaign_id

    async def look(tx: Transaction) -> list[ChannelTally]:
        return await tx.ledger_reports.by_channel(number)

    return within_reach(turn.world, await turn.look(f"channels:{number}", look)) if turn.world.recall_hours else 0


def button(turn: Turn, key: str, step: str, arg: str | int = "", **values: object) -> Button:
    return turn.button(f"campaign.{key}", FLOW, step, arg, **values)


def subject(turn: Turn) -> CampaignId | None:
    """The campaign that the open conversation is about."""
    dialogue = turn.dialogue
    if dialogue is None or dialogue.flow != FLOW or dialogue.subject_id is None:
        return None
    return CampaignId(dialogue.subject_id)


async def draft(turn: Turn, press: Press | None = None) -> Campaign:
    """The draft a button names, or the open conversation's; raises once it was ordered, or when there is none."""
    number = CampaignId(press.number) if press and press.number else subject(turn)
    try:
        return await draft_for(turn.officer, tx=turn.tx, campaign_id=number or CampaignId(0))
    except StateError as error:
        raise StateError(error.code, ordered=number) from error


def hours(turn: Turn) -> Span | None:
    """When campaigns may leave; None: at any hour."""
    return turn.world.pack.sending.hours if turn.world.send_hours_apply else None


async def paces(turn: Turn) -> Paces:
    """How fast each lane goes, as far as it has learned, and when it may."""
    found = {}
    for door in turn.world.doors:
        learned = await turn.tx.leases.learned_rate(f"bulk:{door.account_id}")
        found[door.account_id] = Pace(
            rate=first_rate(door.rate, start=door.start_rate, learned=learned), hours=hours(turn)
        )
    return found


async def count(turn: Turn, campaign: Campaign, audience: Audience, *, not_before: datetime | None = None) -> Preview:
    """Whom the rule would reach at the moment of sending; looked up outside the turn's transaction, because it goes over everybody."""
    officer, pack = turn.officer, turn.world.pack
    at = starts_at(turn.now, not_before=not_before, hours=hours(turn))

    async def look(tx: Transaction) -> Preview:
        return await count_audience(officer, tx=tx, audience=audience, campaign=campaign, pack=pack, at=at)

    return await turn.look(f"count:{campaign.campaign_id}:{audience}:{not_before}", look)


async def expected(turn: Turn, campaign: Campaign, *, not_before: datetime | None = None) -> Outlook:
    """What its order would do: at once, or from `not_before` on."""
    preview = await count(turn, campaign, campaign.audience, not_before=not_before)
    return await look_ahead(
        turn.officer,
        campaign=campaign,
        preview=preview,
        paces=await paces(turn),
        at=turn.now,
        not_before=not_before,
    )


def told_above(turn: Turn, shown: Replies, key: str, **values: object) -> Replies:
    """What was typed came to nothing: said with the question itself, in one message, because some messengers count them."""
    *_, asked = [reply for reply in shown.messages if reply.buttons] or shown.messages
    return replace(shown, messages=(replace(asked, text=f"{turn.say(key, **values)}\n\n{asked.text}"),))


def why(turn: Turn, code: str) -> str:
    """A reason in words; one nobody has put into words is shown as its code."""
    known = turn.world.catalog.has(f"campaign.why.{code}")
    return turn.label(f"campaign.why.{code}" if known else "campaign.why.other", code=code)


def window_days(turn: Turn) -> int:
    """For so many days after her last word a person can be written to."""
    return turn.world.windows.whole // _DAY


def weekday_of(turn: Turn, instant: datetime) -> str:
    """Thứ Hai."""
    return turn.label(f"ask.day_{local_day(instant).isoweekday()}")


def digest_words(turn: Turn, campaign: Campaign, *, at: datetime | None = None, people: int | None = None) -> str:
    """Of news that has no message of its own: in which digest it stands (`at`: until it is ordered), and for how many as far as that
    is known.
    """
    at = at or digest_of(campaign, hour=turn.world.pack.sending.digest) or turn.now
    return turn.label("digest.stands", at=at, weekday=weekday_of(turn, at), people=people)


def excluded_words(turn: Turn, excluded: Mapping[str, int], *, digest_at: datetime | None = None) -> str:
    """Who does not get it and why, with the most first; `digest_at`: when those get it whose week is full."""
    days = window_days(turn)
    weekday = weekday_of(turn, digest_at) if digest_at else ""

    def said(code: str, people: int) -> str:
        if code == WEEK_FULL and digest_at:
            return turn.label("digest.later", count=people, at=digest_at, weekday=weekday)
        if turn.world.catalog.has(f"campaign.excluded.{code}"):
            return turn.label(f"campaign.excluded.{code}", count=people, days=days)
        return turn.label("campaign.excluded.other", count=people, why=why(turn, code))

    return ", ".join(said(code, people) for code, people in sorted(excluded.items(), key=lambda pair: -pair[1]))


async def audience_words(turn: Turn, campaign: Campaign) -> str:
    """Whom it is for, in words."""
    return content.audience.audience_words(
        campaign.audience,
        named=await names_in(turn.officer, tx=turn.tx, campaign=campaign),
        catalog=turn.world.catalog,
        pack=turn.world.pack,
        units=turn.world.units,
        language=turn.language,
    )


def short(text: str, *, most: int) -> str:
    """Cut at a word, with an ellipsis."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"
