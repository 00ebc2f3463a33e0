"""Three hundred made-up young people, who subscribe as anybody would: by tapping, from the poster of their own unit."""

import asyncio
import random
from collections.abc import Callable, Sequence

from bot.demo.phones import Phone
from bot.demo.stage import Simulator
from outreach.units import UnitRow

_AT_ONCE = 24
_OLDEST, _YOUNGEST = 1996, 2009


async def settle(
    simulator: Simulator,
    units: Sequence[UnitRow],
    *,
    count: int,
    name: str,
    labels: Sequence[str],
    progress: Callable[[], None],
) -> list[Phone]:
    """`labels` are the taps after the start: of age, agreed, then (after a typed year) the unit confirmed."""
    made = await simulator.order("people", {"count": count, "prefix": name, "kind": "young"})
    ids = made["ids"]
    assert isinstance(ids, list)  # noqa: S101  (the simulator's contract)
    dice = random.Random(136)  # noqa: S311  (a made-up crowd, the same each time)
    door = asyncio.Semaphore(_AT_ONCE)

    async def subscribe(number: int, person_id: int) -> Phone:
        phone = Phone(simulator=simulator, person_id=person_id, name=f"{name} {number + 1}", quiet=0.0)
        year = dice.randint(_OLDEST, _YOUNGEST)
        async with door:
            await phone.opens(f"src_{units[number % len(units)].code}")
            await phone.taps_on(labels[0])
            await phone.taps_on(labels[1])
            await phone.says(str(year))
            await phone.taps_on(labels[2])
            progress()
        return phone

    return list(await asyncio.gather(*(subscribe(number, person_id) for number, person_id in enumerate(ids))))
