"""What goes with a draft's words: buttons to pages of others, one question, the officer's own message as it is."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from outreach.campaigns.model import Campaign, CheckQuestion, Content, Link
from outreach.errors import InvalidAnswerError
from outreach.messaging import MessageCopy
from outreach.officers import Action, Actor, check_act
from outreach.text import fold
from outreach.transaction import Transaction

MOST_LINKS = 3
LONGEST_LABEL = 60
LONGEST_URL = 500
LONGEST_QUESTION = 200
LEAST_OPTIONS, MOST_OPTIONS = 2, 4


def check_link(link: Link) -> None:
    """Straight to a page, encrypted, with nothing in the address that hides where it leads. Raises InvalidAnswerError."""
    if not 0 < len(link.label) <= LONGEST_LABEL:
        raise InvalidAnswerError("link_label", most=LONGEST_LABEL)
    try:
        parts = urlsplit(link.url)
        sound = parts.scheme == "https" and "." in (parts.hostname or "") and not (parts.username or parts.password)
        port = parts.port
    except ValueError:
        raise InvalidAnswerError("link_address") from None
    printable = link.url.isprintable() and not any(sign in link.url for sign in ' <>"{}')
    if not sound or port not in {None, 443} or not printable or len(link.url) > LONGEST_URL:
        raise InvalidAnswerError("link_address")


def check_question(question: CheckQuestion) -> None:
    """Raises InvalidAnswerError."""
    if not 0 < len(question.text) <= LONGEST_QUESTION:
        raise InvalidAnswerError("check_question_text", most=LONGEST_QUESTION)
    options = question.options
    told_apart = len({fold(option) for option in options}) == len(options)
    fits = all(0 < len(option) <= LONGEST_LABEL for option in options)
    if not (LEAST_OPTIONS <= len(options) <= MOST_OPTIONS and told_apart and fits):
        raise InvalidAnswerError("check_question_options", most=LONGEST_LABEL)
    if question.right is not None and not 0 <= question.right < len(options):
        raise InvalidAnswerError("check_question_options", most=LONGEST_LABEL)


async def set_links(actor: Actor, *, tx: Transaction, campaign: Campaign, links: Sequence[Link]) -> Campaign:
    """Effects: the draft's content."""
    if len(links) > MOST_LINKS:
        raise InvalidAnswerError("link_too_many", most=MOST_LINKS)
    for link in links:
        check_link(link)
    return await _edit(actor, tx=tx, campaign=campaign, content=replace(campaign.content, links=tuple(links)))


async def set_question(
    actor: Actor, *, tx: Transaction, campaign: Campaign, question: CheckQuestion | None
) -> Campaign:
    """One that is asked stands in the words, so the message does not go as it was. Effects: the draft's content."""
    content = replace(campaign.content, question=question)
    if question:
        check_question(question)
        content = replace(content, copy_of=None)
    return await _edit(actor, tx=tx, campaign=campaign, content=content)


async def set_copy(actor: Actor, *, tx: Transaction, campaign: Campaign, copy_of: MessageCopy | None) -> Campaign:
    """Pass the officer's message on as it is, or not. Effects: the draft's content. A question does not go with it."""
    content = replace(campaign.content, copy_of=copy_of, question=None if copy_of else campaign.content.question)
    return await _edit(actor, tx=tx, campaign=campaign, content=content)


async def set_formatted(actor: Actor, *, tx: Transaction, campaign: Campaign, formatted: tuple[str, ...]) -> Campaign:
    """The paragraphs as the officer had set them off, made safe before. Effects: the draft's content."""
    return await _edit(actor, tx=tx, campaign=campaign, content=replace(campaign.content, formatted=formatted))


async def _edit(actor: Actor, *, tx: Transaction, campaign: Campaign, content: Content) -> Campaign:
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    if content == campaign.content:
        return campaign
    await tx.campaigns.edit(campaign.campaign_id, content=content)
    return replace(campaign, content=content)
