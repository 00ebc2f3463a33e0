"""What must have come true, recomputed from the simulator's record of what it delivered and not from our own tables alone."""

import hashlib
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.demo.echo import plain
from bot.demo.nominating import CORRECTED_YEAR
from bot.demo.phones import Message
from bot.demo.reporting import PEOPLE_DECLARED, current_period
from bot.demo.scenes import Play
from bot.demo.sending import BLOCKERS, the_news
from bot.demo.stage import Simulator
from outreach.campaigns.model import Campaign
from outreach.contacts.model import Subscription
from outreach.evidence import Evidence, EvidenceState
from outreach.messaging import Address, ChannelName
from outreach.officers import System
from outreach.reach.coverage import count_coverage
from outreach.reach.model import Coverage, Tier

_LONGEST_PLAY = 90
_MOST_TAPS, _MOST_TYPED, _MOST_CHARACTERS = 5, 2, 1_600
_BESIDE_THE_CROWD = 4  # the pupil, the friend, the worker on one of her phones, the silent one once she wrote
_PAGE = 1_000
_LOOKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`key` names the words; `found` is the figure that was seen."""

    key: str
    held: bool
    found: str


async def delivered(simulator: Simulator, words: str) -> list[tuple[str, str]]:
    """(chat, text) of the messages that hold these words, as the simulator accepted them one by one, on both networks."""
    got: list[tuple[str, str]] = []
    after = 0
    while True:
        page = await simulator.read("journal", kind="messages", after=after, limit=_PAGE)
        rows = page["rows"]
        assert isinstance(rows, list)  # noqa: S101  (the simulator's contract)
        got += [(str(row["chat_id"]), text) for row in rows if words in (text := str(row["text"]))]
        if not rows:
            return got
        after = rows[-1]["seq"]


async def said_to(play: Play, key: str) -> list[Message]:
    """What the bot wrote into this person's chat, as the simulator keeps it; the latest toast is the last of them."""
    chat = await play.simulator.read(f"{play.phones[key].path}/chat", after=0)
    found, toast = chat["messages"], chat.get("toast")
    assert isinstance(found, list)  # noqa: S101  (the simulator's contract)
    return [*(one for one in found if one["from"] in {"bot", "oa"}), *([toast] if isinstance(toast, dict) else [])]


async def all_of(play: Play) -> list[Check]:
    title, officer = the_news(play).title, str(play.phones["officer"].person_id)
    copies = await delivered(play.simulator, title)
    got = Counter(chat for chat, text in copies if text.startswith(title))
    # The officer saw it as it will look, before and after she chose the first wave, and as a test with a mark above it.
    tested = [chat for chat, text in copies if text.startswith(plain(play.label("campaign.test_mark")))]
    shown = got.pop(officer, 0) == _LOOKS and tested == [officer]
    async with play.app.database.read() as tx:
        campaign = (await tx.campaigns.list_recent(unit_id=None, limit=1))[0]
    coverage = await _coverage(play)
    return [
        *_campaign(play, got, campaign, coverage, shown_to_officer=shown),
        await _read(play, coverage),
        await _stopped(play, title),
        await _no_trace(play),
        _linked(play, got),
        _check("demo.check_window", play.waited and got[_id(play, "silent")] == 1, got[_id(play, "silent")]),
        await _nomination(play),
        await _declared(play, coverage),
        _poster(play),
        _check("demo.check_time", (took := round(time.monotonic() - play.began)) <= _LONGEST_PLAY, f"{took} s"),
    ]


def _check(key: str, held: object, found: object) -> Check:
    return Check(key=key, held=bool(held), found=str(found))


def _campaign(
    play: Play, got: Counter[str], campaign: Campaign, coverage: Coverage, *, shown_to_officer: bool
) -> list[Check]:
    blockers = {str(phone.person_id) for phone in play.crowd[:BLOCKERS]}
    youth = {str(phone.person_id) for phone in play.crowd} | {
        _id(play, key) for key in ("pupil", "friend", "worker", "worker_zalo", "silent")
    }
    people, left = len(play.crowd) + _BESIDE_THE_CROWD - BLOCKERS, campaign.tally.sent_assumed
    once = people - left <= len(got) <= people and set(got.values()) == {1} and shown_to_officer
    sent, found = campaign.tally.sent, sum(got.values())
    return [
        _check("demo.check_delivered", once, f"{len(got)}"),
        _check(
            "demo.check_ledger",
            sent <= found == len(got) <= sent + left == people,
            f"{sent} ≤ {found} ≤ {sent} + {left}",
        ),
        _check("demo.check_paused", play.stood, "✓" if play.stood else "?"),
        _check("demo.check_blocked", not blockers & set(got), len(blockers & set(got))),
        _check(
            "demo.check_reached",
            len(set(got) & youth) - left <= coverage.province.reached <= len(set(got) & youth),
            f"{coverage.province.reached} ({len(set(got) & youth)})",
        ),
    ]


def _id(play: Play, key: str) -> str:
    return str(play.phones[key].person_id)


def _linked(play: Play, got: Counter[str]) -> Check:
    """Two phones, one person: the news came to one of them."""
    copies = got[_id(play, "worker")] + got[_id(play, "worker_zalo")]
    return _check("demo.check_linked", copies == 1, copies)


async def _coverage(play: Play) -> Coverage:
    app = play.app
    units = app.world.units
    async with app.database.read() as tx:
        return await count_coverage(
            System(name="demo"),
            reach=tx.reach,
            denominators=tx.denominators,
            period=current_period(play),
            unit_ids=[unit_id for unit_id, _ in units.communes],
            province_id=units.province_id,
            elsewhere_id=units.elsewhere_id,
            at=play.clock(),
        )


async def _read(play: Play, coverage: Coverage) -> Check:
    """Counted once, and the reader was thanked for it."""
    counted = coverage.province.tiers.get(Tier.READ, 0)
    thanked = (await said_to(play, "pupil"))[-1].get("text") == play.label("reading.thanks")
    return _check("demo.check_read", counted == 1 and thanked, counted)


async def _stopped(play: Play, title: str) -> Check:
    """The bot's last word to her is the farewell, and it keeps her as stopped."""
    address = Address(
        account_id=play.app.lines[ChannelName.TELEGRAM].channel.account_id,
        external_id=str(play.phones["friend"].person_id),
    )
    async with play.app.database.read() as tx:
        known = await tx.contacts.known(address)
    state = known.contact.subscription if known.contact else None
    texts = [str(message["text"]) for message in await said_to(play, "friend") if message.get("text")]
    farewell = next((place for place, text in enumerate(texts) if play.label("demo.stopped_words") in text), None)
    after = farewell is not None and not any(title in text for text in texts[farewell:])
    return _check("demo.check_stopped", state == Subscription.STOPPED and after, state or "?")


async def _declared(play: Play, coverage: Coverage) -> Check:
    """The declared turns are those the secretary was told, and stand apart from the people reached."""
    turns = coverage.province.declared_turns
    words = play.label("demo.meeting")
    told = any(
        words in (text := str(message.get("text"))) and f" {PEOPLE_DECLARED} " in text
        for message in await said_to(play, "secretary")
    )
    return _check("demo.check_declared", turns == PEOPLE_DECLARED and told, turns)


async def _no_trace(play: Play) -> Check:
    """Her number in the messenger stands in no file of the database, the write-ahead log included."""
    await play.app.database.truncate_wal()
    number = str(play.phones["child"].person_id).encode()
    path = Path(str(play.app.database.url.database))
    files = [path, *path.parent.glob(f"{path.name}-*")]
    found = sum(number in file.read_bytes() for file in files)
    return _check("demo.check_child", not found, found)


async def _nomination(play: Play) -> Check:
    """Sent, with the birth year as it was corrected, and its photo on our disk is the one in the simulator."""
    address = Address(
        account_id=play.app.lines[ChannelName.TELEGRAM].channel.account_id,
        external_id=str(play.phones["teacher"].person_id),
    )
    async with play.app.database.read() as tx:
        known = await tx.contacts.known(address)
        found = await tx.nominations.list_of(known.contact.contact_id) if known.contact else []
        pieces = await tx.evidence.list_of(found[0].nomination_id) if found else []
    code = found[0].code if found else None
    held = len(found) == 1 and code and found[0].answers.get("birth_year") == CORRECTED_YEAR
    return _check("demo.check_nomination", held and await _evidence_kept(play, pieces), code or "?")


async def _evidence_kept(play: Play, pieces: list[Evidence]) -> bool:
    chat = await play.simulator.read(f"people/{play.phones['teacher'].person_id}/chat", after=0)
    messages = chat["messages"]
    assert isinstance(messages, list)  # noqa: S101  (the simulator's contract)
    sent = [await play.simulator.fetch(message["photo"]["url"]) for message in messages if message.get("photo")]
    stored = [piece.content_hash for piece in pieces if piece.state == EvidenceState.STORED]
    try:
        kept = [await play.app.evidence.get(content_hash) for content_hash in stored]
    except Exception:  # noqa: BLE001  gone, damaged, sealed with another key: in each case it is not kept
        return False
    hashes = [hashlib.sha256(content).hexdigest() for content in kept]
    return bool(kept) and kept == sent and hashes == stored and len(stored) == len(pieces)


def _poster(play: Play) -> Check:
    taps, typed, characters = play.poster
    held = taps <= _MOST_TAPS and typed <= _MOST_TYPED and characters <= _MOST_CHARACTERS
    return _check("demo.check_poster", held, f"{taps}, {typed}, {characters}")
