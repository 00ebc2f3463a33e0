"""The buttons under a campaign's message: [Đã đọc] proves that it was read, [Đọc tiếp] shows the rest.

Where there are no buttons its words are typed with the campaign's number, "DOC 12": see `by_code`.
"""

import re
from dataclasses import replace
from datetime import datetime

from content.render import LETTERS, WIDEST, CampaignRenderer
from handlers.buttons import Press, as_number, payload
from handlers.matching import choices_of, is_number
from handlers.menu import show_help
from handlers.send.steps import FLOW as SEND
from handlers.turn import Command, Flow, Handle, Turn
from handlers.words import listed
from outreach.campaigns.model import Campaign
from outreach.campaigns.opened import answer, newest_for, opened
from outreach.messaging import CampaignId, Replies
from outreach.reach.model import Tier
from outreach.text import fold

NAME = "cam"

# The words of a code -> what the button under the message carries.
_MORE = "cam:more:"
_CODES = {
    "campaign.read_code_words": "cam:read:",
    "campaign.more_code_words": _MORE,
    "campaign.stop_code_words": "pro:stop:c",
}
_CODE = re.compile(r"(?P<words>[a-z ]+?) ?(?P<number>\d{1,18})")


async def _pressed(turn: Turn, press: Press) -> Replies:
    """Pressing twice is as good as once; an open conversation stays where it is."""
    if press.step == "read":
        await _opened(turn, press, tier=Tier.READ)
        return Replies(toast=turn.label("reading.thanks"))
    if press.step == "ans":
        return await _answered(turn, press)
    campaign = await _opened(turn, press, tier=Tier.OPENED)
    if campaign is None:
        return turn.answer("reading.gone")
    if campaign.recall_after is not None:
        return turn.answer("reading.recalled")
    shown = CampaignRenderer(turn.world.catalog, units=turn.world.units)
    return Replies(messages=(shown.whole(campaign, contact=turn.contact),))


async def _answered(turn: Turn, press: Press) -> Replies:
    """The button holds "<campaign>-<option>". The first answer stays, and whoever gives another one is told so."""
    number, _, option = press.arg.partition("-")
    contact = turn.known.contact
    found = (
        await answer(
            turn.known.actor,
            turn.tx,
            contact=contact,
            officer=turn.known.officer,
            campaign_id=CampaignId(as_number(number)),
            option=as_number(option),
            pack=turn.world.pack,
            at=turn.now,
        )
        if contact
        else None
    )
    if found is None:
        return turn.answer("reading.gone")
    options, right = found.question.options, found.question.right
    key = "kept" if found.right is None else "right" if found.right else "wrong"
    told = turn.label(f"media.answered_{key}", right=options[right] if right is not None else "")
    if found.changed:
        told = turn.label("media.answered_before", stands=options[found.stands]) + " " + told
    return Replies(toast=told)


async def _opened(turn: Turn, press: Press, *, tier: Tier) -> Campaign | None:
    contact = turn.known.contact
    if contact is None:
        return None
    return await opened(
        turn.known.actor,
        turn.tx,
        contact=contact,
        officer=turn.known.officer,
        campaign_id=CampaignId(press.number),
        tier=tier,
        pack=turn.world.pack,
        at=turn.now,
    )


async def by_code(turn: Turn) -> str | None:
    """What "DOC 12" presses, typed by somebody to whom campaign 12 may have gone; None where the text is no such code.

    An officer to whom it did not go has it from her own preview or test, which neither counts nor stops anything.
    """
    contact, found = turn.known.contact, _CODE.fullmatch(fold(turn.incoming.text))
    packed = _packed(turn, found["words"], as_number(found["number"])) if found else None
    if contact is None or found is None or packed is None:
        return None
    number = as_number(found["number"])
    campaign = await turn.tx.campaigns.received(CampaignId(number), contact_id=contact.contact_id)
    if campaign is None or (campaign[1] is None and turn.known.officer is None):
        return None
    shown_only = campaign[1] is None and not packed.startswith(_MORE)
    return payload(SEND, "sample", number) if shown_only else packed


def _packed(turn: Turn, words: str, number: int) -> str | None:
    """What the button carries whose words these are, or of the option whose letter stands behind them."""
    word, _, letter = words.rpartition(" ")
    place = LETTERS.casefold().find(letter) if len(letter) == 1 else -1
    if place >= 0 and word in listed(turn, "media.answer_code_words"):
        return payload(NAME, "ans", f"{number}-{place}")
    return next((f"{packed}{number}" for key, packed in _CODES.items() if words in listed(turn, key)), None)


async def typed_under(turn: Turn, *, since: datetime | None) -> dict[str, str] | None:
    """What may be typed under the newest campaign message, if that came after `since`; None where it did not.

    A bare number may have been meant for the message before it, so the one for [Ngừng nhận] asks: only the button and clear words
    stop at once. Where there are no buttons the message shows no numbers, and they belong to the conversation.
    """
    contact = turn.known.contact if turn.can.buttons else None
    newest = await newest_for(turn.known.actor, turn.tx, contact_id=contact.contact_id) if contact else None
    if contact is None or newest is None or (since is not None and newest[1] <= since):
        return None
    found = await turn.tx.campaigns.received(newest[0], contact_id=contact.contact_id)
    if found is None:
        return None
    items = await turn.tx.digests.items_of(newest[0], contact_id=contact.contact_id)
    renderer = CampaignRenderer(turn.world.catalog, units=turn.world.units)
    shown = renderer.render_campaign(replace(found[0], items=items), contact=contact, capabilities=WIDEST)
    choices = choices_of([shown])
    stop, ask = payload("pro", "stop", f"c{newest[0]}"), payload("pro", "maystop", f"c{newest[0]}")
    return {typed: ask if packed == stop and is_number(typed) else packed for typed, packed in choices.items()}


def _typed(step: str) -> Handle:
    """The words of a button of the newest campaign, typed instead of tapped."""

    async def run(turn: Turn) -> Replies:
        contact_id = turn.contact_id
        newest = await newest_for(turn.known.actor, turn.tx, contact_id=contact_id) if contact_id else None
        if newest is None:
            return await show_help(turn)
        replies = await _pressed(turn, Press(flow=NAME, step=step, arg=str(newest[0])))
        # There is no tap to answer with words that float over the chat.
        return replies if replies.messages else turn.answer("reading.thanks")

    return run


async def _nothing(turn: Turn) -> Replies:
    return turn.answer("reading.gone")


READING = Flow(name=NAME, answer=_nothing, pressed=_pressed, resume=_nothing)
# Their names hold a "_": they are words only and stand in no menu.
READ = Command(name="doc_roi", run=_typed("read"))
READ_ON = Command(name="doc_tiep", run=_typed("more"))
