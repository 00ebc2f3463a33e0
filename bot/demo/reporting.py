"""The last scenes: a commune's officer declares a meeting, the coverage is counted and handed in."""

from bot.demo.scenes import Play
from outreach.clock import local_day
from outreach.officers import System
from outreach.periods import Period
from outreach.reach.denominators import enter_denominators
from outreach.reach.model import Denominator

# Invented, and said so wherever they are shown.
_PER_UNIT = 8
_IN_ALL = 500
PEOPLE_DECLARED = 45


def current_period(play: Play) -> Period:
    """The main period that the play's day lies in."""
    day = local_day(play.clock())
    rule = play.app.pack.main_period
    return rule.on(day) or rule.in_year(day.year)


async def a_commune_declares(play: Play) -> None:
    """The admin invites; the invited opens the link, is confirmed, and declares a meeting in four inputs."""
    admin = play.phones["officer"]
    secretary = await play.person("secretary", "officer")
    await play.says(admin, play.label("demo.types_invite"))
    await play.taps(admin, "duty.role_officer")
    await play.says(admin, play.label("demo.bac_son"))
    answer = await play.taps(admin, "units.yes")
    link = next(text for message in answer if "start=cb_" in (text := str(message.get("text"))))
    await play.opens(secretary, "cb_" + link.rpartition("start=cb_")[2].split()[0])
    await play.taps(secretary, "duty.take")
    await admin.waits_for(secretary.name, seconds=10)
    await play.taps(admin, "invite.right")
    await secretary.waits_for(play.label("duty.role_officer"), seconds=10)
    await play.presses(secretary, "commands.khaibao")
    await play.says(secretary, play.label("demo.meeting"))
    await play.taps(secretary, "declare.today")
    await play.says(secretary, str(PEOPLE_DECLARED))
    await play.taps(secretary, "declare.no_paper")
    await play.taps(secretary, "declare.send")
    play.transcript.figures(secretary)


async def the_report(play: Play) -> None:
    """Numbers of young people are entered (made up), then the table and the paragraph that is handed in."""
    app, now = play.app, play.clock()
    period = current_period(play)
    source = play.label("demo.made_up")
    units = app.world.units
    rows = [
        Denominator(unit_id=unit_id, year=period.last_on.year, count=count, source=source, dated_on=local_day(now))
        for unit_id, count in [(units.province_id, _IN_ALL), *((unit_id, _PER_UNIT) for unit_id, _ in units.communes)]
    ]
    async with app.database.write() as tx:
        await enter_denominators(System(name="demo"), tx, rows=rows, at=now)
    play.transcript.say("demo.denominators", style="yellow", people=_IN_ALL)
    admin = play.phones["officer"]
    await play.presses(admin, "commands.dopho")
    await play.taps(admin, "coverage.report")
    await play.taps_words(admin, period.name.vi)
    await play.presses(play.phones["secretary"], "commands.dopho")
