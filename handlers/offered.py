"""What may be typed at this moment, by number or by words: under her own last message, or under one that came in between.

Numbers mean the last message with buttons; in the middle of a question they are the question's, and where a list that came in
between shows its numbers too, it is asked once. Words mean whatever still offers them, the last one first. Of people who are not
known nothing is stored: this process remembers, and after a restart their numbers mean the list of pages.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from handlers import join
from handlers.broadcast import offered_by_article
from handlers.coming_back import HERE
from handlers.matching import choices_of, is_number
from handlers.pages import stranger_buttons
from handlers.reading import typed_under
from handlers.turn import Flow, Turn, rows
from outreach.dialogue import RESTING, Offer
from outreach.messaging import Address, ContactId, Notice, Replies, Reply
from outreach.outbox import OutboxRow, Target
from outreach.text import fold
from outreach.transaction import Transaction

Choices = dict[str, str]

_REMEMBERED = timedelta(hours=24)
_MOST_STRANGERS = 10_000
_COUNTS_A_LIST = re.compile(r"[1-9]\d?")  # and is no year


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    choices: Choices
    at: datetime


@dataclass(kw_only=True)
class Strangers:
    """The choices that people who are not known were shown last, and when."""

    _shown: dict[Address, Shown] = field(default_factory=dict)  # the oldest first

    def note(self, turn: Turn, replies: Replies) -> None:
        """At the end of a turn. Whoever has become known, is asked something, or is to be forgotten, is no longer here."""
        choices = choices_of(replies.messages)
        asked = turn.contact_id is not None or turn.dialogue is not None
        if asked or replies.forget or choices:
            self._shown.pop(turn.incoming.address, None)
        if choices and not asked and not replies.forget:
            self._shown[turn.incoming.address] = Shown(choices=choices, at=turn.now)
        if len(self._shown) > _MOST_STRANGERS:
            del self._shown[next(iter(self._shown))]

    def find(self, turn: Turn) -> Shown | None:
        shown = self._shown.get(turn.incoming.address)
        return shown if shown and turn.now - shown.at < _REMEMBERED else None


async def tell_others(tx: Transaction, notices: Sequence[Notice], *, at: datetime) -> list[OutboxRow]:
    """Promise messages to people whose turn it is not. Effects: outbox, and what their buttons offer."""
    promised = await tx.outbox.add([(_target(notice), notice.reply) for notice in notices], at=at)
    offers: dict[ContactId, Offer] = {}
    for notice in notices:
        # A message that is edited stands far above by now, and offers nothing new.
        if not notice.reply.edits and (choices := choices_of([notice.reply])):
            offers[notice.contact_id] = Offer(choices=choices, offered_at=at, address_id=notice.address_id)
    if offers:
        await tx.dialogues.offer(offers)
    return promised


def _target(notice: Notice) -> Target:
    return Target(contact_id=notice.contact_id, address_id=notice.address_id, address=notice.address)


async def choices_now(turn: Turn, flow: Flow | None, *, stale: bool, strangers: Strangers) -> Choices:
    """What is typed -> payload. `flow` is the open conversation; after a long silence (`stale`) its own choices are no longer meant."""
    if turn.contact_id is None and turn.known.draft is None:
        return await _for_stranger(turn, strangers.find(turn))
    own = dict(turn.dialogue.choices) if turn.dialogue and not stale else _still_shown(turn)
    own = _words(own) | _offered_here(turn) if _on_her_other_phone(turn) else own
    offer = turn.known.offer
    if flow and flow.name not in RESTING and not stale:
        return (
            (_words(offer.choices) if offer else {}) | own | await _in_joining(turn)
        )  # the open question keeps its numbers
    latest = turn.known.dialogue.answered_at if turn.known.dialogue else None
    if offer and (latest is None or offer.offered_at > latest):
        own, latest = _words(own) | dict(offer.choices), offer.offered_at
    elif offer:
        own = _words(offer.choices) | own
    if is_number(turn.incoming.text):
        # No consent is said by a number that an article asks for, whichever came last.
        asks_consent = own.get(turn.incoming.text.strip(), "").startswith(HERE)
        article = await offered_by_article(turn, since=None if asks_consent else latest)
        if (under := await typed_under(turn, since=article.since if article else latest)) is not None:
            return under
        return article.choices if article else own
    return own


def which_number(turn: Turn, flow: Flow) -> Reply | None:
    """She typed a number that her open question may mean, and something else as well: a list of numbers that came in after it, or
    what stands on this phone while the question was asked on her other one. Neither is guessed.

    Asked once: after that the question is the last message here. None where one thing alone can be meant.
    """
    offer, typed = turn.known.offer, turn.incoming.text.strip()
    if turn.dialogue is None or flow.name in RESTING or not _COUNTS_A_LIST.fullmatch(typed):
        return None
    if _on_her_other_phone(turn):
        return None if typed in _offered_here(turn) else turn.reply("menu.asked_elsewhere", number=typed)
    if offer is None or offer.offered_at <= turn.dialogue.answered_at or typed not in offer.choices:
        return None
    if turn.shows_buttons(sum(map(is_number, offer.choices))):
        return None
    turn.dialogue = replace(turn.dialogue, answered_at=turn.now)
    meant = offer.choices[typed]
    words = (one for one, payload in offer.choices.items() if payload == meant and not is_number(one))
    word = max(words, key=lambda one: (len(one), one != fold(one)))  # the whole label, with its diacritics
    return turn.reply("menu.which_number", number=typed, word=word)


async def _in_joining(turn: Turn) -> Choices:
    """Of these questions only: a number that an article asks for must not say that she is of age, or that she agrees."""
    article = await offered_by_article(turn, since=None) if join.may_mean_article(turn) else None
    return article.choices if article else {}


async def _for_stranger(turn: Turn, shown: Shown | None) -> Choices:
    pages = choices_of([Reply(text="", buttons=rows(stranger_buttons(turn)))])
    article = await offered_by_article(turn, since=shown.at if shown else None)
    if article:
        return article.choices
    return _words(pages) | shown.choices if shown else pages


def _still_shown(turn: Turn) -> Choices:
    """Of a list that has ended by itself, where its numbers are all there is to choose by: they stand last on the phone."""
    ended = turn.known.dialogue
    if turn.dialogue is not None or ended is None or turn.now - ended.answered_at >= _REMEMBERED:
        return {}
    return {} if turn.shows_buttons(sum(map(is_number, ended.choices))) else dict(ended.choices)


def _on_her_other_phone(turn: Turn) -> bool:
    """Whether the last message of the conversation stands there, and not on the one she types on."""
    shown = turn.known.dialogue.address_id if turn.known.dialogue else None
    return shown is not None and shown != turn.known.address_id


def _offered_here(turn: Turn) -> Choices:
    """What a notice that was meant for this phone has brought since the last message of the conversation."""
    offer, last = turn.known.offer, turn.known.dialogue
    if (
        offer is None
        or last is None
        or offer.address_id != turn.known.address_id
        or offer.offered_at < last.answered_at
    ):
        return {}
    return dict(offer.choices)


def _words(choices: Mapping[str, str]) -> Choices:
    return {typed: payload for typed, payload in choices.items() if not is_number(typed)}
