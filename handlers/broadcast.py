"""Phát chung: an article to everybody who follows the Official Account, and what its readers get for the word at its end."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from markupsafe import escape

from content.articles import article_of, code_of
from content.render import body
from handlers import conversation, join
from handlers.buttons import Press, payload
from handlers.conversation import in_conversation
from handlers.fallback import fallback
from handlers.turn import Door, Flow, Turn, World, rows
from handlers.words import without_courtesy
from outreach.broadcasts.drive import HOURS, within_hours
from outreach.broadcasts.model import ASSUMED, UNDER_WAY, ArticlesLeft, Broadcast, BroadcastId, BroadcastState
from outreach.broadcasts.order import (
    broadcast_for,
    broadcasts_in,
    cancel_broadcast,
    compose_broadcast,
    leave_broadcast,
    order_broadcast,
    repeat_broadcast,
    sent_this_month,
    under_way,
)
from outreach.campaigns.model import Campaign
from outreach.dialogue import RESTING
from outreach.messaging import Button, CampaignId, Replies, Reply
from outreach.officers import Action, may_act
from outreach.periods import Period
from outreach.reach.evidence import note_evidence
from outreach.reach.model import Tier
from outreach.text import fold

NAME = "bc"
_WATCH = "watch"
# A bare number means the newest article for so long.
_REMEMBERED = timedelta(days=7)
_NUMBER = "1"
_SHORT = 900  # characters; a summary fits the screen of a phone


# The officer's side


def _door(world: World) -> Door | None:
    return next((door for door in world.doors if door.capabilities.articles), None)


def entry(turn: Turn, campaign: Campaign) -> list[Button]:
    """The way here from a draft; nothing where there is no such account, or it is not this officer's to send to all."""
    refused = may_act(turn.officer, action=Action.SEND)
    if refused or _door(turn.world) is None or campaign.audience.corrects is not None:
        return []
    return [turn.button("broadcast.entry", NAME, "show", campaign.campaign_id)]


async def _show(turn: Turn, press: Press) -> Replies:
    """Two messages: the article as people read it, and what sending it means. One that is under way comes first."""
    door = _door(turn.world)
    if door is None:
        return turn.answer("broadcast.no_door")
    if busy := await under_way(turn.officer, tx=turn.tx, account_id=door.account_id):
        return _told(turn, busy)
    left = await _left(turn, door)
    if refused := _none_left(turn, left):
        return refused
    draft = await compose_broadcast(
        turn.officer, tx=turn.tx, campaign_id=CampaignId(press.number), account_id=door.account_id, at=turn.now
    )
    number = draft.broadcast_id
    look = turn.reply(
        "broadcast.look",
        [[turn.button("broadcast.go", NAME, "go", number), turn.button("broadcast.never_mind", NAME, "drop", number)]],
        name=door.name,
        target=turn.world.pack.informed.target,
        counts=draft.content.counts,
        code=code_of(number, catalog=turn.world.catalog),
        count=await sent_this_month(turn.officer, tx=turn.tx, at=turn.now),
        left=left.month if left else None,
        **_hours(turn.now),
    )
    return Replies(messages=(_as_it_reads(turn, draft), look))


async def going_on(turn: Turn) -> list[Button]:
    """The way back to the one that is on its way."""
    door = _door(turn.world)
    if door is None or may_act(turn.officer, action=Action.SEND):
        return []
    found = await under_way(turn.officer, tx=turn.tx, account_id=door.account_id)
    return [turn.button("broadcast.look_again", NAME, "again", found.broadcast_id)] if found else []


async def _left(turn: Turn, door: Door) -> ArticlesLeft | None:
    """Zalo counts by follower: asked of one whom all of this month's have reached. None where it tells nothing."""
    if door.articles_left is None:
        return None
    follower = await turn.look("follower", lambda tx: tx.broadcasts.longest_follower(door.account_id))
    return await turn.ask("articles_left", partial(door.articles_left, follower)) if follower else None


def _none_left(turn: Turn, left: ArticlesLeft | None) -> Replies | None:
    """A refusal at nought, before Zalo makes one of it. What waits for the night's end goes out on another day."""
    if left is None or left.today or (left.month and not within_hours(turn.now)):
        return None
    saved = turn.button("campaign.saved_again", "gui", "saved", 0)  # no numbers of an older list below a refusal
    return turn.answer("broadcast.none_left", [[saved]], month=left.month)


def _as_it_reads(turn: Turn, broadcast: Broadcast) -> Reply:
    world, author = turn.world, turn.world.pack.organisation.name.vi
    article = article_of(broadcast, catalog=world.catalog, author=author, cover_url="", limits=world.article_limits)
    parts = [f"<b>{escape(article.title)}</b>", f"<i>{escape(article.author)}</i>"]
    return Reply(text="\n\n".join([*parts, *(str(escape(part)) for part in article.paragraphs)]))


def _hours(now: datetime) -> dict[str, object]:
    return {"first": f"{HOURS.first:%H:%M}", "last": f"{HOURS.last:%H:%M}", "waits": not within_hours(now)}


async def _go(turn: Turn, press: Press) -> Replies:
    """Pressed twice it shows what became of the first."""
    found = await broadcast_for(turn.officer, tx=turn.tx, broadcast_id=BroadcastId(press.number))
    if found.state != BroadcastState.DRAFT:
        return _told(turn, found)
    door = _door(turn.world)
    if door and (refused := _none_left(turn, await _left(turn, door))):
        return refused
    return _told(turn, await order_broadcast(turn.officer, tx=turn.tx, broadcast_id=found.broadcast_id, at=turn.now))


async def _drop(turn: Turn, press: Press) -> Replies:
    await cancel_broadcast(turn.officer, tx=turn.tx, broadcast_id=BroadcastId(press.number), at=turn.now)
    return turn.answer("broadcast.not_sent")


async def _stop(turn: Turn, press: Press) -> Replies:
    number = BroadcastId(press.number)
    return _told(turn, await cancel_broadcast(turn.officer, tx=turn.tx, broadcast_id=number, at=turn.now))


async def _repeat(turn: Turn, press: Press) -> Replies:
    number = BroadcastId(press.number)
    return _told(turn, await repeat_broadcast(turn.officer, tx=turn.tx, broadcast_id=number, at=turn.now))


async def _leave(turn: Turn, press: Press) -> Replies:
    number = BroadcastId(press.number)
    return _told(turn, await leave_broadcast(turn.officer, tx=turn.tx, broadcast_id=number, at=turn.now))


async def _status(turn: Turn, press: Press) -> Replies:
    return _told(turn, await broadcast_for(turn.officer, tx=turn.tx, broadcast_id=BroadcastId(press.number)))


def _told(turn: Turn, broadcast: Broadcast) -> Replies:
    """Whatever she types next asks how it stands, until it has ended."""
    turn.goto(NAME, _WATCH, subject_id=broadcast.broadcast_id, data={})
    return Replies(messages=(told(turn.world, broadcast, now=turn.now, language=turn.language),))


_WAYS_ON: Mapping[str, tuple[str, ...]] = {
    BroadcastState.CREATING: ("stop", "again"),
    BroadcastState.READY: ("stop", "again"),
    BroadcastState.SENDING: ("again",),
    "unknown": ("repeat", "leave"),
}


def told(world: World, broadcast: Broadcast, *, now: datetime, language: str = "vi") -> Reply:
    """How it stands, and what can be done; also for the clock, which tells the officer without being asked."""
    catalog = world.catalog
    state = "unknown" if broadcast.is_unknown else broadcast.state.value
    text = catalog.say(
        f"broadcast.{state}",
        language=language,
        title=broadcast.content.title,
        followers=broadcast.platform_count,
        assumed=broadcast.reason == ASSUMED,
        why=_why(world, broadcast.reason, language=language),
        **_hours(now),
    )
    buttons = [
        Button(label=catalog.label(f"broadcast.{way}", language=language), payload=payload(NAME, way, number))
        for number in [broadcast.broadcast_id]
        for way in _WAYS_ON.get(state, ())
    ]
    return Reply(text=text, buttons=rows([buttons] if buttons else []))


def _why(world: World, code: str, *, language: str) -> str:
    """In the words for articles, else in those for any message, else the bare code."""
    for key in (f"broadcast.why.{code}", f"reason.{code}"):
        if world.catalog.has(key):
            return world.catalog.label(key, language=language)
    return world.catalog.label("broadcast.why.other", language=language, code=code)


async def to_all(turn: Turn, period: Period) -> str:
    """What stands below the coverage: articles name no recipient, so they are in no figure of it. Empty where there were none."""
    if turn.officer.unit_id is not None:
        return ""
    figure = await broadcasts_in(turn.officer, tx=turn.tx, period=period)
    if not figure.count:
        return ""
    return "\n\n" + turn.say("broadcast.beside", count=figure.count, followers=figure.platform_count)


# The reader's side


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What a bare number means under an article, and since when."""

    choices: dict[str, str]
    since: datetime


async def offered_by_article(turn: Turn, *, since: datetime | None) -> Offered | None:
    """For somebody at rest who types the number on the account's own channel, if the newest article came after `since`."""
    if turn.incoming.text.strip() != _NUMBER or not turn.can.articles:
        return None
    oldest = turn.now - _REMEMBERED
    account_id = turn.incoming.address.account_id
    newest = await turn.tx.broadcasts.newest_sent(account_id, since=max(since, oldest) if since else oldest)
    if newest is None or newest.sent_at is None:
        return None
    return Offered(choices={_NUMBER: payload(NAME, "sum", newest.broadcast_id)}, since=newest.sent_at)


def by_code(turn: Turn) -> BroadcastId | None:
    """The article whose word was typed, if there is any of that number."""
    word = fold(turn.label("broadcast.code", number=""))
    found = re.fullmatch(rf"{word} ?(\d{{1,9}})", without_courtesy(turn))
    return BroadcastId(int(found[1])) if found else None


async def typed(turn: Turn) -> Replies | None:
    """The word at the end of an article, on any channel and at any time; the bare number where nothing else gave it a meaning."""
    if coded := by_code(turn):
        return await _by_number(turn, coded)
    at_rest = turn.dialogue is None or turn.dialogue.flow in RESTING
    offered = await offered_by_article(turn, since=None) if at_rest else None
    return await _by_number(turn, BroadcastId(int(offered.choices[_NUMBER].rpartition(":")[2]))) if offered else None


async def _by_number(turn: Turn, broadcast_id: BroadcastId) -> Replies | None:
    """The summary, as an answer: her own word has opened the window. None where no such article went out.

    Effect: evidence that she opened it, if it counts and she has agreed to be counted. Whoever is not known is asked whether she
    wants to join, and nothing is kept of her; whoever is in the middle of joining is asked the open question again.
    """
    found = await turn.tx.broadcasts.get(broadcast_id)
    if found is None or found.state != BroadcastState.SENT:
        return None
    if found.content.counts and turn.subscribed:
        await _note_opened(turn, broadcast_id)
    summary = _summary(turn, found)
    joins = turn.dialogue is not None and turn.dialogue.flow == join.NAME
    if joins or (turn.contact_id is None and turn.dialogue is None):
        return Replies(messages=(replace(summary, buttons=()), *(await join.under_article(turn)).messages))
    return Replies(messages=(summary,))


async def _note_opened(turn: Turn, broadcast_id: BroadcastId) -> None:
    """One turn, however often she asks for the same summary, and whatever her phone has told of the article."""
    contact = turn.known.contact
    if contact is None:
        return
    first = await turn.tx.broadcasts.first_heard(broadcast_id, contact_id=contact.contact_id)
    pack, turns = turn.world.pack, int(first)
    await note_evidence(
        turn.known.actor, turn.tx, contact=contact, tier=Tier.OPENED, pack=pack, turns=turns, at=turn.now
    )


def _summary(turn: Turn, broadcast: Broadcast) -> Reply:
    content = broadcast.content
    text, cut = body(content, values=turn.placeholders, most=_SHORT)
    if content.source:
        text += f"\n\n{turn.say('campaign.source', source=content.source)}"
    if in_conversation(turn):  # what is asked there keeps the next answer
        return Reply(text=text, buttons=rows([[turn.button("conversation.go_on", conversation.NAME, "go")]]))
    number = content.news_id  # published when the article went out
    if number is None or turn.contact_id is None:
        return Reply(text=text)
    buttons = [turn.button("campaign.more", "news", "item", number)] if cut else []
    if turn.subscribed:
        buttons.append(turn.button("news.read", "news", "read", number))
    return Reply(text=text, buttons=rows([buttons] if buttons else []))


async def _summed(turn: Turn, press: Press) -> Replies:
    return await _by_number(turn, BroadcastId(press.number)) or turn.answer("news.gone")


_STEPS: Mapping[str, Callable[[Turn, Press], Awaitable[Replies]]] = {
    "show": _show,
    "go": _go,
    "drop": _drop,
    "stop": _stop,
    "repeat": _repeat,
    "leave": _leave,
    "again": _status,
    "sum": _summed,
}


async def _pressed(turn: Turn, press: Press) -> Replies:
    return await _STEPS.get(press.step, _summed)(turn, press)


async def _watched(turn: Turn) -> Replies:
    """Words of an officer who has ordered one."""
    number = turn.dialogue.subject_id if turn.dialogue else None
    if turn.known.officer and number is not None:
        found = await broadcast_for(turn.officer, tx=turn.tx, broadcast_id=BroadcastId(number))
        if found.state in UNDER_WAY:
            return _told(turn, found)
    turn.close()
    return await fallback(turn)


BROADCAST = Flow(name=NAME, answer=_watched, pressed=_pressed, resume=_watched)
