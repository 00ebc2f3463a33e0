"""The beginning: a saved item, pasted text, a forwarded post or a file."""

import re
from collections.abc import Iterable
from dataclasses import replace

from markupsafe import escape

from content.placeholders import AS_TYPED, unknown_in
from content.readers.dispatch import read_bytes
from content.readers.documents import find_documents
from content.readers.page import MAX_BYTES, ReadError, ReadFault
from content.readers.pasted import draft_of_text, pasted_lines
from content.readers.portal import draft_of
from handlers import broadcast
from handlers.buttons import Press
from handlers.files import FileTaker
from handlers.send import approval, content, extras, watch
from handlers.send.steps import FLOW, button, draft, short, subject
from handlers.turn import Labels, Turn
from outreach.campaigns.compose import (
    campaign_to_correct,
    compose_campaign,
    compose_correction,
    compose_rest,
    item_to_send,
    kept_correction,
    last_sent,
    save_news,
    saved_news,
    under_way,
)
from outreach.campaigns.model import ENDED, CampaignState
from outreach.campaigns.rules import corrected_title
from outreach.messaging import Attachment, AttachmentKind, Button, CampaignId, Replies
from outreach.news.model import NewsDraft, NewsId, NewsItem, NewsState
from outreach.news.rules import propose_topics
from outreach.wishes import Fetched

_PAGE = 5
_TITLE_ON_BUTTON = 48
_LINK = re.compile(r"(?:https?://|www\.)\S+|(?:[\w-]+\.)+[a-z]{2,6}(?:/\S*)?", re.IGNORECASE)
SHORTEST = 20  # characters; a word or two is no news
# A phone cuts a longer text into several messages; what follows such a piece at once belongs to it.
_FULL_MESSAGE = 3_500
EDITING = "edit"
CORRECTING = "correct"


async def begin(turn: Turn, _press: Press | None = None) -> Replies:
    """Raises PermissionDeniedError for officers who do not send."""
    count, _ = await saved_news(turn.officer, tx=turn.tx, limit=0)
    await turn.tx.wishes.drop(turn.officer.contact_id)
    turn.close()
    turn.goto(FLOW, "start")
    saved = [button(turn, "saved", "saved", 0, count=count)] if count else []
    unit = turn.unit_label(turn.officer.unit_id) if turn.officer.unit_id else ""
    buttons = [[*saved, button(turn, "new", "new")], *await _going_on(turn)]
    return turn.answer("campaign.begin", buttons, saved=count, unit=unit, files=turn.can.files)


async def _going_on(turn: Turn) -> Labels:
    """The way back to what was ordered, for whoever has no button of it left."""
    campaign = await under_way(turn.officer, tx=turn.tx)
    look = [button(turn, "look", "status", campaign.campaign_id)] if campaign else []
    every = [turn.button("campaigns.list", FLOW, "campaigns")]
    return [row for row in (look, *await approval.going_on(turn), await broadcast.going_on(turn), every) if row]


async def saved(turn: Turn, press: Press) -> Replies:
    """One page of saved items; the number to type is the number in the list."""
    count, items = await saved_news(turn.officer, tx=turn.tx, offset=press.number, limit=_PAGE)
    if not items:
        return await begin(turn)
    rows = [
        [Button(label=f"{n}. {short(item.title, most=_TITLE_ON_BUTTON)}", payload=f"{FLOW}:item:{item.id}")]
        for n, item in enumerate(items, start=1)
    ]
    newer = [button(turn, "newer", "saved", max(0, press.number - _PAGE))] if press.number else []
    older = [button(turn, "older", "saved", press.number + _PAGE)] if press.number + _PAGE < count else []
    rows += [row for row in ([*newer, *older], [button(turn, "back", "start")]) if row]
    turn.goto(FLOW, "start")
    lines = [
        {"title": item.title, "document": document_of(turn, item), "draft": item.state == NewsState.DRAFT, "sent": sent}
        for item, sent in zip(items, await last_sent(turn.officer, tx=turn.tx, words=items), strict=True)
    ]
    return turn.answer("campaign.saved_list", rows, lines=lines, count=count)


async def choose(turn: Turn, press: Press) -> Replies:
    """Raises NotFoundError for an item that is gone, or another's draft."""
    item = await item_to_send(turn.officer, tx=turn.tx, news_id=NewsId(press.number))
    if refused := _unknown(turn, (item.title, *item.paragraphs)):
        return refused
    correction = await kept_correction(turn.officer, tx=turn.tx, item=item)
    if correction:
        return await content.show(turn, correction)
    document = document_of(turn, item)
    made = await compose_campaign(turn.officer, tx=turn.tx, item=item, document=document, at=turn.now, taken_up=True)
    return await content.show(turn, made)


async def new(turn: Turn, _press: Press | None = None) -> Replies:
    turn.goto(FLOW, "new")
    return turn.answer("campaign.paste", [[button(turn, "back", "start")]], files=turn.can.files)


async def edit(turn: Turn, press: Press) -> Replies:
    """New words for the same draft."""
    campaign = await draft(turn, press)
    turn.goto(FLOW, EDITING, subject_id=campaign.campaign_id)
    back = [[button(turn, "back", "confirm", campaign.campaign_id)]]
    return turn.answer("campaign.paste_again", back, files=turn.can.files)


async def correct(turn: Turn, press: Press | None = None) -> Replies:
    """The right words for those who got wrong ones. Until there are words there is no draft, so nothing wrong can be sent again."""
    number = CampaignId(press.number) if press and press.number else subject(turn) or CampaignId(0)
    wrong = await campaign_to_correct(turn.officer, tx=turn.tx, campaign_id=number)
    turn.goto(FLOW, CORRECTING, subject_id=number, data={})
    back = [[button(turn, "back", "uncorrect", number)]]
    going_on = wrong.state not in ENDED
    return turn.answer(
        "campaign.paste_correction", back, title=wrong.content.title, going_on=going_on, files=turn.can.files
    )


async def rest(turn: Turn, press: Press) -> Replies:
    """What was sent, as a draft for those who have not got it; once that was ordered, how far it is."""
    number = CampaignId(press.number) if press.number else subject(turn) or CampaignId(0)
    made = await compose_rest(turn.officer, tx=turn.tx, campaign_id=number, at=turn.now)
    if made.state != CampaignState.DRAFT:
        return await watch.status(turn, replace(press, arg=str(made.campaign_id)))
    turn.close()  # what another message left in the conversation is not part of it
    return await content.show(turn, made)


async def take(turn: Turn) -> Replies:
    """What was pasted, forwarded or attached becomes the item; whatever cannot be read is told with its reason."""
    text = turn.incoming.text.strip()
    file = next((a for a in turn.incoming.attachments if a.kind == AttachmentKind.FILE), None)
    if file:
        return await _wait_for(turn, file)
    if not text and turn.incoming.attachments:
        return _refused(turn, "only_photo")
    if text and all(_LINK.fullmatch(word) for word in text.split()):
        return _refused(turn, "only_link")
    if len(text) < SHORTEST:
        return _refused(turn, "too_short")
    try:
        found = draft_of_text(text)
    except ReadError as error:
        return _refused(turn, error.code)
    answer = await _receive(turn, found)
    return _open_ended(turn, answer, text=text)


async def more(turn: Turn) -> Replies | None:
    """The next piece of a text that the phone had cut; None when the words are something else."""
    dialogue = turn.dialogue
    text = turn.incoming.text.strip()
    if dialogue is None or not dialogue.data.get("tail") or not text:
        return None
    campaign = await draft(turn)
    try:
        added = pasted_lines(text)
    except ReadError as error:
        return _refused(turn, error.code)
    item = await item_to_send(turn.officer, tx=turn.tx, news_id=campaign.content.news_id or NewsId(0))
    longer = NewsDraft(
        title=item.title,
        paragraphs=(*item.paragraphs, *added),
        documents=item.documents or find_documents(added),
        published_on=item.published_on,
        byline=item.byline,
        source=item.source,
    )
    before = campaign.content.formatted or tuple(str(escape(paragraph)) for paragraph in item.paragraphs)
    html = "\n".join([*before, turn.incoming.formatted or str(escape(text))])
    return _open_ended(turn, await _receive(turn, longer, purpose=EDITING, html=html), text=text)


def _open_ended(turn: Turn, answer: Replies, *, text: str) -> Replies:
    tail = "1" if len(text) >= _FULL_MESSAGE else ""
    if turn.dialogue and turn.dialogue.step == content.STEP:
        turn.dialogue = replace(turn.dialogue, data={**turn.dialogue.data, "tail": tail})
    return answer


async def _wait_for(turn: Turn, file: Attachment) -> Replies:
    """The file is fetched after this turn's commit; the conversation goes on in `go_on`."""
    if file.size > MAX_BYTES:
        return _refused(turn, ReadFault.TOO_BIG)
    await turn.tx.wishes.put(
        turn.officer.contact_id,
        account_id=turn.incoming.address.account_id,
        flow=FLOW,
        ref=file.ref,
        name=file.name,
        at=turn.now,
    )
    turn.goto(FLOW, "reading", data={"purpose": _purpose(turn)})
    return turn.answer("campaign.reading", [[button(turn, "never_mind", "start")]], name=file.name)


async def reading(turn: Turn) -> Replies:
    """Words while a file is being read; another file takes its place."""
    if turn.incoming.attachments:
        return await take(turn)
    return turn.answer("campaign.still_reading", [[button(turn, "never_mind", "start")]])


async def go_on(turn: Turn, fetched: Fetched) -> Replies:
    """The file was read, or could not be."""
    if (
        turn.known.officer is None
        or turn.dialogue is None
        or (turn.dialogue.flow, turn.dialogue.step) != (FLOW, "reading")
    ):
        return Replies()  # the officer has turned to something else
    if not isinstance(fetched.read, NewsDraft):
        turn.goto(FLOW, _purpose(turn) or "new", data={})
        return _refused(turn, fetched.fault)
    return await _receive(turn, fetched.read, purpose=_purpose(turn))


def _read(data: bytes, name: str) -> NewsDraft:
    return draft_of(read_bytes(data, name=name))


FILES = FileTaker(flow=FLOW, read=_read, go_on=go_on)


def _refused(turn: Turn, code: str) -> Replies:
    """What happened and what to do; nothing that was there is lost."""
    known = turn.world.catalog.has(f"campaign.unread.{code}")
    key = f"campaign.unread.{code}" if known else "campaign.unread.unreadable"
    return turn.answer(key, [[_way_back(turn)]], files=turn.can.files)


def _way_back(turn: Turn) -> Button:
    number = subject(turn)
    step = turn.dialogue.step if turn.dialogue else ""
    before = {EDITING: "confirm", CORRECTING: "uncorrect"}.get(step) if number else None
    return button(turn, "back", before, number or "") if before else button(turn, "back", "start")


async def _receive(turn: Turn, found: NewsDraft, *, purpose: str = "", html: str = "") -> Replies:
    purpose = purpose or _purpose(turn)
    if refused := _unknown(turn, (found.title, *found.paragraphs)):
        return refused
    words = propose_topics(await _titled(turn, found, purpose=purpose), topics=turn.world.pack.topics)
    item = await save_news(turn.officer, tx=turn.tx, draft=words, at=turn.now)
    return await _compose(turn, item, purpose=purpose, html=html)


def _unknown(turn: Turn, texts: Iterable[str]) -> Replies | None:
    """What stands in braces and is not among what can be filled in is told before anything is kept."""
    found = unknown_in(texts)
    if not found:
        return None
    return turn.answer("placeholders.refused", [[_way_back(turn)]], found=", ".join(found), allowed=AS_TYPED)


def _purpose(turn: Turn) -> str:
    """EDITING or CORRECTING, also while the file is read that brings the words; nothing for the words of a new item."""
    dialogue = turn.dialogue
    meant = (dialogue.data.get("purpose") or dialogue.step) if dialogue else ""
    return meant if meant in {EDITING, CORRECTING} else ""


async def _titled(turn: Turn, found: NewsDraft, *, purpose: str) -> NewsDraft:
    """The words of a correction say so in their title."""
    if not purpose:
        return found
    correcting = purpose == CORRECTING
    before = await (
        campaign_to_correct(turn.officer, tx=turn.tx, campaign_id=subject(turn) or CampaignId(0))
        if correcting
        else draft(turn)
    )
    if not correcting and before.audience.corrects is None:
        return found
    word = turn.world.catalog.label("campaign.correction")  # frozen in the language of the content
    return replace(found, title=corrected_title(found.title, word=word, otherwise=before.content.title))


async def _compose(turn: Turn, item: NewsItem, *, purpose: str = "", html: str = "") -> Replies:
    officer, tx, number, document = turn.officer, turn.tx, subject(turn), document_of(turn, item)
    if purpose == CORRECTING and number:
        made = await compose_correction(officer, tx=tx, item=item, document=document, corrects=number, at=turn.now)
    else:
        into = number if purpose == EDITING else None
        made = await compose_campaign(officer, tx=tx, item=item, document=document, at=turn.now, into=into)
    dressed, kept = await extras.dress(turn, made, html=html)
    return await content.show(turn, dressed, kept=kept)


def document_of(turn: Turn, item: NewsItem) -> str:
    if item.document is None:
        return ""
    # Content has one language; what is printed with it is frozen in that one.
    return turn.world.catalog.label("campaign.document", number=item.document.number, signed_on=item.document.signed_on)
