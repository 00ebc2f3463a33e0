"""The officer's scene: in by a one-time link, the news pasted, looked at, tested, sent, watched to its end."""

import asyncio
import secrets
import time
from datetime import timedelta

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.demo.phones import NoAnswerError, Phone
from bot.demo.scenes import Play
from outreach.campaigns.model import Campaign, CampaignState
from outreach.messaging import CampaignId
from outreach.officers import Role
from outreach.pack import SampleNews

BLOCKERS = 2
_PATIENCE = 60.0
_NEWS = "ke-hoach-136"


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
    """The officer's own progress message, read off as it edits itself, beside the ledger's end."""
    async with play.app.database.read() as tx:
        number = (await tx.campaigns.list_recent(unit_id=None, limit=1))[0].campaign_id
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
        while (campaign := await _look(play, number)).state != CampaignState.FINISHED:
            done = campaign.tally.total - campaign.tally.pending - campaign.tally.in_flight
            bar.update(task, total=campaign.tally.total or None, completed=done)
            if time.monotonic() > ends:
                raise NoAnswerError(play.label("demo.campaign_bar"))
            await asyncio.sleep(0.2)
        bar.update(task, total=campaign.tally.total, completed=campaign.tally.total)
    report = await officer.waits_for(play.label("demo.report_words"), seconds=_PATIENCE)
    play.transcript.answers([report])


async def _look(play: Play, number: CampaignId) -> Campaign:
    async with play.app.database.read() as tx:
        campaign = await tx.campaigns.get(number)
    if campaign is None:
        raise NoAnswerError(f"campaign {number}")
    return campaign


async def people_react(play: Play) -> None:
    """One presses "read", one stops: one tap, one answer."""
    reader, leaver = play.phones["pupil"], play.phones["friend"]
    await reader.look()
    await leaver.look()
    await play.taps(reader, "campaign.read")
    await play.taps(leaver, "campaign.stop")
