"""The young people's scenes: a poster, an ambiguous name, an old district, somebody under age, and a crowd."""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.app import App
from bot.demo.crowd import settle
from bot.demo.phones import Message, Phone, ZaloPhone
from bot.demo.sender import Sender
from bot.demo.stage import PlayClock, Simulator
from bot.demo.transcript import Transcript

CROWD = 300
BAC_SON = "06325"
POSTER = "BS01"


@dataclass(kw_only=True)
class Play:
    """What every scene works with, and what the checks look at afterwards."""

    app: App
    clock: PlayClock
    sender: Sender
    simulator: Simulator
    transcript: Transcript
    phones: dict[str, Phone] = field(default_factory=dict)
    crowd: list[Phone] = field(default_factory=list)
    size: int = CROWD
    poster: tuple[int, int, int] = (0, 0, 0)  # taps, typed answers, characters of the way from the poster
    waited: bool = False  # who is out of Zalo's window had not got the news before she wrote again
    stood: bool = False  # nothing left while the campaign was paused
    began: float = field(default_factory=time.monotonic)

    async def skip(self, step: timedelta) -> None:
        """Let time pass that nobody wants to sit through, for the bot and for the phones."""
        self.clock.skip(step)
        self.sender.share(self.clock)
        await self.simulator.advance(step)

    def label(self, key: str, **values: object) -> str:
        return self.app.world.catalog.label(key, language="vi", **values)

    async def person(self, key: str, kind: str) -> Phone:
        """A new person; the name stands in the texts of the play."""
        name = self.label(f"demo.{key}")
        made = await self.simulator.order("people", {"name": name, "kind": kind})
        self.phones[key] = Phone(simulator=self.simulator, person_id=int(str(made["id"])), name=name)
        return self.phones[key]

    async def zalo_person(self, key: str, *, name: str = "") -> ZaloPhone:
        """A new person on Zalo; `name` is the key of the name where it is not the phone's own."""
        shown = self.label("demo.on_zalo", name=self.label(f"demo.{name or key}"))
        made = await self.simulator.order("zalo/oa/people", {"name": self.label(f"demo.{name or key}")})
        phone = ZaloPhone(simulator=self.simulator, person_id=str(made["id"]), name=shown)
        self.phones[key] = phone
        return phone

    # What a person does, printed with the answer

    async def opens(self, phone: Phone, payload: str = "") -> list[Message]:
        followed = isinstance(phone, ZaloPhone)
        self.transcript.does(phone, self.label("demo.follows" if followed else "demo.opens", payload=payload))
        return self._shown(await phone.opens(payload))

    async def taps(self, phone: Phone, key: str, **values: object) -> list[Message]:
        """A button by the key of its words."""
        return await self.taps_words(phone, self.label(key, **values))

    async def taps_words(self, phone: Phone, words: str) -> list[Message]:
        self.transcript.does(phone, f"[{words}]")
        return self._shown(await phone.taps_on(words))

    async def presses(self, phone: Phone, key: str) -> list[Message]:
        words = self.label(key)
        self.transcript.does(phone, f"[{words}]")
        return self._shown(await phone.presses_key(words))

    async def says(self, phone: Phone, words: str) -> list[Message]:
        self.transcript.does(phone, words if len(words) < 160 else f"{words[:150]} …")  # noqa: PLR2004  (two lines)
        return self._shown(await phone.says(words))

    def _shown(self, messages: list[Message]) -> list[Message]:
        self.transcript.answers(messages)
        return messages


async def consents(play: Play, phone: Phone) -> None:
    await play.taps(phone, "join.of_age", age=play.app.pack.ages.subscriber_min)
    await play.taps(phone, "join.agree")


async def from_a_poster(play: Play) -> None:
    """A pupil scans the poster of xã Bắc Sơn with Zalo: follows, types the short code and the year, and taps the rest."""
    pupil = await play.zalo_person("pupil")
    await play.opens(pupil, POSTER)
    await consents(play, pupil)
    await play.says(pupil, "2009")
    await play.taps(pupil, "units.yes")
    play.poster = (pupil.taps, pupil.typed, pupil.characters_read)
    play.transcript.figures(pupil)


async def by_an_ambiguous_name(play: Play) -> None:
    """The name bac son was a whole district: asked, never guessed."""
    friend = await play.person("friend", "young")
    await play.opens(friend)
    await consents(play, friend)
    await play.taps_words(friend, "2004")
    await play.says(friend, play.label("demo.types_bac_son"))
    await play.says(friend, "1")
    play.transcript.figures(friend)


async def by_old_district(play: Play) -> None:
    """Two taps through the areas people remember."""
    worker = await play.person("worker", "young")
    await play.opens(worker)
    await consents(play, worker)
    await play.taps_words(worker, "1999")
    await play.taps_words(worker, play.label("demo.old_district"))
    await play.taps_words(worker, play.label("demo.new_unit"))
    play.transcript.figures(worker)


async def under_age(play: Play) -> None:
    """Fourteen: nothing is kept at all."""
    child = await play.person("child", "young")
    await play.opens(child)
    await play.taps(child, "join.not_of_age", age=play.app.pack.ages.subscriber_min)


async def a_crowd(play: Play) -> None:
    """Three hundred made-up people in all units; the simulator's speed limit rests meanwhile, for these are answers."""
    await play.simulator.order("settings", {"limits": False})
    with _bar(play) as progress:
        task = progress.add_task(play.label("demo.crowd_bar"), total=play.size)
        play.crowd = await settle(
            play.simulator,
            play.app.pack.units,
            count=play.size,
            name=play.label("demo.young"),
            labels=(
                play.label("join.of_age", age=play.app.pack.ages.subscriber_min),
                play.label("join.agree"),
                play.label("units.yes"),
            ),
            progress=lambda: progress.advance(task),
        )
    await play.simulator.order("settings", {"limits": True})
    play.transcript.say("demo.crowd_done", people=len(play.crowd), units=len(play.app.pack.units))


def _bar(play: Play) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=play.transcript.console,
    )
