"""How it is to be sent: one screen with the present values; each button changes one of them."""

from dataclasses import replace
from datetime import timedelta

from handlers.buttons import Press
from handlers.send.steps import FLOW, button, draft
from handlers.send.when import read_when
from handlers.turn import Turn
from outreach.campaigns.model import Campaign, LateRule, OnUnknown
from outreach.campaigns.planning import FIRST_WAVE, change_plan
from outreach.campaigns.rules import LATE_AFTER
from outreach.messaging import Button, Replies

STEP = "plan"
EXPIRY = "expiry"
FURTHEST = timedelta(days=60)  # an hour or an end that is typed is not later than that


async def show(turn: Turn, press: Press | None = None) -> Replies:
    return _screen(turn, await draft(turn, press))


def _screen(turn: Turn, campaign: Campaign) -> Replies:
    number, plan = campaign.campaign_id, campaign.plan
    turn.goto(FLOW, STEP, subject_id=number, data={})
    repeats = campaign.on_unknown == OnUnknown.RATHER_REPEAT
    others = [rule for rule in LateRule if rule != plan.late_rule]
    expiry = [turn.button("plan.expiry", FLOW, EXPIRY, number)]
    rows = [
        [_choice(turn, campaign, "quiet" if plan.urgent else "urgent")],
        [*expiry, *([_choice(turn, campaign, "endless")] if plan.expires_at else [])],
        [_choice(turn, campaign, f"late_{rule.value}") for rule in others],
        [_choice(turn, campaign, "miss" if repeats else "repeat")],
        [_choice(turn, campaign, "at_once" if plan.first_wave else "wave")],
        [button(turn, "back", "check", number)],
    ]
    return turn.answer(
        "plan.screen",
        rows,
        urgent=plan.urgent,
        expires_at=plan.expires_at,
        late=turn.label(f"plan.is_late_{plan.late_rule.value}"),
        late_minutes=LATE_AFTER // timedelta(minutes=1),
        repeats=repeats,
        wave=plan.first_wave,
    )


def _choice(turn: Turn, campaign: Campaign, name: str) -> Button:
    """The button says what it sets, so that pressing it twice changes nothing twice."""
    return turn.button(f"plan.set_{name}", FLOW, "setplan", f"{campaign.campaign_id}-{name}", size=FIRST_WAVE)


async def choose(turn: Turn, press: Press) -> Replies:
    number, _, name = press.arg.partition("-")
    campaign = await draft(turn, Press(flow=FLOW, step=press.step, arg=number))
    changed = await _changed(turn, campaign, name)
    return _screen(turn, changed)


async def _changed(turn: Turn, campaign: Campaign, name: str) -> Campaign:
    plan, on_unknown = campaign.plan, campaign.on_unknown
    match name:
        case "urgent" | "quiet":
            plan = replace(plan, urgent=name == "urgent")
        case "endless":
            plan = replace(plan, expires_at=None)
        case "late_skip" | "late_ask" | "late_send":
            plan = replace(plan, late_rule=LateRule(name.removeprefix("late_")))
        case "miss" | "repeat":
            on_unknown = OnUnknown.RATHER_REPEAT if name == "repeat" else OnUnknown.RATHER_MISS
        case "wave" | "at_once":
            plan = replace(plan, first_wave=FIRST_WAVE if name == "wave" else 0)
    return await change_plan(
        turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now, plan=plan, on_unknown=on_unknown
    )


async def ask_expiry(turn: Turn, press: Press | None = None) -> Replies:
    campaign = await draft(turn, press)
    turn.goto(FLOW, EXPIRY, subject_id=campaign.campaign_id, data={})
    return turn.answer("plan.ask_expiry", [[button(turn, "back", STEP, campaign.campaign_id)]])


async def expiry_typed(turn: Turn) -> Replies:
    campaign = await draft(turn)
    meant = read_when(turn.incoming.text, now=turn.now)
    back = [[button(turn, "back", STEP, campaign.campaign_id)]]
    if meant is None:
        turn.misunderstood()
        return turn.answer("campaign.when_unclear", back)
    if not turn.now < meant <= turn.now + FURTHEST:
        return turn.answer("campaign.when_past", back, meant=meant)
    plan = replace(campaign.plan, expires_at=meant)
    changed = await change_plan(turn.officer, tx=turn.tx, campaign_id=campaign.campaign_id, at=turn.now, plan=plan)
    return _screen(turn, changed)


def in_words(turn: Turn, campaign: Campaign) -> str:
    """What is unlike the usual, for the last look."""
    plan = campaign.plan
    said = [
        turn.label("plan.is_urgent") if plan.urgent else "",
        turn.label("plan.is_expiring", at=plan.expires_at) if plan.expires_at else "",
        turn.label(f"plan.is_late_{plan.late_rule.value}") if plan.late_rule != LateRule.ASK else "",
        turn.label("plan.is_repeating") if campaign.on_unknown == OnUnknown.RATHER_REPEAT else "",
        turn.label("plan.is_wave", size=plan.first_wave) if plan.first_wave else "",
    ]
    return " · ".join(filter(None, said))
