"""How somebody wants to be reached: a phone number, an e-mail address, or this chat. Kept as "<kind>:<value>"."""

import re

import phonenumbers

from handlers.turn import Turn

CHAT = "chat"
_PHONE, _EMAIL = "phone", "email"
_REGION = "VN"
_ADDRESS = re.compile(r"[A-Za-z0-9][\w.+\-]{0,63}@[A-Za-z0-9](?:[A-Za-z0-9\-]*\.)+[A-Za-z]{2,24}", re.ASCII)


def read_contact(text: str) -> str | None:
    """Out of whatever words stand around it: "phone:+84912345678" or "email:ten@vidu.vn"; None when there is neither."""
    if address := _ADDRESS.search(text):
        return f"{_EMAIL}:{address.group().lower()}"
    for found in phonenumbers.PhoneNumberMatcher(text, _REGION):
        if phonenumbers.is_valid_number(found.number):
            number = phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
            return f"{_PHONE}:{number}"
    return None


def show_contact(turn: Turn, value: str) -> str:
    """As people write it: 0912 345 678."""
    kind, _, rest = value.partition(":")
    if kind == _PHONE:
        number = phonenumbers.parse(rest, _REGION)
        shape = phonenumbers.PhoneNumberFormat.NATIONAL
        return str(phonenumbers.format_number(number, shape))
    return rest if kind == _EMAIL else turn.label("nominate.value.chat")
