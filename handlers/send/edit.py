"""Other words in messages that are out: pasted, looked at as they will be, and put in by the clock."""

from dataclasses import replace

from content.placeholders import AS_TYPED, unknown_in
from content.readers.page import ReadError
from content.readers.pasted import draft_of_text
from handlers.buttons import Press
from handlers.send.colleagues import composed, tell_composer
from handlers.send.looks import as_it_looks, read_in, reader_of_sent
from handlers.send.start import SHORTEST, document_of
from handlers.send.steps import FLOW, button, subject, undoable
from handlers.turn import Turn
from outreach.campaigns.approval import SHORTEST_REASON, may_send_alone, needs_approval
from outreach.campaigns.compose import save_news
from outreach.campaigns.edit import campaign_to_edit, order_edit, reworded
from outreach.campaigns.model import Campaign
from outreach.campaigns.rules import content_fingerprint, corrected_title
from outreach.errors import StateError
from outreach.messaging import Button, CampaignId, Replies, Reply
from outreach.news.model import NewsDraft, NewsId, NewsItem

STEP, WHY = "reword", "rewordwhy"


async def _out(turn: Turn, press: Press | None) -> Campaign:
    number = CampaignId(press.number) if press and press.number else subject(turn)
    return await campaign_to_edit(
        turn.officer,
        tx=turn.tx,
        campaign_id=number or CampaignId(0),
        hours=turn.world.recall_hours,
        at=turn.now,
    )


def _back(turn: Turn, campaign: Campaign) -> Button:
    """To the report, where what is typed next is no answer to this any more."""
    return button(turn, "back", "uncorrect", campaign.campaign_id)


async def _unseen(turn: Turn, campaign: Campaign) -> bool:
    """Whether words that are out on so many phones need a second officer, who would not see the new ones."""
    return await needs_approval(
        turn.officer,
        tx=turn.tx,
        campaign_id=campaign.campaign_id,
        people=await undoable(turn, campaign),
        above=turn.world.pack.sending.approval_above,
    )


async def begin(turn: Turn, press: Press | None = None) -> Replies:
    campaign = await _out(turn, press)
    if await _unseen(turn, campaign) and not may_send_alone(turn.officer):
        turn.leave(FLOW)
        above = turn.world.pack.sending.approval_above
        return turn.answer("campaigns.edit_needs_second", [[_back(turn, campaign)]], above=above)
    turn.goto(FLOW, STEP, subject_id=campaign.campaign_id, data={})
    return turn.answer("campaigns.paste", [[_back(turn, campaign)]], title=campaign.content.title)


async def take(turn: Turn) -> Replies:
    """The words as they will stand on the phones. They are kept among the saved items, and nothing has changed yet."""
    campaign = await _out(turn, None)
    text = turn.incoming.text.strip()
    if turn.incoming.attachments or len(text) < SHORTEST:
        return turn.answer("campaigns.only_words", [[_back(turn, campaign)]])
    try:
        draft = draft_of_text(text)
    except ReadError:
        return turn.answer("campaigns.only_words", [[_back(turn, campaign)]])
    if found := unknown_in((draft.title, *draft.paragraphs)):
        back = [[_back(turn, campaign)]]
        return turn.answer("placeholders.refused", back, found=", ".join(found), allowed=AS_TYPED)
    item = await save_news(turn.officer, tx=turn.tx, draft=_titled(turn, draft, campaign=campaign), at=turn.now)
    content = await reworded(
        turn.officer, tx=turn.tx, campaign=campaign, news_id=item.id, document=document_of(turn, item)
    )
    if content_fingerprint(content) == content_fingerprint(campaign.content):
        return turn.answer("campaigns.same_words", [[_back(turn, campaign)]])
    alone = await _unseen(turn, campaign)
    turn.goto(FLOW, WHY if alone else STEP, subject_id=campaign.campaign_id, data={"item": str(item.id)})
    changed = replace(campaign, content=content)
    contact = await reader_of_sent(turn, changed)
    asked = await _asked(turn, campaign, alone=alone, filled_in=read_in(turn, changed, contact=contact))
    return Replies(messages=(as_it_looks(turn, changed, contact=contact), asked))


async def _asked(turn: Turn, campaign: Campaign, *, alone: bool, filled_in: str = "") -> Reply:
    count = await undoable(turn, campaign)
    yes = turn.button("campaigns.edit_yes", FLOW, "rewordyes", campaign.campaign_id, count=count)
    return turn.reply(
        "campaigns.edit_alone_why" if alone else "campaigns.really_edit",
        [*([] if alone else [[yes]]), [_back(turn, campaign)]],
        count=count,
        stays=campaign.tally.sent - count,
        shortest=SHORTEST_REASON,
        filled_in=filled_in,
    )


def _titled(turn: Turn, draft: NewsDraft, *, campaign: Campaign) -> NewsDraft:
    """A correction says so in its title, also after it was corrected itself."""
    if campaign.audience.corrects is None:
        return draft
    word = turn.world.catalog.label("campaign.correction")
    return replace(draft, title=corrected_title(draft.title, word=word, otherwise=campaign.content.title))


async def reason_typed(turn: Turn) -> Replies:
    """An administrator answers alone for words that nobody else has seen."""
    campaign = await _out(turn, None)
    reason = turn.incoming.text.strip()
    if len(reason) < SHORTEST_REASON:
        return Replies(messages=(await _asked(turn, campaign, alone=True),))
    return await _ordered(turn, campaign, reason=reason)


async def order(turn: Turn, press: Press) -> Replies:
    campaign = await _out(turn, press)
    if await _shown_last(turn, campaign):
        return await _ordered(turn, campaign)
    return await begin(turn, press) if campaign.edit_after is None else _before(turn, campaign)


async def _shown_last(turn: Turn, campaign: Campaign) -> NewsItem | None:
    """The words that were; None at an older button."""
    data = turn.dialogue.data if turn.dialogue and subject(turn) == campaign.campaign_id else {}
    return await turn.tx.news.get(NewsId(int(data.get("item", "0"))))


def _before(turn: Turn, campaign: Campaign) -> Replies:
    """It was ordered already."""
    number = campaign.campaign_id
    return turn.answer(
        "campaigns.edited_before",
        [[turn.button("campaigns.edit", FLOW, "reword", number), button(turn, "see_report", "report", number)]],
        count=campaign.edited,
        ended=campaign.edit_ended_at is not None,
    )


async def _ordered(turn: Turn, campaign: Campaign, *, reason: str = "") -> Replies:
    item = await _shown_last(turn, campaign)
    if item is None:
        raise StateError("cannot_edit")
    content = await reworded(
        turn.officer, tx=turn.tx, campaign=campaign, news_id=item.id, document=document_of(turn, item)
    )
    count = await undoable(turn, campaign)
    await order_edit(
        turn.officer,
        tx=turn.tx,
        campaign_id=campaign.campaign_id,
        content=content,
        hours=turn.world.recall_hours,
        people=count,
        above=turn.world.pack.sending.approval_above,
        reason=reason,
        at=turn.now,
    )
    turn.close()
    own, report = composed(turn, campaign), [[button(turn, "see_report", "report", campaign.campaign_id)]]
    done = turn.answer("campaigns.editing", [] if own else report, count=count, own=own)
    return replace(done, notices=await tell_composer(turn, campaign, "editing", report, count=count))
