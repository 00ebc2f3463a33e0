"""The nominator's scene: a form in chat with a photo, one step back, one line edited, and a code at the end."""

from bot.demo.pictures import certificate
from bot.demo.scenes import Play

CORRECTED_YEAR = "2009"


async def nominates(play: Play) -> None:
    teacher = await play.person("teacher", "nominator")
    await play.opens(teacher)
    await play.says(teacher, play.label("demo.types_nominate"))
    await play.taps(teacher, "nominate.start")
    await play.taps(teacher, "nominate.option.who_agreed")
    await play.taps(teacher, "nominate.option.of_age_yes")
    await play.says(teacher, "7")
    await play.taps(teacher, "nominate.back")
    await play.says(teacher, "7")
    await play.says(teacher, play.label("demo.nominee"))
    await play.says(teacher, "2008")
    await play.says(teacher, play.label("demo.nominee_unit"))
    await play.taps(teacher, "units.yes")
    await play.says(teacher, play.label("demo.achievement"))
    play.transcript.does(teacher, play.label("demo.photo"))
    play.transcript.answers(await teacher.photographs("giai-nhi.jpg", certificate()))
    await play.taps(teacher, "nominate.done")
    await play.taps(teacher, "nominate.by_chat")
    await play.taps(teacher, "nominate.edit.birth_year")
    await play.says(teacher, CORRECTED_YEAR)
    await play.taps(teacher, "nominate.send")
    play.transcript.figures(teacher)
