"""The play from curtain to curtain: set the stage, run the production wiring, play the scenes, check, leave the page open."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from rich.console import Console

from bot.app import Part, migrate_database, open_app, running
from bot.demo import checks, nominating, reporting, scenes, sending, stage, zalo
from bot.demo.echo import EchoCatalog
from bot.demo.phones import NoAnswerError
from bot.demo.scenes import Play
from bot.demo.sender import sending as sending_apart
from bot.demo.stage import PlayClock, StageError
from bot.demo.transcript import Transcript
from bot.logs import set_up_logs
from bot.settings import FixedSettings

Scene = Callable[[Play], Awaitable[None]]

SCENES: tuple[tuple[str, Scene], ...] = (
    ("demo.scene_silent", zalo.long_ago),
    ("demo.scene_poster", scenes.from_a_poster),
    ("demo.scene_name", scenes.by_an_ambiguous_name),
    ("demo.scene_area", scenes.by_old_district),
    ("demo.scene_child", scenes.under_age),
    ("demo.scene_link", zalo.links),
    ("demo.scene_nomination", nominating.nominates),
    ("demo.scene_crowd", scenes.a_crowd),
    ("demo.scene_officer", sending.comes_in),
    ("demo.scene_campaign", sending.sends),
    ("demo.scene_kill", sending.watches),
    ("demo.scene_reactions", sending.people_react),
    ("demo.scene_writes", zalo.writes_again),
    ("demo.scene_declaration", reporting.a_commune_declares),
    ("demo.scene_report", reporting.the_report),
)


async def play(*, port: int, once: bool, console: Console) -> int:
    """0 when every expectation held, 1 when one did not, 2 when the stage could not be set.

    A signal cancels it, so that whatever was started is ended; once the play is over, that is how it ends.
    """
    task = asyncio.current_task()
    assert task  # noqa: S101  (a coroutine runs in one)
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    catalog = EchoCatalog()
    transcript = Transcript(console, catalog)
    try:
        with stage.folder() as where, stage.log(where) as file:
            set_up_logs("INFO", to=file)
            return await _on_stage(where, port=port, once=once, transcript=transcript, catalog=catalog)
    except StageError as error:
        transcript.say(error.key, style="bold red", **{name: str(value) for name, value in error.values.items()})
        return 2


async def _on_stage(where: Path, *, port: int, once: bool, transcript: Transcript, catalog: EchoCatalog) -> int:
    async with staged(where, port=port, transcript=transcript, catalog=catalog) as (playing, tasks):
        held = await played(playing) and await _verdict(playing)
        if not once:
            people = ",".join(str(playing.phones[key].person_id) for key in ("pupil", "worker", "teacher", "officer"))
            transcript.say("demo.page", style="bold", address=f"{playing.simulator.address}/?people={people}")
            transcript.say("demo.try")
            with contextlib.suppress(asyncio.CancelledError):
                ended = playing.simulator.ended
                await asyncio.wait({*tasks, ended}, return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    raise StageError("demo.simulator_gone")
    return 0 if held else 1


@asynccontextmanager
async def staged(
    where: Path, *, port: int, transcript: Transcript, catalog: EchoCatalog
) -> AsyncIterator[tuple[Play, set[asyncio.Task[None]]]]:
    """The simulator and the production wiring in front of it, running; the tasks are those of `running`."""
    clock = PlayClock()
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(stage.simulator(where, port=port))
        await simulator.advance(clock.ahead)
        values = stage.settings_of(where, address=simulator.address)
        settings = FixedSettings(**values)
        await migrate_database(settings)
        await zalo.authorise(settings, simulator, clock=clock)
        app = await stack.enter_async_context(open_app(settings, clock=clock, catalog=catalog))
        catalog.learn(app.pack)
        tasks = await stack.enter_async_context(running(app, only=frozenset(Part) - {Part.SENDER}))
        sender = await stack.enter_async_context(sending_apart(where, values, clock=clock))
        title = catalog.label("demo.poster")
        await zalo.deliver_to(app, simulator, clock=clock, title=title)
        poster = {"title": title, "payload": f"src_{scenes.BAC_SON}", "code": scenes.POSTER}
        await simulator.order("posters", [poster])
        yield Play(app=app, clock=clock, sender=sender, simulator=simulator, transcript=transcript), tasks


async def _verdict(playing: Play) -> bool:
    """Every expectation against the simulator's own record."""
    playing.transcript.scene(len(SCENES) + 1, "demo.scene_checks")
    found = await checks.all_of(playing)
    playing.transcript.verdict([(check.key, check.held, check.found) for check in found])
    return all(check.held for check in found)


async def played(playing: Play) -> bool:
    """Every scene in turn; False, and said so, where the bot stayed silent."""
    try:
        for number, (key, scene) in enumerate(SCENES, start=1):
            playing.transcript.scene(number, key)
            await scene(playing)
    except NoAnswerError as error:
        playing.transcript.say("demo.stuck", style="bold red", why=str(error))
        return False
    playing.transcript.say("demo.took", style="bold", seconds=round(time.monotonic() - playing.began))
    return True
