"""Every campaign, the newest first: by state, by words, a page at a time; each opens as it stands."""

from dataclasses import replace

from handlers.buttons import Press
from handlers.send import content, report, start, watch
from handlers.send.steps import FLOW, short, told_above
from handlers.turn import Command, Labels, Turn
from handlers.words import said
from outreach.campaigns.control import campaign_for
from outreach.campaigns.find import STATES, Group, find_campaigns
from outreach.campaigns.model import ENDED, Campaign, CampaignState
from outreach.messaging import Button, CampaignId, Replies

STEP = "campaigns"
_PAGE = 5
_TITLE = 60
_TITLE_ON_BUTTON = 48
_LONGEST_WORDS = 60


async def begin(turn: Turn, _press: Press | None = None) -> Replies:
    """Raises PermissionDeniedError for officers who do not send."""
    turn.close()
    return await _show(turn, Group.ALL, words="")


async def show(turn: Turn, press: Press | None = None) -> Replies:
    """The argument "ended-5": which group, from where on. What was searched for is kept while the list stays open."""
    group, _, offset = (press.arg if press else _kept(turn, "group")).partition("-")
    found = Group(group) if group in set(Group) else Group.ALL
    return await _show(turn, found, words=_kept(turn, "words"), offset=Press(flow=FLOW, step="", arg=offset).number)


async def back(turn: Turn) -> Replies:
    return await (begin(turn) if _kept(turn, "words") else start.begin(turn))


async def everything(turn: Turn, _press: Press) -> Replies:
    return await begin(turn)


async def search(turn: Turn) -> Replies:
    """Words look through all states but drafts, or through these where they are shown."""
    words = turn.incoming.text.strip()
    if turn.incoming.attachments or len(words) > _LONGEST_WORDS:
        return told_above(turn, await show(turn), "campaign.not_taken", title="")
    if said(turn, "campaigns.draft_words"):
        return await _show(turn, Group.DRAFT, words="")
    group = Group.DRAFT if _kept(turn, "group") == Group.DRAFT else Group.ALL
    return await _show(turn, group, words=words)


def _kept(turn: Turn, name: str) -> str:
    dialogue = turn.dialogue
    return dialogue.data.get(name, "") if dialogue and dialogue.step == STEP else ""


async def _show(turn: Turn, group: Group, *, words: str, offset: int = 0) -> Replies:
    count, found = await find_campaigns(
        turn.officer, tx=turn.tx, states=STATES[group], words=words, offset=offset, limit=_PAGE
    )
    turn.goto(FLOW, STEP, data={"group": group.value, "words": words})
    items = [
        [
            Button(
                label=f"{n}. {short(one.content.title, most=_TITLE_ON_BUTTON)}",
                payload=f"{FLOW}:open:{one.campaign_id}",
            )
        ]
        for n, one in enumerate(found, start=1)
    ]
    buttons = [*items, *_ways(turn, group, words=words, offset=offset, count=count)]
    if not found:
        return turn.answer("campaigns.found_none", buttons, words=words)
    return turn.answer(
        "campaigns.listed",
        buttons,
        group=turn.label(f"campaigns.group_{group.value}"),
        words=words,
        count=count,
        lines=[_line(turn, one) for one in found],
    )


def _ways(turn: Turn, group: Group, *, words: str, offset: int, count: int) -> Labels:
    def to(key: str, target: Group, start: int = 0) -> Button:
        return turn.button(f"campaigns.{key}", FLOW, STEP, f"{target.value}-{start}")

    newer = [to("newer", group, max(0, offset - _PAGE))] if offset else []
    older = [to("older", group, offset + _PAGE)] if offset + _PAGE < count else []
    others = [to(f"group_{other.value}", other) for other in Group if other != group]
    all_of_them = [turn.button("campaigns.everything", FLOW, "everything")] if words else []
    compose = [turn.button("campaigns.compose", FLOW, "start")]
    return [row for row in ([*newer, *older], others, [*all_of_them, *compose]) if row]


def _line(turn: Turn, campaign: Campaign) -> dict[str, object]:
    """The day on which it began or is to begin. Of a cancelled one those who got nothing by that are meant too."""
    tally, shown = campaign.tally, f"campaigns.state.{campaign.state.value}"
    cancelled = campaign.state == CampaignState.CANCELLED
    if campaign.plan.in_digest and not cancelled and campaign.state != CampaignState.DRAFT:
        shown = "digest.state"
    return {
        "title": short(campaign.content.title, most=_TITLE),
        "state": turn.label(shown),
        "sent": tally.sent,
        "people": tally.total - tally.replaced if cancelled else tally.meant,
        "recalled": campaign.recalled,
        "at": campaign.started_at or campaign.not_before or campaign.created_at,
    }


async def open_one(turn: Turn, press: Press) -> Replies:
    """A draft where it was left, one under way with its progress, one that is over with its report."""
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=CampaignId(press.number))
    named = replace(press, arg=str(campaign.campaign_id))
    if campaign.state == CampaignState.DRAFT:
        turn.goto(FLOW, content.STEP, subject_id=campaign.campaign_id, data={})
        return await content.again(turn, named)
    if campaign.state in ENDED and campaign.started_at:
        turn.close()
        return await report.show(turn, named)
    return await watch.status(turn, named)


COMMAND = Command(name="chiendich", run=begin, officers_only=True)
