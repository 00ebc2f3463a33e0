"""What was read, for the officer to confirm: title, number and date, topic, and whether it counts."""

from collections.abc import Mapping

from handlers.broadcast import entry
from handlers.buttons import Press
from handlers.send import audience, check, extras
from handlers.send.steps import FLOW, button, draft, short
from handlers.turn import Turn
from outreach.campaigns.compose import last_sent, mark_content
from outreach.campaigns.media import why_not_ready
from outreach.campaigns.model import Campaign
from outreach.errors import StateError
from outreach.messaging import Button, Replies

STEP = "confirm"
_OPENING = 200
_PER_ROW = 2


async def show(turn: Turn, campaign: Campaign, *, kept: Mapping[str, str] | None = None) -> Replies:
    """`kept`: what the conversation remembers of the message that brought the words."""
    number, content, pack = campaign.campaign_id, campaign.content, turn.world.pack
    turn.goto(FLOW, STEP, subject_id=number, data=kept or _kept(turn))
    [sent] = await last_sent(turn.officer, tx=turn.tx, words=[content])
    topic = pack.topic(content.topic).name.of(turn.language) if content.topic else ""
    toggle = button(
        turn, "not_counted" if content.counts else "counted", "counts", f"{number}-{int(not content.counts)}"
    )
    buttons = [
        [button(turn, "content_ok", "ok", number)],
        [toggle, button(turn, "other_topic", "topic", number)],
        [button(turn, "edit", "edit", number), button(turn, "back", "start")],
        *([to_all] if (to_all := entry(turn, campaign)) else []),
        [extras.way(turn, "add", extras.STEP, number)],
    ]
    return turn.answer(
        "campaign.read_as",
        buttons,
        title=content.title,
        document=content.document,
        opening=short(content.paragraphs[0], most=_OPENING),
        paragraphs=len(content.paragraphs),
        topic=topic,
        counts=content.counts,
        target=pack.informed.target,
        along=extras.summary(turn, campaign),
        elsewhere=extras.elsewhere(turn, campaign),
        sent=sent,
    )


def _kept(turn: Turn) -> Mapping[str, str]:
    """Her own message may still be passed on as it is."""
    data = turn.dialogue.data if turn.dialogue and turn.dialogue.flow == FLOW else {}
    return {name: data[name] for name in (extras.ORIGINAL, extras.ALBUM) if data.get(name)}


async def go_on(turn: Turn, press: Press) -> Replies:
    """Whom it is for, once all of it is there; what goes on from another campaign has its people. Raises StateError while a file is
    still being fetched.
    """
    campaign = await draft(turn, press)
    if reason := await why_not_ready(turn.officer, tx=turn.tx, campaign=campaign):
        raise StateError(reason)
    return await (check.show(turn, campaign) if campaign.audience.rest_of else audience.show(turn, press))


async def again(turn: Turn, press: Press | None = None) -> Replies:
    return await show(turn, await draft(turn, press))


async def set_counts(turn: Turn, press: Press) -> Replies:
    """The button holds "<campaign>-<0 or 1>", so that pressing it twice changes nothing twice."""
    number, _, flag = press.arg.partition("-")
    campaign = await draft(turn, Press(flow=FLOW, step=press.step, arg=number))
    marked = await mark_content(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, counts=flag == "1")
    return await show(turn, marked)


async def topics(turn: Turn, press: Press) -> Replies:
    campaign = await draft(turn, press)
    number = campaign.campaign_id
    turn.goto(FLOW, "topic", subject_id=number)
    offered = [
        Button(label=topic.name.of(turn.language), payload=f"{FLOW}:settopic:{number}-{index}")
        for index, topic in enumerate(turn.world.pack.topics)
    ]
    rows = [offered[start : start + _PER_ROW] for start in range(0, len(offered), _PER_ROW)]
    counting = [topic.name.of(turn.language) for topic in turn.world.pack.topics if topic.counts]
    return turn.answer(
        "campaign.which_topic", [*rows, [button(turn, "back", "confirm", number)]], counting=", ".join(counting)
    )


async def set_topic(turn: Turn, press: Press) -> Replies:
    number, _, index = press.arg.partition("-")
    campaign = await draft(turn, Press(flow=FLOW, step=press.step, arg=number))
    offered = turn.world.pack.topics
    if not index.isdecimal() or int(index) >= len(offered):
        return await show(turn, campaign)
    topic = offered[int(index)]
    return await show(turn, await mark_content(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, topic=topic))
