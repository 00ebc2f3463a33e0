"""What goes with the words of a draft: one screen that says it, and the ways to each."""

from collections.abc import Mapping

from content.markup import formatted_paragraphs
from content.placeholders import has_any
from content.render import carried
from handlers.buttons import Press
from handlers.send import channels
from handlers.send.steps import FLOW, draft
from handlers.turn import Labels, Turn
from outreach.campaigns.extras import set_copy, set_formatted
from outreach.campaigns.media import add_media
from outreach.campaigns.model import Campaign
from outreach.messaging import AttachmentKind, Button, MessageCopy, Replies

STEP = "extras"
ALBUM, ORIGINAL = "album", "original"  # kept in the conversation: what may still follow, and the officer's own message


def way(turn: Turn, key: str, step: str, arg: str | int = "", **values: object) -> Button:
    return turn.button(f"media.{key}", FLOW, step, arg, **values)


async def show(turn: Turn, press: Press | None = None) -> Replies:
    campaign = await draft(turn, press)
    number, content = campaign.campaign_id, campaign.content
    turn.goto(FLOW, STEP, subject_id=number)
    original = content.copy_of or _original(turn)
    offered = original is not None and not has_any((content.title, *content.paragraphs))
    as_it_is = [way(turn, "plainly" if content.copy_of else "as_it_is", "copy", f"{number}-{int(not content.copy_of)}")]
    buttons: Labels = [
        [way(turn, "files", "media", number), way(turn, "links", "links", number)],
        [way(turn, "ask_question", "question", number), *(as_it_is if offered else [])],
        [way(turn, "done", "confirm", number)],
    ]
    return turn.answer(
        "media.extras",
        buttons,
        title=content.title,
        names=[one.name for one in content.media],
        links=content.links,
        question=content.question,
        as_it_is=content.copy_of is not None,
        elsewhere=elsewhere(turn, campaign),
    )


async def choose_copy(turn: Turn, press: Press) -> Replies:
    """The button holds "<campaign>-<0 or 1>", so that pressing it twice changes nothing twice."""
    number, _, flag = press.arg.partition("-")
    campaign = await draft(turn, Press(flow=FLOW, step=press.step, arg=number))
    before = campaign.content.copy_of
    copy_of = before or _original(turn)
    await set_copy(turn.officer, tx=turn.tx, campaign=campaign, copy_of=copy_of if flag == "1" else None)
    if before and turn.dialogue:
        turn.goto(FLOW, STEP, data={**turn.dialogue.data, ORIGINAL: before.ref})
    return await show(turn, Press(flow=FLOW, step=STEP, arg=number))


def _original(turn: Turn) -> MessageCopy | None:
    """Her own message, as long as the conversation remembers it."""
    ref = turn.dialogue.data.get(ORIGINAL) if turn.dialogue and turn.can.copies else None
    return MessageCopy(address=turn.incoming.address, ref=ref) if ref else None


async def dress(turn: Turn, campaign: Campaign, *, html: str = "") -> tuple[Campaign, Mapping[str, str]]:
    """Take over what came with the words just sent: formatting, pictures, the message itself. Gives what the conversation keeps.

    A post that was forwarded with pictures or formatting goes on as it is, unless the officer says otherwise.
    """
    incoming, officer, tx = turn.incoming, turn.officer, turn.tx
    html = html or incoming.formatted
    formatted = formatted_paragraphs(campaign.content.paragraphs, html=html) if html else ()
    campaign = await set_formatted(officer, tx=tx, campaign=campaign, formatted=formatted)
    photos = [one for one in incoming.attachments if one.kind == AttachmentKind.PHOTO]
    if photos:
        account_id = incoming.address.account_id
        campaign = await add_media(
            officer, tx=tx, campaign=campaign, attachments=photos, account_id=account_id, at=turn.now
        )
    if not _may_copy(turn, campaign):
        return campaign, {ALBUM: incoming.album} if photos and incoming.album else {}
    if incoming.forwarded and (photos or formatted) and campaign.content.question is None:
        copy_of = MessageCopy(address=incoming.address, ref=incoming.message_ref)
        campaign = await set_copy(officer, tx=tx, campaign=campaign, copy_of=copy_of)
    return campaign, {ORIGINAL: incoming.message_ref}


def _may_copy(turn: Turn, campaign: Campaign) -> bool:
    """An album is several messages; a correction says what it is; what is filled in for each reader is no copy."""
    incoming, content = turn.incoming, campaign.content
    whole = bool(incoming.message_ref and incoming.text) and not incoming.album
    fixed = campaign.audience.corrects is not None or has_any((content.title, *content.paragraphs))
    return turn.can.copies and whole and not fixed


def summary(turn: Turn, campaign: Campaign) -> str:
    """What goes along, in one line; nothing where nothing does."""
    content = campaign.content
    photos = sum(one.kind == AttachmentKind.PHOTO for one in content.media)
    parts = {
        "photos": photos,
        "files": len(content.media) - photos,
        "buttons": len(content.links),
        "question": int(content.question is not None),
        "as_it_is": int(content.copy_of is not None),
    }
    return ", ".join(turn.label(f"media.with_{name}", count=count) for name, count in parts.items() if count)


def elsewhere(turn: Turn, campaign: Campaign) -> list[str]:
    """What people on some channel do not get, or get otherwise: said before it is sent."""
    content, told = campaign.content, []
    for door in turn.world.doors:
        left_out = len(content.media) - len(carried(content.media, capabilities=door.capabilities))
        if left_out:
            told.append(turn.label("media.left_out", name=channels.name(turn, door.channel), count=left_out))
        elif content.media and door.capabilities.windowed:
            told.append(
                turn.label("media.one_by_one", name=channels.name(turn, door.channel), count=len(content.media))
            )
        if content.copy_of and not door.capabilities.copies:
            told.append(turn.label("media.no_copy", name=channels.name(turn, door.channel)))
    return told
