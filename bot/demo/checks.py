"""What must have come true, recomputed from the simulator's record of what it delivered and not from our own tables alone."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.demo.nominating import CORRECTED_YEAR
from bot.demo.reporting import PEOPLE_DECLARED, current_period
from bot.demo.scenes import CROWD, Play
from bot.demo.sending import BLOCKERS, the_news
from bot.demo.stage import Simulator
from outreach.campaigns.model import Campaign
from outreach.contacts.model import Subscription
from outreach.messaging import Address
from outreach.officers import System
from outreach.reach.coverage import count_coverage
from outreach.reach.model import Coverage, Tier

_LONGEST_PLAY = 90
_MOST_TAPS, _MOST_CHARACTERS = 5, 1_300
_SUBSCRIBERS = CROWD + 3
_PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`key` names the words; `found` is the figure that was seen."""

    key: str
    held: bool
    found: str


async def delivered(simulator: Simulator, words: str) -> Counter[int]:
    """Chat -> messages that begin with these words, as the simulator accepted them one by one."""
    got: Counter[int] = Counter()
    after = 0
    while True:
        page = await simulator.read("journal", kind="messages", after=after, limit=_PAGE)
        rows = page["rows"]
        assert isinstance(rows, list)  # noqa: S101  (the simulator's contract)
        got.update(row["chat_id"] for row in rows if str(row["text"]).startswith(words))
        if not rows:
            return got
        after = rows[-1]["seq"]


async def all_of(play: Play) -> list[Check]:
    officer = play.phones["officer"].person_id
    got = await delivered(play.simulator, the_news(play).title)
    # The officer saw it twice: as it will look, and as a test; neither is a delivery.
    shown_to_officer = got.pop(officer, 0)
    async with play.app.database.read() as tx:
        campaign = (await tx.campaigns.list_recent(unit_id=None, limit=1))[0]
    coverage = await _coverage(play)
    return [
        *_campaign(play, got, campaign, coverage, shown_to_officer),
        await _stopped(play),
        await _no_trace(play),
        await _nomination(play),
        _check(
            "demo.check_declared", coverage.province.declared_turns == PEOPLE_DECLARED, coverage.province.declared_turns
        ),
        _poster(play),
        _check("demo.check_time", (took := round(time.monotonic() - play.began)) <= _LONGEST_PLAY, f"{took} s"),
    ]


def _check(key: str, held: object, found: object) -> Check:
    return Check(key=key, held=bool(held), found=str(found))


def _campaign(
    play: Play, got: Counter[int], campaign: Campaign, coverage: Coverage, shown_to_officer: int
) -> list[Check]:
    blockers = {phone.person_id for phone in play.crowd[:BLOCKERS]}
    youth = {phone.person_id for phone in play.crowd} | {
        play.phones[key].person_id for key in ("pupil", "friend", "worker")
    }
    once = len(got) == _SUBSCRIBERS - BLOCKERS and set(got.values()) == {1} and shown_to_officer
    return [
        _check("demo.check_delivered", once, f"{len(got)}"),
        _check(
            "demo.check_ledger",
            campaign.tally.sent == sum(got.values()),
            f"{campaign.tally.sent} = {sum(got.values())}",
        ),
        _check("demo.check_blocked", not blockers & set(got), len(blockers & set(got))),
        _check(
            "demo.check_reached",
            coverage.province.reached == len(set(got) & youth),
            f"{coverage.province.reached} = {len(set(got) & youth)}",
        ),
        _check(
            "demo.check_read", coverage.province.tiers.get(Tier.READ) == 1, coverage.province.tiers.get(Tier.READ, 0)
        ),
    ]


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


async def _stopped(play: Play) -> Check:
    address = Address(account_id=play.app.channel.account_id, external_id=str(play.phones["friend"].person_id))
    async with play.app.database.read() as tx:
        known = await tx.contacts.known(address)
    state = known.contact.subscription if known.contact else None
    return _check("demo.check_stopped", state == Subscription.STOPPED, state or "?")


async def _no_trace(play: Play) -> Check:
    """Her number in the messenger stands in no file of the database, the write-ahead log included."""
    await play.app.database.truncate_wal()
    number = str(play.phones["child"].person_id).encode()
    path = Path(str(play.app.database.url.database))
    files = [path, *path.parent.glob(f"{path.name}-*")]
    found = sum(number in file.read_bytes() for file in files)
    return _check("demo.check_child", not found, found)


async def _nomination(play: Play) -> Check:
    """Sent, with its evidence, and with the birth year as it was corrected."""
    address = Address(account_id=play.app.channel.account_id, external_id=str(play.phones["teacher"].person_id))
    async with play.app.database.read() as tx:
        known = await tx.contacts.known(address)
        found = await tx.nominations.list_of(known.contact.contact_id) if known.contact else []
    code = found[0].code if found else None
    held = len(found) == 1 and code and found[0].answers.get("birth_year") == CORRECTED_YEAR
    return _check("demo.check_nomination", held, code or "?")


def _poster(play: Play) -> Check:
    taps, typed, characters = play.poster
    held = taps <= _MOST_TAPS and not typed and characters <= _MOST_CHARACTERS
    return _check("demo.check_poster", held, f"{taps}, {typed}, {characters}")
