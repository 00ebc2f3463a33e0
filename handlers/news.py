"""Tin mới: the latest, by topic, by words; one item in full. Open to everybody; only subscribers' reading is counted."""

from collections.abc import Sequence

from content.placeholders import fill, filled
from handlers.buttons import Press, as_number, payload
from handlers.pages import page_buttons
from handlers.shortcuts import shortcut
from handlers.turn import Command, Turn
from outreach.messaging import Button, Replies
from outreach.news.model import NewsId, NewsItem, NewsState
from outreach.reach.evidence import note_evidence
from outreach.reach.model import Tier
from outreach.text import fold

NAME = "news"
FIND, FOUND = "find", "found"  # steps: words are asked for, or have been found
_PER_PAGE = 5


async def latest(turn: Turn) -> Replies:
    return await _page(turn, offset=0, topic="")


def asks_for_search(turn: Turn) -> bool:
    """Whether the words begin like a search ("tìm học bổng") or only ask for one ("tìm"), outside every conversation."""
    return _sought(turn) is not None


def _sought(turn: Turn) -> str | None:
    """What stands behind the word that asks for a search, folded; empty where nothing does, None where there is no such word."""
    words = fold(turn.incoming.text)
    first, _, rest = words.partition(" ")
    if words == fold(turn.label("news.find")):
        return ""
    return rest if first in {fold(word) for word in turn.label("news.find_words").split(",")} else None


async def search(turn: Turn) -> Replies:
    """Items whose title or text holds all the words, whatever their diacritics. The words are not kept."""
    words = _sought(turn)
    if words == "":
        return _ask_words(turn)
    words = words or fold(turn.incoming.text)
    found = await turn.tx.news.search(words, limit=_PER_PAGE) if words else []
    _stay(turn, FOUND if found else FIND)
    if not found:
        ask = shortcut(turn, "commands.hoi", "hoi")
        return turn.answer("news.not_found", [[turn.button("news.latest", NAME, "page"), ask], _ways(turn)])
    return _list(turn, found, key="news.found", last=[turn.button("news.latest", NAME, "page")])


async def _page(turn: Turn, *, offset: int, topic: str) -> Replies:
    items = await turn.tx.news.latest(topic=topic, offset=offset, limit=_PER_PAGE + 1)
    _stay(turn, "list")
    if not items:
        return turn.answer("news.none", page_buttons(turn))
    last = []
    if offset:
        last.append(turn.button("news.newer", NAME, "page", f"{max(0, offset - _PER_PAGE)}-{topic}"))
    if len(items) > _PER_PAGE:
        last.append(turn.button("news.older", NAME, "page", f"{offset + _PER_PAGE}-{topic}"))
    return _list(turn, items[:_PER_PAGE], key="news.list", last=last, topic=topic)


def _list(turn: Turn, items: Sequence[NewsItem], *, key: str, last: list[Button], topic: str = "") -> Replies:
    numbers = [Button(label=str(n), payload=payload(NAME, "item", item.id)) for n, item in enumerate(items, 1)]
    lines = [{"title": fill(item.title, turn.placeholders), "on": item.published_on} for item in items]
    name = turn.world.pack.topic(topic).name.of(turn.language) if topic else ""
    rows = [row for row in (numbers, last, _ways(turn)) if row]
    return turn.answer(key, rows, items=lines, topic=name)


def _ways(turn: Turn) -> list[Button]:
    return [turn.button("news.topics", NAME, "topics"), turn.button("news.find", NAME, FIND)]


def _stay(turn: Turn, step: str, *, item: NewsId | None = None) -> None:
    """Of somebody who is not known nothing is remembered, not even what she reads."""
    if turn.contact_id is not None:
        turn.goto(NAME, step, data={"item": str(item)} if item else {})


async def _item(turn: Turn, press: Press) -> Replies:
    """One item in full, with number, date and source. Effect: evidence that it was opened, if it counts."""
    item = await turn.tx.news.get(NewsId(press.number))
    if item is None or item.state != NewsState.PUBLISHED:
        return turn.answer("news.gone", [[turn.button("news.latest", NAME, "page")]])
    again = turn.dialogue is not None and turn.dialogue.data.get("item") == str(item.id)
    await _note(turn, item, tier=Tier.OPENED, turns=0 if again else 1)
    _stay(turn, "item", item=item.id)
    others = turn.button("news.others", NAME, "page")
    read = turn.button("news.read", NAME, "read", item.id)
    return turn.answer(
        "news.item",
        [[read, others] if turn.subscribed else [others]],
        item=filled(item, turn.placeholders),
        document=item.document,
    )


async def _read(turn: Turn, press: Press) -> Replies:
    item = await turn.tx.news.get(NewsId(press.number))
    if item is not None and item.state == NewsState.PUBLISHED:
        await _note(turn, item, tier=Tier.READ, turns=0)
    return Replies(toast=turn.label("reading.thanks"))


async def _note(turn: Turn, item: NewsItem, *, tier: Tier, turns: int) -> None:
    if item.counts and turn.known.contact:
        await note_evidence(
            turn.known.actor,
            turn.tx,
            contact=turn.known.contact,
            tier=tier,
            pack=turn.world.pack,
            turns=turns,
            at=turn.now,
        )


async def _topics(turn: Turn, _: Press) -> Replies:
    _stay(turn, "topics")
    language = turn.language
    rows = [
        [Button(label=topic.name.of(language), payload=payload(NAME, "page", f"0-{topic.code}"))]
        for topic in turn.world.pack.topics
    ]
    return turn.answer("news.which_topic", [*rows, [turn.button("news.latest", NAME, "page")]])


async def _find(turn: Turn, _: Press) -> Replies:
    return _ask_words(turn)


def _ask_words(turn: Turn) -> Replies:
    """Of somebody who is not known it is not remembered that she searches, so her words have to say it."""
    _stay(turn, FIND)
    known = turn.contact_id is not None
    return turn.answer("news.type_words", [[turn.button("news.latest", NAME, "page")]], known=known)


async def _turned(turn: Turn, press: Press) -> Replies:
    """An argument such as 10-awards: from the eleventh on, of that topic."""
    offset, _, topic = press.arg.partition("-")
    known = topic in {one.code for one in turn.world.pack.topics}
    return await _page(turn, offset=as_number(offset), topic=topic if known else "")


_STEPS = {"item": _item, "read": _read, "topics": _topics, FIND: _find}


async def pressed(turn: Turn, press: Press) -> Replies:
    return await _STEPS.get(press.step, _turned)(turn, press)


TIN = Command(name="tin", run=latest)
