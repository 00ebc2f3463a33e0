"""The conditions one by one: ages, topics, where people came from, channels, and what they have not got or not opened."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from content.audience import ages_words, source_words
from handlers.buttons import Press, as_number
from handlers.send import channels
from handlers.send.ages import read_ages
from handlers.send.audience_menu import DROP, STEP, choice, menu, narrowed, opened
from handlers.send.steps import FLOW, count, short
from handlers.turn import Labels, Turn
from outreach.campaigns.audience import Named, campaigns_to_name, poster_code, sources_to_choose
from outreach.campaigns.model import Campaign
from outreach.clock import local_day
from outreach.messaging import Button, CampaignId, Replies
from outreach.posters import read_code
from outreach.transaction import Transaction

T = TypeVar("T")

AGES = "ages"
THEMES = "themes"
SOURCES = "sources"
VIA = "via"
MISSED = "missed"
UNOPENED = "unopened"
_PAGE = 5
_PER_ROW = 2
_LABEL = 48
_PAGED = "p"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One value of a condition as a button: `code` is what it carries."""

    code: str
    label: str
    chosen: bool = False


def _offers(turn: Turn, campaign: Campaign, step: str, offers: Sequence[Offer]) -> list[Button]:
    return [
        Button(
            label=turn.label("audience.chosen", label=one.label) if one.chosen else one.label,
            payload=f"{FLOW}:{step}:{campaign.campaign_id}-{one.code}",
        )
        for one in offers
    ]


def _page(turn: Turn, campaign: Campaign, step: str, offers: Sequence[Offer], *, after: int) -> list[list[Button]]:
    """One to a row, and the ways to the pages around."""
    number = campaign.campaign_id
    rows = [[one] for one in _offers(turn, campaign, step, offers[after : after + _PAGE])]
    newer = [choice(turn, "newer", step, f"{number}-{_PAGED}{max(0, after - _PAGE)}")] if after else []
    older = [choice(turn, "older", step, f"{number}-{_PAGED}{after + _PAGE}")] if after + _PAGE < len(offers) else []
    return [*rows, *([[*newer, *older]] if newer or older else [])]


def _ways_back(turn: Turn, campaign: Campaign, step: str, *, is_set: bool, people: int | None = None) -> Labels:
    number = campaign.campaign_id
    drop = [[choice(turn, "drop", step, f"{number}-{DROP}")]] if is_set else []
    back = (
        choice(turn, "menu_back", STEP, number)
        if people is None
        else choice(turn, "to_menu", STEP, number, people=people)
    )
    return [*drop, [back]]


def _toggled(values: tuple[T, ...], value: T) -> tuple[T, ...]:
    return tuple(one for one in values if one != value) if value in values else (*values, value)


async def _people(turn: Turn, campaign: Campaign) -> int:
    return (await count(turn, campaign, campaign.audience)).will_get


# Ages


async def ages(turn: Turn, press: Press | None = None) -> Replies:
    campaign, value = await opened(turn, press)
    if value == DROP:
        return await menu(turn, await narrowed(turn, campaign, ages=None))
    if value:
        return await _set_ages(turn, campaign, value)
    turn.goto(FLOW, AGES, subject_id=campaign.campaign_id, data={})
    first, last = turn.world.pack.ages.youth.first, turn.world.pack.ages.youth.last
    bands = [(first, first + 2), (first + 3, first + 6), (first + 7, last)]
    offers = [Offer(code=f"{low}-{high}", label=ages_words((low, high))) for low, high in bands]
    now = ages_words(campaign.audience.ages) if campaign.audience.ages else ""
    ways = _ways_back(turn, campaign, AGES, is_set=campaign.audience.ages is not None)
    return turn.answer("audience.ask_ages", [_offers(turn, campaign, AGES, offers), *ways], ages=now)


async def ages_typed(turn: Turn) -> Replies:
    campaign, _ = await opened(turn, None)
    return await _set_ages(turn, campaign, turn.incoming.text)


async def _set_ages(turn: Turn, campaign: Campaign, text: str) -> Replies:
    youngest = turn.world.pack.ages.subscriber_min
    found = read_ages(text, youngest=youngest, year=local_day(turn.now).year)
    if found is None:
        turn.goto(FLOW, AGES, subject_id=campaign.campaign_id, data={})
        turn.misunderstood()
        ways = _ways_back(turn, campaign, AGES, is_set=campaign.audience.ages is not None)
        return turn.answer("audience.ages_unclear", ways)
    return await menu(turn, await narrowed(turn, campaign, ages=found))


# Topics and channels: a few, of which several may be chosen


async def themes(turn: Turn, press: Press | None = None) -> Replies:
    campaign, value = await opened(turn, press)
    known = [topic.code for topic in turn.world.pack.topics]
    if value == DROP:
        return await menu(turn, await narrowed(turn, campaign, topics=()))
    if value in known:
        campaign = await narrowed(turn, campaign, topics=_toggled(campaign.audience.topics, value))
    chosen = campaign.audience.topics
    offers = [
        Offer(code=topic.code, label=topic.name.of(turn.language), chosen=topic.code in chosen)
        for topic in turn.world.pack.topics
    ]
    return await _few(turn, campaign, THEMES, offers, key="audience.ask_topics")


async def via(turn: Turn, press: Press | None = None) -> Replies:
    campaign, value = await opened(turn, press)
    found = {door.channel.value: door.channel for door in turn.world.doors}
    if value == DROP:
        return await menu(turn, await narrowed(turn, campaign, channels=()))
    if value in found:
        campaign = await narrowed(turn, campaign, channels=_toggled(campaign.audience.channels, found[value]))
    chosen = campaign.audience.channels
    offers = [
        Offer(code=code, label=channels.name(turn, channel), chosen=channel in chosen)
        for code, channel in found.items()
    ]
    return await _few(turn, campaign, VIA, offers, key="audience.ask_channels")


async def _few(turn: Turn, campaign: Campaign, step: str, offers: Sequence[Offer], *, key: str) -> Replies:
    turn.goto(FLOW, step, subject_id=campaign.campaign_id, data={})
    buttons = _offers(turn, campaign, step, offers)
    rows = [buttons[start : start + _PER_ROW] for start in range(0, len(buttons), _PER_ROW)]
    people = await _people(turn, campaign)
    is_set = any(one.chosen for one in offers)
    return turn.answer(key, [*rows, *_ways_back(turn, campaign, step, is_set=is_set, people=people)], people=people)


# Where people came from


async def sources(turn: Turn, press: Press | None = None) -> Replies:
    campaign, value = await opened(turn, press)
    if value == DROP:
        return await menu(turn, await narrowed(turn, campaign, sources=()))
    found, named = await _sources(turn, campaign)
    meant = next((source for source in found if _digest(source) == value), None)
    if meant is not None:
        campaign = await narrowed(turn, campaign, sources=_toggled(campaign.audience.sources, meant))
    after = as_number(value[1:]) if value.startswith(_PAGED) else _kept(turn, SOURCES)
    return await _show_sources(turn, campaign, found, named, after=after)


async def source_typed(turn: Turn) -> Replies:
    """The code of a poster that people of her scope have come by."""
    campaign, _ = await opened(turn, None)
    found, named = await _sources(turn, campaign)
    code = read_code(turn.incoming.text)
    meant = next((source for source in found if code and poster_code(source) == code), None)
    if meant is not None:
        chosen = campaign.audience.sources
        campaign = await narrowed(turn, campaign, sources=chosen if meant in chosen else (*chosen, meant))
    else:
        turn.misunderstood()
    after = _kept(turn, SOURCES)
    key = "audience.ask_sources" if meant is not None else "audience.source_unclear"
    return await _show_sources(turn, campaign, found, named, after=after, key=key)


async def _sources(turn: Turn, campaign: Campaign) -> tuple[dict[str, int], Named]:
    officer = turn.officer

    async def look(tx: Transaction) -> tuple[dict[str, int], Named]:
        return await sources_to_choose(officer, tx=tx, campaign=campaign)

    return await turn.look(f"sources:{campaign.campaign_id}", look)


async def _show_sources(
    turn: Turn,
    campaign: Campaign,
    found: dict[str, int],
    named: Named,
    *,
    after: int,
    key: str = "audience.ask_sources",
) -> Replies:
    turn.goto(FLOW, SOURCES, subject_id=campaign.campaign_id, data={_PAGED: str(after)})
    chosen = campaign.audience.sources
    if not any(found):  # everybody came by herself
        return turn.answer("audience.no_sources", _ways_back(turn, campaign, SOURCES, is_set=bool(chosen)))
    world = turn.world
    offers = [
        Offer(
            code=_digest(source),
            label=turn.label(
                "audience.with_people",
                label=short(
                    source_words(source, named=named, catalog=world.catalog, units=world.units, language=turn.language),
                    most=_LABEL,
                ),
                people=people,
            ),
            chosen=source in chosen,
        )
        for source, people in found.items()
    ]
    people = await _people(turn, campaign)
    ways = _ways_back(turn, campaign, SOURCES, is_set=bool(chosen), people=people)
    return turn.answer(key, [*_page(turn, campaign, SOURCES, offers, after=after), *ways], people=people)


def _digest(source: str) -> str:
    """A source may be longer than what a button carries."""
    return f"{zlib.crc32(source.encode()):08x}"


def _kept(turn: Turn, step: str) -> int:
    """The page that is open."""
    here = turn.dialogue
    return as_number(here.data.get(_PAGED, "")) if here and here.flow == FLOW and here.step == step else 0


# Campaigns


async def missed(turn: Turn, press: Press | None = None) -> Replies:
    return await _campaigns(turn, press, MISSED, field="not_received", key="audience.ask_received")


async def unopened(turn: Turn, press: Press | None = None) -> Replies:
    return await _campaigns(turn, press, UNOPENED, field="not_opened", key="audience.ask_opened")


async def _campaigns(turn: Turn, press: Press | None, step: str, *, field: str, key: str) -> Replies:
    campaign, value = await opened(turn, press)
    if value == DROP:
        return await menu(turn, await narrowed(turn, campaign, **{field: None}))
    if number := as_number(value):
        return await menu(turn, await narrowed(turn, campaign, **{field: CampaignId(number)}))
    turn.goto(FLOW, step, subject_id=campaign.campaign_id, data={})
    now = getattr(campaign.audience, field)
    sent = await campaigns_to_name(turn.officer, tx=turn.tx, campaign=campaign)
    if not sent and now is None:
        return turn.answer("audience.no_campaigns", _ways_back(turn, campaign, step, is_set=False))
    offers = [
        Offer(
            code=str(one.campaign_id),
            label=turn.label(
                "audience.one_campaign", title=short(one.content.title, most=_LABEL - 13), at=one.started_at
            ),
            chosen=one.campaign_id == now,
        )
        for one in sent
    ]
    after = as_number(value[1:]) if value.startswith(_PAGED) else 0
    title = next((one.content.title for one in sent if one.campaign_id == now), "")
    rows = _page(turn, campaign, step, offers, after=after)
    return turn.answer(key, [*rows, *_ways_back(turn, campaign, step, is_set=now is not None)], title=title)


CONDITIONS = {AGES: ages, THEMES: themes, SOURCES: sources, VIA: via, MISSED: missed, UNOPENED: unopened}
