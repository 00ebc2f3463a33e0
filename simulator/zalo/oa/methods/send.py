"""/v3.0/oa/message/cs and /v2.0/oa/message: one message to one person, inside a window."""

import sys
from typing import Any

from simulator.params import Args
from simulator.zalo.messages import Message
from simulator.zalo.oa import events
from simulator.zalo.oa.bodies import Outgoing, object_of, read_message, text_of
from simulator.zalo.oa.errors import OaError
from simulator.zalo.oa.methods.broadcast import broadcast
from simulator.zalo.oa.people import OaPerson
from simulator.zalo.oa.receipts import confirm
from simulator.zalo.oa.state import Oa

GOVERNMENT = 4
NOT_FOR_THIS_OA, SHUT_DOWN = -235, -240
NO_RELATION, TOO_LATE = -213, -230
CS = "v3.0/oa/message/cs"
V2 = "v2.0/oa/message"


def send_cs(oa: Oa, args: Args) -> dict[str, Any]:
    if oa.settings.oa_type == GOVERNMENT:
        raise OaError(NOT_FOR_THIS_OA)
    return _send(oa, args, method=CS)


def send_v2(oa: Oa, args: Args) -> dict[str, Any]:
    """Broadcasts are open to every OA, messages to one person to a government's only."""
    recipient = args.values.get("recipient")
    if isinstance(recipient, dict) and "target" in recipient:
        return broadcast(oa, args)
    if oa.settings.oa_type != GOVERNMENT:
        raise OaError(SHUT_DOWN)
    if "sender_action" in args.values:
        return _react(oa, args)
    return _send(oa, args, method=V2)


def recipient_id(args: Args) -> str:
    return text_of(object_of(args.values, "recipient"), "user_id", longest=100)


def reachable(oa: Oa, user_id: str) -> OaPerson:
    """Somebody the OA has a relation to, or what Zalo answers instead."""
    person = oa.people.find(user_id)
    if person is None or not person.related:
        raise OaError(NO_RELATION)
    if person.blocked:
        raise OaError(person.refusal)
    return person


def _send(oa: Oa, args: Args, *, method: str) -> dict[str, Any]:
    user_id = recipient_id(args)
    outgoing = read_message(oa, args.values)
    person = reachable(oa, user_id)
    quota = spend(oa, person)
    message = deliver(oa, person, outgoing, method=method)
    return {
        "message_id": message.message_id,
        "user_id": person.id,
        "sent_time": oa.now_ms(),
        **({"quota": quota} if quota else {}),
    }


def spend(oa: Oa, person: OaPerson) -> dict[str, str]:
    """Take the price of one message: free inside 48 hours, then the package's quota, then money (an empty answer)."""
    window = person.window(oa.clock.now())
    if window == "closed":
        raise OaError(TOO_LATE)
    if window == "free":
        return {"quota_type": "reply"}
    left = sub_quota_left(oa)
    if not left:
        oa.spending.charged_vnd += oa.settings.price_vnd
        return {}
    oa.spending.from_quota += 1
    return {"quota_type": "sub_quota", "remain": str(left - 1), "total": str(oa.settings.sub_quota)}


def sub_quota_left(oa: Oa) -> int:
    month = f"{oa.local_time():%Y-%m}"
    if oa.spending.month != month:
        oa.spending.month, oa.spending.from_quota = month, 0
    return max(0, oa.settings.sub_quota - oa.spending.from_quota)


def deliver(oa: Oa, person: OaPerson, outgoing: Outgoing, *, method: str) -> Message:
    """Into the chat and the journal; then the echo and the receipts."""
    message = Message(
        message_id=oa.next_message_id(),
        sender="oa",
        date=oa.clock.second(),
        text=sys.intern(outgoing.text),  # a campaign's is the same for thousands
        extra=outgoing.extra or None,
    )
    oa.note_sent(person, message, method=method)
    if oa.settings.echo:
        content: dict[str, Any] = {"text": outgoing.text, "msg_id": message.message_id}
        if outgoing.attachments:
            content["attachments"] = outgoing.attachments
        events.oa_sent(oa, person, outgoing.kind, content)
    confirm(oa, person, message)
    return oa.put(person, message)


def _react(oa: Oa, args: Args) -> dict[str, Any]:
    action = object_of(args.values, "sender_action")
    text_of(action, "react_icon", longest=20)
    message_id = text_of(action, "react_message_id", longest=100)
    person = reachable(oa, recipient_id(args))
    if person.message(message_id) is None:
        raise OaError(-201, "react_message_id is invalid")
    return {"message_id": oa.next_message_id(), "user_id": person.id}
