"""What the administrators are told when an account will stop working, or has. Rendered outside any turn, in Vietnamese."""

from handlers.turn import World
from outreach.messaging import Reply
from outreach.upkeep import Complaint


def alarm(complaint: Complaint, *, world: World, name: str) -> Reply:
    """What is wrong, by when, and what to do."""
    text = world.catalog.say(
        f"upkeep.{complaint.ailment}",
        name=name,
        days=complaint.days,
        why=_why(world, complaint.code),
        at=complaint.at,
        used=complaint.used,
        most=complaint.most,
    )
    return Reply(text=text)


def _why(world: World, code: str) -> str:
    """In the words of a report where it has some."""
    return next(
        (world.catalog.label(key) for key in (f"campaign.why.{code}", f"reason.{code}") if world.catalog.has(key)), code
    )
