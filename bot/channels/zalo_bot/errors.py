"""What an answer of the Bot Platform means. Its body judges: on one of its hosts the HTTP status is 200 whatever happened."""

from collections.abc import Mapping
from typing import Any, Final

from bot.channels.kit import ODD_TRIES
from outreach.messaging import SendError, SendErrorKind

IDLE: Final = 408  # of a poll: nobody has written; of a send: nobody knows
_NOT_SAID: Final = -1

# The documented codes. There are no sub-codes and nothing says how long to wait.
RULES: Final[Mapping[int, tuple[SendErrorKind, str]]] = {
    # A chat that is unknown and a mistake of ours look the same; `ZaloBotChannel` asks once more to tell them apart.
    400: (SendErrorKind.OUR_FAULT, "bad_request"),
    401: (SendErrorKind.REVOKED, "token_revoked"),
    403: (SendErrorKind.REFUSED, "provider_error"),  # documented as "Internal server error"
    404: (SendErrorKind.OUR_FAULT, "not_found"),
    # The message may be on its way, and there is no key that would keep a second one from arriving.
    IDLE: (SendErrorKind.UNKNOWN, "timeout"),
    426: (SendErrorKind.EXHAUSTED, "daily_limit"),
    429: (SendErrorKind.EXHAUSTED, "quota_used"),
}

# Of a message, in all.
MOST_TRIES: Final = {SendErrorKind.REFUSED: 3, SendErrorKind.UNKNOWN: ODD_TRIES}


def code_of(answer: Mapping[str, Any]) -> int:
    """The error code of an answer, 0 for a success, -1 where it says neither."""
    told = answer.get("error_code") or answer.get("errorCode") or 0
    try:
        code = int(told)
    except (TypeError, ValueError, OverflowError):
        return _NOT_SAID
    return code if code or answer.get("ok") is True else _NOT_SAID


def classify(code: int) -> SendError:
    """The one treatment an error gets. A code that nobody has described may stand beside a message that has left."""
    kind, reason = RULES.get(code, (SendErrorKind.UNKNOWN, "garbage"))
    return SendError(kind, reason, most_tries=MOST_TRIES.get(kind, 0))
