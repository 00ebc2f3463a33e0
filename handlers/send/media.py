"""Pictures and files that go with a campaign."""

from handlers.buttons import Press, payload
from handlers.send import content
from handlers.send.extras import ALBUM, elsewhere, way
from handlers.send.steps import FLOW, draft
from handlers.turn import Turn, World
from outreach.campaigns.media import LARGEST, MOST_MEDIA, add_media, drop_media
from outreach.campaigns.model import Campaign
from outreach.campaigns.ports.media import MediaRow
from outreach.messaging import Button, Replies, Reply

STEP = "media"


async def ask(turn: Turn, press: Press | None = None) -> Replies:
    return _show(turn, await draft(turn, press))


def _show(turn: Turn, campaign: Campaign) -> Replies:
    number = campaign.campaign_id
    turn.goto(FLOW, STEP, subject_id=number)
    none = [way(turn, "no_files", "nomedia", number)] if campaign.content.media else []
    return turn.answer(
        "media.send_files",
        [[*none, way(turn, "back", "extras", number)]],
        got=[one.name for one in campaign.content.media],
        most=MOST_MEDIA,
        megabytes=LARGEST // 1_000_000,
        files=turn.can.files,
        elsewhere=elsewhere(turn, campaign),
    )


async def take(turn: Turn) -> Replies:
    if not turn.incoming.attachments:
        turn.misunderstood()
        return await ask(turn)
    return _show(turn, await _add(turn, await draft(turn)))


async def drop(turn: Turn, press: Press) -> Replies:
    campaign = await draft(turn, press)
    return _show(turn, await drop_media(turn.officer, tx=turn.tx, campaign=campaign))


async def next_of_album(turn: Turn) -> Replies | None:
    """A further picture of the post whose words have just been read; None for anything else."""
    album = turn.dialogue.data.get(ALBUM) if turn.dialogue else None
    if not album or album != turn.incoming.album or turn.dialogue is None:
        return None
    kept = turn.dialogue.data
    return await content.show(turn, await _add(turn, await draft(turn)), kept=kept)


async def _add(turn: Turn, campaign: Campaign) -> Campaign:
    incoming = turn.incoming
    return await add_media(
        turn.officer,
        tx=turn.tx,
        campaign=campaign,
        attachments=incoming.attachments,
        account_id=incoming.address.account_id,
        at=turn.now,
    )


def refused(world: World, row: MediaRow, reason: str) -> Reply:
    """A file that cannot be sent along; the rest of the draft is as it was."""
    say = world.catalog
    known = say.has(f"media.unfit.{reason}")
    why = say.label(f"media.unfit.{reason}" if known else "media.unfit.other")
    back = Button(label=say.label("media.look_at_draft"), payload=payload(FLOW, "confirm", row.campaign_id))
    return Reply(text=say.say("media.refused", name=row.media.name, why=why), buttons=((back,),))
