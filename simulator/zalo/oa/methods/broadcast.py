"""/v2.0/oa/message with a target: one article to all followers, once Zalo has reviewed it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from simulator.params import Args
from simulator.zalo.messages import Message
from simulator.zalo.oa.bodies import object_of, text_of
from simulator.zalo.oa.broadcasts import Broadcast, Review
from simulator.zalo.oa.errors import OaError
from simulator.zalo.oa.people import OaPerson
from simulator.zalo.oa.receipts import confirm
from simulator.zalo.oa.state import VIETNAM, Oa

METHOD = "v2.0/oa/message"
FILTERS = frozenset({"ages", "gender", "locations", "cities", "platform"})
NOT_VERIFIED, NIGHT = -221, -234
MORNING, EVENING = 6, 22


def broadcast(oa: Oa, args: Args) -> dict[str, Any]:
    article_id = _article_id(args)
    if not oa.settings.verified:
        raise OaError(NOT_VERIFIED)
    if oa.settings.night_rule and not MORNING <= oa.local_time().hour < EVENING:
        raise OaError(NIGHT)
    article = oa.articles.get(article_id, now=oa.clock.now())
    made = Broadcast(message_id=oa.next_message_id(), article=article)
    oa.broadcasts.add(made)
    if oa.settings.review_seconds is not None:
        made.review = asyncio.create_task(_review(oa, made, seconds=oa.settings.review_seconds))
    return {"message_id": made.message_id}


def _article_id(args: Args) -> str:
    target = object_of(object_of(args.values, "recipient"), "target")
    for name, wanted in target.items():
        if name not in FILTERS or not isinstance(wanted, list) or not all(isinstance(one, int) for one in wanted):
            raise OaError(-201, "target is invalid")
    payload = object_of(object_of(object_of(args.values, "message"), "attachment"), "payload")
    elements = payload.get("elements")
    if payload.get("template_type") != "media" or not isinstance(elements, list) or len(elements) != 1:
        raise OaError(-201, "elements is invalid")
    if not isinstance(elements[0], dict) or elements[0].get("media_type") != "article":
        raise OaError(-233, "only an article can be broadcast")
    return text_of(elements[0], "attachment_id", longest=200)


async def _review(oa: Oa, made: Broadcast, *, seconds: float) -> None:
    await oa.clock.sleep(seconds)
    made.review = None
    if made.state is Review.PENDING:
        send_out(oa, made)


def decide(oa: Oa, made: Broadcast, *, approved: bool) -> None:
    """The review's end by order."""
    if made.review is not None:
        made.review.cancel()
        made.review = None
    if approved:
        send_out(oa, made)
    else:
        made.state = Review.REJECTED


def send_out(oa: Oa, made: Broadcast) -> None:
    """To every follower whose share is not used up; the same message id for all."""
    made.state = Review.SENT
    for person in oa.people:
        if not person.follows or person.blocked:
            continue
        if not _has_share(oa, person):
            made.left_out += 1
            continue
        made.followers += 1
        person.broadcast_at.append(oa.clock.now())
        message = Message(
            message_id=made.message_id,
            sender="oa",
            date=oa.clock.second(),
            text=str(made.article.content["title"]),
            extra={"article": made.article.card()},
        )
        oa.note_sent(person, message, method=METHOD)
        if oa.settings.broadcast_receipts:
            confirm(oa, person, message)
        oa.put(person, message)


def share_of(oa: Oa, person: OaPerson) -> tuple[int, int]:
    """How many broadcasts this person may still get today and this month, by Vietnam's calendar."""
    now = oa.local_time()
    times = [datetime.fromtimestamp(at, UTC).astimezone(VIETNAM) for at in person.broadcast_at]
    this_month = [at for at in times if (at.year, at.month) == (now.year, now.month)]
    today = sum(at.day == now.day for at in this_month)
    return max(0, oa.settings.broadcasts_a_day - today), max(0, oa.settings.broadcasts_a_month - len(this_month))


def _has_share(oa: Oa, person: OaPerson) -> bool:
    return all(share_of(oa, person))
