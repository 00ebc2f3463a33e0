"""The officer's scenes: in by a one-time link, the news pasted, looked at, tested, ordered, watched to its end through a kill."""

import asyncio
import re
import secrets
import time
from datetime import timedelta

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.demo.phones import NoAnswerError, Phone
from bot.demo.scenes import Play
from outreach.campaigns.planning import FIRST_WAVE
from outreach.clock import VIETNAM
from outreach.officers import Role
from outreach.pack import SampleNews

BLOCKERS = 2
_PATIENCE = 60.0
_NEWS = "ke-hoach-136"
_LOOK_EVERY = 0.2
_LATER = timedelta(minutes=90)
_A_FEW = 8  # messages
_SETTLES = 0.7  # seconds in which what had left by the pause arrives
_SO_FAR = re.compile(r"(\d[\d.]*)/(\d[\d.]*)")  # of how many, in the words of the progress message


def the_news(play: Play) -> SampleNews:
    return next(item for item in play.app.pack.news if item.key == _NEWS)


async def comes_in(play: Play) -> None:
    """The link that `loatre setup` prints: whoever opens it first is the admin."""
    token = secrets.token_urlsafe(16)
    async with play.app.database.write() as tx:
        await tx.officers.add_invitation(
            token=token, role=Role.ADMIN, unit_id=None, inviter=None, expires_at=play.clock() + timedelta(days=7)
        )
    officer = await play.person("officer", "officer")
    await play.opens(officer, f"cb_{token}")
    await play.taps(officer, "duty.take")


async def sends(play: Play) -> None:
    """Two have blocked the bot before it begins. Ordered for a later hour, to a few people of many communes first."""
    officer, news = play.phones["officer"], the_news(play)
    for phone in play.crowd[:BLOCKERS]:
        await phone.blocks()
    await play.presses(officer, "commands.gui")
    await play.taps(officer, "campaign.new")
    await play.says(officer, "\n\n".join((news.title, *news.paragraphs)))
    await play.taps(officer, "campaign.content_ok")
    await play.taps(officer, "campaign.to_all")
    await play.taps(officer, "campaign.test")
    await play.taps(officer, "plan.first_wave", size=FIRST_WAVE)
    await play.taps(officer, "campaign.schedule")
    hour = (play.clock() + _LATER).astimezone(VIETNAM).replace(second=0, microsecond=0)
    await play.says(officer, f"{hour:%H:%M}")
    play.transcript.say("demo.hour", style="yellow", hour=f"{hour:%H:%M}")
    await play.skip(hour - play.clock())


async def watches(play: Play) -> None:
    """The first wave, its word on how it went, and the rest: paused, resumed, and the process that sends killed in the middle."""
    officer, title = play.phones["officer"], the_news(play).title
    play.transcript.answers([await officer.waits_for(play.label("demo.wave_words"), seconds=_PATIENCE)])
    begun = await _arrived(play, title)
    await play.taps(officer, "plan.open_now")
    await _until(play, title, begun + _A_FEW)
    await play.taps(officer, "campaign.pause")
    await asyncio.sleep(_SETTLES)
    stood = await _arrived(play, title)
    await asyncio.sleep(_SETTLES)
    play.stood = await _arrived(play, title) == stood
    await play.taps(officer, "campaign.resume")
    await _until(play, title, stood + _A_FEW)
    await play.sender.kill()
    play.transcript.say("demo.killed", style="bold yellow", count=await _arrived(play, title))
    await play.sender.start()
    await _to_its_end(play, officer)


async def _arrived(play: Play, title: str) -> int:
    """Messages with these words that the simulator has accepted, the officer's own among them."""
    found = await play.simulator.read("journal/counts", contains=title)
    return int(str(found["delivered"]))


async def _until(play: Play, title: str, count: int) -> None:
    ends = time.monotonic() + _PATIENCE
    while await _arrived(play, title) < count:
        if time.monotonic() > ends:
            raise NoAnswerError(play.label("demo.campaign_bar"))
        await asyncio.sleep(_LOOK_EVERY / 4)


async def _to_its_end(play: Play, officer: Phone) -> None:
    """The officer's own progress message, as the simulator shows it edit itself, until the report stands below it.

    Whoever may or may not have got it when the process was killed is left as it is.
    """
    done, unclear = play.label("demo.report_words"), play.label("demo.unclear_words")
    ends = time.monotonic() + _PATIENCE
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=play.transcript.console,
    )
    with bar:
        task = bar.add_task(play.label("demo.campaign_bar"), total=None)
        while time.monotonic() < ends:
            fresh = await officer.look()
            play.transcript.answers(fresh)
            texts = [str(message.get("text")) for message in fresh]
            for figures in filter(None, map(_SO_FAR.search, texts)):
                sent, total = (int(figure.replace(".", "")) for figure in figures.groups())
                bar.update(task, total=total, completed=sent)
            if any(unclear in text for text in texts):
                await play.taps(officer, "campaign.leave")
            if any(done in text for text in texts):
                return
            await asyncio.sleep(_LOOK_EVERY)
    raise NoAnswerError(play.label("demo.campaign_bar"))


async def people_react(play: Play) -> None:
    """One presses "read", one stops: one tap, one answer."""
    reader, leaver = play.phones["pupil"], play.phones["friend"]
    await reader.look()
    await leaver.look()
    await play.taps(reader, "campaign.read")
    await play.taps(leaver, "campaign.stop")
