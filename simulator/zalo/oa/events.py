"""The webhook's events, each in the shape Zalo gives it."""

from typing import Any

from simulator.zalo.messages import Message
from simulator.zalo.oa.people import OaPerson
from simulator.zalo.oa.state import APP_ID, OA_ID, Oa


def user_sends(oa: Oa, person: OaPerson, kind: str, content: dict[str, Any]) -> str:
    """user_send_text, user_send_image and their like; ``content`` is the message."""
    event = {
        "app_id": APP_ID,
        "sender": {"id": person.id},
        "user_id_by_app": person.id_by_app,
        "recipient": {"id": OA_ID},
        "event_name": f"user_send_{kind}",
        "message": content,
        "timestamp": oa.now_ms(),
    }
    return oa.emit(event, lane=person.id)


def oa_sent(oa: Oa, person: OaPerson, kind: str, content: dict[str, Any], *, admin_id: str = "") -> str:
    """oa_send_text and its like; ``admin_id`` only when a human wrote in the OA's web chat."""
    event = {
        "app_id": APP_ID,
        "sender": {"id": OA_ID, **({"admin_id": admin_id} if admin_id else {})},
        "recipient": {"id": person.id},
        "user_id_by_app": person.id_by_app,
        "event_name": f"oa_send_{kind}",
        "message": content,
        "timestamp": oa.now_ms(),
    }
    return oa.emit(event, lane=person.id)


def _receipt(oa: Oa, person: OaPerson, name: str, content: dict[str, Any]) -> str:
    sender, recipient = OA_ID, person.id
    if oa.settings.receipt_sender == "user":
        sender, recipient = recipient, sender
    event = {
        "app_id": APP_ID,
        "sender": {"id": sender},
        "recipient": {"id": recipient},
        "user_id_by_app": person.id_by_app,
        "event_name": name,
        "message": content,
        "timestamp": oa.now_ms(),
    }
    return oa.emit(event, lane=person.id)


def received(oa: Oa, person: OaPerson, message: Message) -> str:
    return _receipt(oa, person, "user_received_message", {"msg_id": message.message_id})


def seen(oa: Oa, person: OaPerson, messages: list[Message]) -> str:
    return _receipt(oa, person, "user_seen_message", {"msg_ids": [message.message_id for message in messages]})


def followed(oa: Oa, person: OaPerson, *, follows: bool) -> str:
    event = {
        "app_id": APP_ID,
        "oa_id": OA_ID,
        "follower": {"id": person.id},
        "user_id_by_app": person.id_by_app,
        "event_name": "follow" if follows else "unfollow",
        "source": "oa_profile",
        "timestamp": oa.now_ms(),
    }
    return oa.emit(event, lane=person.id)


def about_user(oa: Oa, person: OaPerson, name: str) -> str:
    """user_click_chatnow, and user_withdraw, whose shape is documented nowhere and is taken to be the same."""
    event = {
        "app_id": APP_ID,
        "oa_id": OA_ID,
        "user_id": person.id,
        "user_id_by_app": person.id_by_app,
        "event_name": name,
        "timestamp": oa.now_ms(),
    }
    return oa.emit(event, lane=person.id)


def tagged(oa: Oa, name: str, *, tag: str, user_ids: list[str]) -> str:
    """add_user_to_tag, remove_user_from_tag, remove_tag."""
    event = {
        "app_id": APP_ID,
        "oa_id": OA_ID,
        "event_name": name,
        "tag": {"user_ids": user_ids, "name": tag},
        "timestamp": oa.now_ms(),
    }
    return oa.emit(event, lane=user_ids[0] if user_ids else OA_ID)
