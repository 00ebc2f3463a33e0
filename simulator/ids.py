"""The three networks, the shapes of their ids, and the number under which the journal keeps an id in eight bytes."""

import re
from enum import StrEnum


class Network(StrEnum):
    TELEGRAM = "telegram"
    ZALO_OA = "zalo_oa"
    ZALO_BOT = "zalo_bot"


# A Telegram id is a number, an OA's user id 19 digits in a string, everything else of Zalo 16 hex digits and 0001.
ChatId = int | str

FIRST_OA_USER = 2_000_000_000_000_000_000
OA_USER = re.compile(r"2\d{18}")
HEX_ID = re.compile(r"[0-7][0-9a-f]{15}0001")
HEX_TAIL = "0001"
SPREAD = 0x9E3779B97F4A7C15  # odd, so that no two numbers meet
RANGE = 2**63


def hex_id(number: int) -> str:
    """The id of the ``number``-th thing of its kind; ids look drawn by lot, and none comes twice."""
    return f"{number * SPREAD % RANGE:016x}{HEX_TAIL}"


def is_zalo_id(text: str) -> bool:
    return bool(OA_USER.fullmatch(text) or HEX_ID.fullmatch(text))


def as_number(some_id: ChatId) -> int:
    if isinstance(some_id, int):
        return some_id
    return int(some_id) if OA_USER.fullmatch(some_id) else int(some_id.removesuffix(HEX_TAIL), 16)


def chat_id_of(network: str, number: int) -> ChatId:
    """The inverse of ``as_number`` for a person."""
    if network == Network.TELEGRAM:
        return number
    return str(number) if network == Network.ZALO_OA else message_id_of(network, number)


def message_id_of(network: str, number: int) -> ChatId:
    return number if network == Network.TELEGRAM else f"{number:016x}{HEX_TAIL}"
