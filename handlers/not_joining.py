"""How the joining ends without a subscriber: under the least age, or a no. What is left of the person, and what she may still do.

Somebody who has joined before and says now that she is too young is asked once: the answer deletes everything.
"""

from handlers.menu import with_keyboard
from handlers.pages import stranger_buttons
from handlers.turn import Turn
from outreach.contacts.subscribe import leave_joining
from outreach.messaging import Replies, Reply


def under_age_reply(turn: Turn) -> Reply:
    """Thanks, what can be read, whom to ask; its buttons need nothing remembered."""
    return turn.reply("join.under_age", stranger_buttons(turn, of_age=False), age=turn.world.pack.ages.subscriber_min)


TOO_YOUNG_NOW = "now"  # in place of the year


def ask_whether_too_young(turn: Turn, *, year: int | None = None) -> Replies:
    """`year`: the corrected one that says so; None where she tapped that she is too young."""
    age = turn.world.pack.ages.subscriber_min
    yes = turn.button("profile.young_yes", "pro", "young", year or TOO_YOUNG_NOW)
    if year is None:
        return turn.answer(
            "profile.young_now", [[yes], [turn.button("profile.young_not", "pro", "keep", age=age)]], age=age
        )
    return turn.answer("profile.young", [[yes], [turn.button("profile.young_no", "pro", "year")]], year=year, age=age)


async def under_age(turn: Turn) -> Replies:
    """Nothing is kept: before the consent nothing was written, after it everything of it goes at once."""
    buttons = [[turn.button("join.erase", "pro", "erase")], *stranger_buttons(turn, of_age=False)]
    kept = turn.reply("join.under_age_known", buttons, age=turn.world.pack.ages.subscriber_min)
    return await _leave(turn, too_young=True, told=(under_age_reply(turn),), told_if_kept=kept)


async def refuse(turn: Turn) -> Replies:
    """The keyboard stays, so that she finds the news and the way back without a command."""
    pages = turn.reply("pages.list", stranger_buttons(turn))
    told = (with_keyboard(turn, "join.refused", keyboard=turn.can.keyboard), pages)
    return await _leave(turn, too_young=False, told=told, told_if_kept=with_keyboard(turn, "join.refused_known"))


async def _leave(turn: Turn, *, too_young: bool, told: tuple[Reply, ...], told_if_kept: Reply) -> Replies:
    """Who is known for another reason (an officer, a nominator) stays known for that one; of all others nothing remains."""
    turn.close()
    contact = turn.known.contact
    if contact is None:
        return Replies(messages=told, forget=True)
    gone = await leave_joining(
        turn.known.actor, turn.tx, contact=contact, officer=turn.known.officer, too_young=too_young, at=turn.now
    )
    return Replies(messages=told if gone else (told_if_kept,), forget=gone)
