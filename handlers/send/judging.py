"""The one screen of a second officer: to whom, when, what three of them will read, and what has changed since the last time."""

from dataclasses import replace

from markupsafe import escape

from content.changes import RIGHT, changed_lines
from content.placeholders import fill, values_for
from handlers.send import extras
from handlers.send.looks import as_it_looks, examples
from handlers.send.steps import audience_words, digest_words, excluded_words
from handlers.turn import Turn
from outreach.campaigns.estimate import Outlook
from outreach.campaigns.model import Campaign, Content
from outreach.campaigns.ports.approvals import Approval
from outreach.contacts.model import Contact
from outreach.messaging import Reply


async def screen(turn: Turn, approval: Approval, campaign: Campaign, *, outlook: Outlook, who: str) -> str:
    """`outlook` is of the moment at which it would go."""
    plan = campaign.plan
    head = turn.say(
        "approval.judge.screen",
        who=who,
        audience=await audience_words(turn, campaign),
        people=outlook.preview.will_get,
        asked=approval.people,
        excluded=excluded_words(turn, outlook.preview.excluded),
        starts_at=approval.starts_at if approval.starts_at and approval.starts_at > turn.now else None,
        digest=digest_words(turn, campaign, at=outlook.starts_at) if plan.in_digest else "",
        ends_at=outlook.ends_at,
        first_wave=plan.first_wave,
        expires_at=plan.expires_at,
        urgent=plan.urgent,
    )
    shown = await _examples(turn, campaign, outlook=outlook)
    return "\n\n".join([head, *shown, *_along(turn, campaign), *await _changes(turn, approval, campaign)])


def alongside(turn: Turn, campaign: Campaign) -> tuple[Reply, ...]:
    """The pictures and files themselves, or the message that is passed on as it is; nothing where there are only words."""
    shown = as_it_looks(turn, campaign, contact=turn.contact)
    if not shown.media and shown.copy_of is None:
        return ()
    return (replace(shown, text=turn.say("approval.judge.itself", title=campaign.content.title), buttons=()),)


def _along(turn: Turn, campaign: Campaign) -> list[str]:
    what, content = extras.summary(turn, campaign), campaign.content
    if not what:
        return []
    return [turn.say("approval.judge.along", what=what, links=content.links, question=content.question, mark=RIGHT)]


async def _examples(turn: Turn, campaign: Campaign, *, outlook: Outlook) -> list[str]:
    """What is read alike is shown once."""
    people = await examples(turn, campaign, outlook=outlook)
    alike: dict[str, list[tuple[int, Contact]]] = {}
    cut: tuple[str, Contact] | None = None
    for number, person in enumerate(people, start=1):
        shown = as_it_looks(turn, campaign, contact=person)
        cut = cut or ((shown.text, person) if _is_cut(turn, shown, person) else None)
        alike.setdefault(shown.text, []).append((number, person))
    if not people:
        shown = as_it_looks(turn, campaign, contact=turn.contact)
        return [f"{turn.say('approval.judge.nobody')}\n\n{shown.text}"]
    parts = [part for text, readers in alike.items() for part in _shown(turn, text, readers)]
    return [*parts, *(_rest(turn, campaign.content, *cut) if cut else [])]


def _shown(turn: Turn, text: str, readers: list[tuple[int, Contact]]) -> list[str]:
    (number, person), *others = readers
    head = turn.say("approval.judge.example", number=number, unit=_unit(turn, person))
    same = turn.say(
        "approval.judge.same",
        numbers=", ".join(str(other) for other, _ in others),
        units=", ".join(dict.fromkeys(_unit(turn, one) for _, one in others)),
    )
    return [f"{head}\n{text}", *([same] if others else [])]


def _unit(turn: Turn, person: Contact) -> str:
    return turn.unit_label(person.unit_id) if person.unit_id else turn.label("campaign.no_unit")


def _is_cut(turn: Turn, shown: Reply, person: Contact) -> bool:
    more = turn.world.catalog.label("campaign.more", language=person.language)
    return any(button.label == more for row in shown.buttons for button in row)


def _rest(turn: Turn, content: Content, shown: str, person: Contact) -> list[str]:
    """Who approves has seen every word of it, as the same person reads it."""
    world = turn.world
    values = values_for(world.catalog, units=world.units, unit_id=person.unit_id, language=person.language)
    escaped = {name: str(escape(value)) for name, value in values.items()}
    whole = content.formatted or tuple(str(escape(paragraph)) for paragraph in content.paragraphs)
    hidden = [read for paragraph in whole if (read := fill(paragraph, escaped)) not in shown]
    return [f"{turn.say('approval.judge.rest')}\n" + "\n\n".join(hidden)] if hidden else []


async def _changes(turn: Turn, approval: Approval, campaign: Campaign) -> list[str]:
    version = await turn.tx.approvals.shown_before(approval)
    before = await turn.tx.campaigns.wording(campaign.campaign_id, version=version) if version else None
    if before is None:
        return [turn.say("approval.judge.first")]
    now = campaign.content
    lines = [str(line) for line in changed_lines(before, now)]
    if not lines and before.formatted != now.formatted:
        lines.append(turn.say("approval.judge.changed_formatting"))
    if (before.media, before.copy_of) != (now.media, now.copy_of):
        lines.append(turn.say("approval.judge.changed_media"))
    if before.topic != now.topic:
        lines.append(turn.say("approval.judge.changed_topic"))
    if before.counts != now.counts:
        lines.append(turn.say("approval.judge.changed_counts", counts=now.counts))
    return ["\n".join([turn.say("approval.judge.changed"), *lines]) if lines else turn.say("approval.judge.unchanged")]
