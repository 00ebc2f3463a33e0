"""The officer's scene: in by a one-time link, the news pasted, looked at, tested, sent, watched to its end."""

import asyncio
import re
import secrets
import time
from datetime import timedelta

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.demo.phones import NoAnswerError, Phone
from bot.demo.scenes import Play
from outreach.officers import Role
from outreach.pack import SampleNews

BLOCKERS = 2
_PATIENCE = 60.0
_NEWS = "ke-hoach-136"
_LOOK_EVERY = 0.2
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
    """Two have blocked the bot before it begins. The minute of grace is skipped by the clock of the play, and said so."""
    officer, news = play.phones["officer"], the_news(play)
    for phone in play.crowd[:BLOCKERS]:
        await phone.blocks()
    await play.presses(officer, "commands.gui")
    await play.taps(officer, "campaign.new")
    await play.says(officer, "\n\n".join((news.title, *news.paragraphs)))
    await play.taps(officer, "campaign.content_ok")
    await play.taps(officer, "campaign.to_all")
    await play.taps(officer, "campaign.test")
    await play.taps(officer, "campaign.send")
    play.transcript.say("demo.minute")
    await play.skip(timedelta(seconds=61))
    await _watched(play, officer)


async def _watched(play: Play, officer: Phone) -> None:
    """The officer's own progress message, as the simulator shows it edit itself, until the report stands below it."""
    done = play.label("demo.report_words")
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
            for figures in filter(None, (_SO_FAR.search(str(message.get("text"))) for message in fresh)):
                sent, total = (int(figure.replace(".", "")) for figure in figures.groups())
                bar.update(task, total=total, completed=sent)
            if any(done in str(message.get("text")) for message in fresh):
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
