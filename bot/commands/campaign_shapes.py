"""What scripts read of a campaign: stable fields, described in docs/operations.md."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from outreach.campaigns.fates import fate_of
from outreach.campaigns.model import Audience, Campaign, CheckQuestion
from outreach.campaigns.ports.approvals import Approval
from outreach.campaigns.ports.lanes import LaneHalt
from outreach.campaigns.ports.listing import NumberedRow
from outreach.campaigns.ports.waves import WaveTally
from outreach.campaigns.progress import Progress
from outreach.campaigns.report import Report
from outreach.directory import UnitDirectory
from outreach.reach.rules import tenths_of_percent
from outreach.units import UnitId

Shape = dict[str, Any]


def campaign_shape(campaign: Campaign, *, counts: bool, units: UnitDirectory) -> Shape:
    """`counts`: whether anything in it does."""
    return {
        "id": campaign.campaign_id,
        "state": campaign.state.value,
        "title": campaign.content.title,
        "counts": counts,
        "unit": code_of(campaign.unit_id, units=units),
        "tally": asdict(campaign.tally),
        "created_at": _instant(campaign.created_at),
        "not_before": _instant(campaign.not_before),
        "started_at": _instant(campaign.started_at),
        "finished_at": _instant(campaign.finished_at),
        "halt_reason": campaign.halt_reason,
        "recalled": campaign.recalled,
        "edited": campaign.edited,
    }


def in_full(
    campaign: Campaign,
    *,
    counts: bool,
    units: UnitDirectory,
    words: str,
    reasons: Mapping[str, int],
    halted: Sequence[LaneHalt],
    asked: Approval | None,
    progress: Progress | None,
    wave: WaveTally | None,
) -> Shape:
    """`words`: its audience in words. `asked`: the last question to a second officer. `progress` while it runs, `wave` while others
    wait for the first one.
    """
    plan = campaign.plan
    return campaign_shape(campaign, counts=counts, units=units) | {
        "version": campaign.version,
        "audience": _audience(campaign.audience, units=units) | {"words": words},
        "plan": {
            "kind": campaign.kind.value,
            "urgent": plan.urgent,
            "on_unknown": campaign.on_unknown.value,
            "late_rule": plan.late_rule.value,
            "expires_at": _instant(plan.expires_at),
            "first_wave": plan.first_wave,
            "in_digest": plan.in_digest,
        },
        "approval": {
            "verdict": asked.verdict.value,
            "asked_at": _instant(asked.asked_at),
            "decided_at": _instant(asked.decided_at),
            "reason": asked.reason,
        }
        if asked
        else None,
        "progress": {
            "per_second": round(progress.rate, 2) if progress.rate is not None else None,
            "ends_at": _instant(progress.ends_at),
            "others": progress.others,
        }
        if progress
        else None,
        "wave": asdict(wave) | {"opens_at": _instant(campaign.wave.opens_at)} if wave and campaign.wave else None,
        "halted": _halted(halted),
        "reasons": dict(reasons),
    }


def report_shape(
    report: Report,
    *,
    by_unit: Sequence[tuple[UnitId | None, int, int]],
    units: UnitDirectory,
    answers: Sequence[int],
    halted: Sequence[LaneHalt],
) -> Shape:
    """`answers`: people per option of its question."""
    campaign, standing = report.campaign, report.standing
    row = standing.row if standing else None
    population = row.denominator.count if row and row.denominator else None
    return campaign_shape(campaign, counts=report.counts, units=units) | {
        "sent": campaign.tally.sent,
        "left": report.left,
        "failed": report.failed,
        "skipped": report.skipped,
        "by_digest": report.by_digest,
        "waits": report.waits,
        "unknown": campaign.tally.unknown,
        "alone": report.alone or None,
        "edited_alone": list(report.edited_alone),
        "halted": _halted(halted),
        "question": _question(campaign.content.question, answers),
        "by_channel": [
            {
                "channel": one.channel.value,
                "sent": one.sent,
                "received": one.received,
                "seen": one.seen,
                "waits": one.waits,
            }
            for one in report.by_channel
        ],
        "by_unit": [
            {"unit": code_of(unit_id, units=units), "sent": sent, "people": people} for unit_id, sent, people in by_unit
        ],
        "coverage": {
            "reached": row.reached,
            "population": population,
            "percent": float(tenths_of_percent(row.reached, whole=population)) if population else None,
            "target_percent": standing.target,
            "needed": standing.needed,
            "missing": standing.missing,
        }
        if row and standing
        else None,
    }


def _halted(halts: Sequence[LaneHalt]) -> list[Shape]:
    return [{"channel": halt.channel.value, "reason": halt.reason} for halt in halts]


def _question(question: CheckQuestion | None, answers: Sequence[int]) -> Shape | None:
    if question is None:
        return None
    options = zip(question.options, answers, strict=True)
    return {
        "text": question.text,
        "answers": [
            {"option": option, "people": people, "right": place == question.right}
            for place, (option, people) in enumerate(options)
        ],
    }


def recipient_shape(one: NumberedRow, *, units: UnitDirectory) -> Shape:
    row = one.row
    fate = fate_of(row.state, reason=row.reason)
    return {
        "number": one.number,
        "unit": code_of(row.unit_id, units=units),
        "outcome": fate.value if fate else None,
        "state": row.state.value,
        "reason": row.reason,
        "at": _instant(row.at),
    }


def code_of(unit_id: UnitId | None, *, units: UnitDirectory) -> str | None:
    row = units.row(unit_id) if unit_id is not None else None
    return row.code if row else None


def _audience(audience: Audience, *, units: UnitDirectory) -> Shape:
    """The rule as it is kept, but for units, which scripts know by their codes."""
    rule = asdict(audience)
    del rule["unit_ids"]
    return rule | {"units": [code_of(unit_id, units=units) for unit_id in audience.unit_ids]}


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
