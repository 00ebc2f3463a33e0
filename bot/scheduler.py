"""A few fixed jobs on a clock; what is due is always read from the database, so a missed beat loses nothing."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`run` every `seconds`; one at a time, a late one runs once."""

    name: str
    seconds: float
    run: Callable[[], Awaitable[object]]


def start_clock(jobs: list[Job]) -> AsyncIOScheduler:
    """Start the jobs on the running loop; the caller shuts the scheduler down."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    for job in jobs:
        scheduler.add_job(_guarded(job), "interval", seconds=job.seconds, id=job.name, max_instances=1, coalesce=True)
    scheduler.start()
    return scheduler


def _guarded(job: Job) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await job.run()
        except Exception as error:
            log.error("job %s failed: %s", job.name, type(error).__name__, exc_info=log.isEnabledFor(logging.DEBUG))  # noqa: TRY400  (no values of a person in the log)

    return run
