"""Pictures and files that go with a campaign: a turn writes that one is wanted, it is fetched after the commit and kept sealed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePath

from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.ports.media import MediaRow, MediaState
from outreach.clock import Clock
from outreach.errors import InvalidAnswerError
from outreach.evidence import MOST_ATTEMPTS, Check, EvidenceRefusedError, EvidenceStore, why_it_stays
from outreach.messaging import AccountId, Attachment, AttachmentKind, Channel, Media, Reply, SendError
from outreach.officers import Action, Actor, Officer, check_act, check_system
from outreach.outbox import OutboxRow, Target
from outreach.transaction import Transaction, Transactions

MOST_MEDIA = 10  # as many as an album holds
LARGEST = 20_000_000  # bytes; what messengers let a bot fetch
_AT_ONCE = 5
_KEPT_FOR = timedelta(days=2)  # from when it came, also where nothing names it: she may be at it still
# Sent as a picture; whatever else is one goes as a file.
_PICTURES = frozenset({"image/jpeg", "image/png"})
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ENDINGS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "application/pdf": (".pdf",),
    f"{_OFFICE}.wordprocessingml.document": (".docx",),
    f"{_OFFICE}.spreadsheetml.sheet": (".xlsx",),
    f"{_OFFICE}.presentationml.presentation": (".pptx",),
}


# Puts a refusal into words for the officer who sent the file: its name, the code, the campaign.
Tell = Callable[[MediaRow, str], Reply]


async def add_media(
    actor: Actor,
    *,
    tx: Transaction,
    campaign: Campaign,
    attachments: Sequence[Attachment],
    account_id: AccountId,
    at: datetime,
) -> Campaign:
    """Take files along with a draft. Effects: media rows, the draft's content. Raises InvalidAnswerError: too many, too large."""
    officer = _sender(actor, campaign)
    content = campaign.content
    if len(content.media) + len(attachments) > MOST_MEDIA:
        raise InvalidAnswerError("media_too_many", most=MOST_MEDIA)
    if any(attachment.size > LARGEST for attachment in attachments):
        raise InvalidAnswerError("media_too_big", megabytes=LARGEST // 1_000_000)
    added = []
    for place, attachment in enumerate(attachments, start=len(content.media) + 1):
        photo = attachment.kind == AttachmentKind.PHOTO
        name = attachment.name or (f"anh-{place}.jpg" if photo else f"file-{place}")
        media_id = await tx.media.add(
            attachment, name=name, campaign_id=campaign.campaign_id, account_id=account_id, by=officer.officer_id, at=at
        )
        added.append(Media(media_id=media_id, kind=attachment.kind, name=name, size=attachment.size))
    # What is passed on as it is takes nothing along.
    content = replace(content, media=(*content.media, *added), copy_of=None)
    await tx.campaigns.edit(campaign.campaign_id, content=content)
    return replace(campaign, content=content)


async def drop_media(actor: Actor, *, tx: Transaction, campaign: Campaign) -> Campaign:
    """Send none along. Effects: the draft's content; files that nothing brings any more go later (`sweep_media`)."""
    _sender(actor, campaign)
    content = replace(campaign.content, media=())
    await tx.campaigns.edit(campaign.campaign_id, content=content)
    return replace(campaign, content=content)


def _sender(actor: Actor, campaign: Campaign) -> Officer:
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    assert isinstance(actor, Officer)  # noqa: S101  (nobody else may send)
    return actor


async def why_not_ready(actor: Actor, *, tx: Transaction, campaign: Campaign) -> str:
    """Why its files keep a draft from being ordered: a code, or nothing."""
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    ids = [one.media_id for one in campaign.content.media]
    states = await tx.media.states(ids) if ids else {}
    if MediaState.REFUSED in states.values():
        return "media_refused"
    return "media_not_ready" if any(states.get(one) != MediaState.STORED for one in ids) else ""


async def fetch_media(
    actor: Actor,
    *,
    transactions: Transactions,
    channels: Mapping[AccountId, Channel],
    store: EvidenceStore,
    check: Check,
    tell: Tell,
    clock: Clock,
) -> list[OutboxRow]:
    """Fetch, check, seal and store what is due; gives the messages about refused ones, which leave the draft.

    Effects, each repeatable: the try is counted, the file is stored, the row is marked. One job at a time.
    """
    check_system(actor)
    async with transactions.read() as tx:  # most of the time there is nothing, and the one writer is left alone
        if not await tx.media.any_wanted(now=clock()):
            return []
    async with transactions.write(bulk=True) as tx:
        wanted = await tx.media.claim_wanted(now=clock(), limit=_AT_ONCE)
    told: list[OutboxRow] = []
    for row in wanted:
        channel = channels.get(row.account_id)
        if channel is None:
            continue
        try:
            content = await channel.download(row.ref, max_bytes=LARGEST)
            media_type = await asyncio.to_thread(check, content, row.media.name)
        except SendError as error:
            if not (reason := why_it_stays(error, last=row.attempts >= MOST_ATTEMPTS)):
                continue
        except EvidenceRefusedError as error:
            reason = error.code
        else:
            content_hash = await store.put(content)
            async with transactions.write(bulk=True) as tx:
                kept = _as_found(row.media, media_type=media_type, size=len(content))
                await tx.media.mark_stored(kept, content_hash=content_hash, media_type=media_type)
                await _settle(tx, row, kept=kept)
            continue
        told += await _refuse(row, reason, transactions=transactions, tell=tell, at=clock())
    return told


async def sweep_media(actor: Actor, *, transactions: Transactions, store: EvidenceStore, now: datetime) -> int:
    """Delete the files that no campaign brings any more; gives how many rows went. Effects: files, then rows, so that a kill repeats it.

    In one job with the fetching, so that a file never goes while it is fetched anew.
    """
    check_system(actor)
    async with transactions.read() as tx:
        unused = await tx.media.unused(before=now - _KEPT_FOR)
    for content_hash in {one for one in unused.values() if one}:
        await store.delete(content_hash)
    if unused:
        async with transactions.write(bulk=True) as tx:
            await tx.media.forget(unused)
    return len(unused)


def _as_found(media: Media, *, media_type: str, size: int) -> Media:
    """With the ending that its content has: by that channels know what they can carry."""
    photo = media.kind == AttachmentKind.PHOTO and media_type in _PICTURES
    path, endings = PurePath(media.name), _ENDINGS.get(media_type, ())
    name = media.name
    if endings and path.suffix.lower() not in endings:
        name = f"{path.stem if photo else media.name}{endings[0]}"
    return replace(media, kind=AttachmentKind.PHOTO if photo else AttachmentKind.FILE, name=name, size=size)


async def _settle(tx: Transaction, row: MediaRow, *, kept: Media | None) -> None:
    """The draft says what was found, or goes without it."""
    campaign = await tx.campaigns.get(row.campaign_id)
    if campaign is None or campaign.state != CampaignState.DRAFT:
        return
    mine = row.media.media_id
    media = tuple(kept if one.media_id == mine else one for one in campaign.content.media)
    left = tuple(one for one in media if one is not None)
    if left != campaign.content.media:
        await tx.campaigns.edit(campaign.campaign_id, content=replace(campaign.content, media=left))


async def _refuse(
    row: MediaRow, reason: str, *, transactions: Transactions, tell: Tell, at: datetime
) -> list[OutboxRow]:
    async with transactions.write(bulk=True) as tx:
        await tx.media.mark_refused(row.media.media_id, reason=reason)
        await _settle(tx, row, kept=None)
        officer = await tx.officers.get(row.created_by)
        if officer is None:
            return []
        return await tx.outbox.add([(Target(contact_id=officer.contact_id), tell(row, reason))], at=at)
