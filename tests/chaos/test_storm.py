"""The short form of `python -m tests.chaos`: six kills, two processes on one database, an officer's pauses, and a cancel at the end."""

from pathlib import Path

import pytest

from tests.chaos.conftest import Town
from tests.chaos.storm import Plan, Storm

RATE = 200


@pytest.mark.slow
async def test_six_kills_break_no_promise(town: Town, tmp_path: Path) -> None:
    town.process.environment["LOATRE_TELEGRAM_RATE"] = str(RATE)
    plan = Plan(seed=6, kills=6, processes=2, people=150, rate=RATE, cancels=True)
    toll = await Storm(plan=plan, town=town, folder=tmp_path).blow()
    assert not toll.differences, "\n".join(toll.differences)
    assert (toll.kills, toll.cancels) == (plan.kills, 1)
    assert toll.deliveries == toll.campaigns * plan.people >= 2 * plan.people
    assert toll.arrived > plan.people
