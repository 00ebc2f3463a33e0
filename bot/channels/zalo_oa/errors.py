"""Every code of the OA API, classified once. The HTTP status is 200 whatever happened; only the code counts."""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from bot.channels.kit import ODD_TRIES
from outreach.clock import VIETNAM
from outreach.messaging import SendError, SendErrorKind

log = logging.getLogger(__name__)

GONE, WINDOW_CLOSED = SendErrorKind.GONE, SendErrorKind.WINDOW_CLOSED
OUR_FAULT, REVOKED = SendErrorKind.OUR_FAULT, SendErrorKind.REVOKED

RATE_LIMIT: Final = -32
ATTACHMENT_EXPIRED: Final = -100
STILL_PROCESSING: Final = -214
NIGHT: Final = -234
V3_REFUSES_OA: Final = -235
V2_SHUT: Final = -240
TOKEN_REFUSED: Final = frozenset({-216, -220})
BUTTONS_REFUSED: Final = frozenset({"field_invalid", "type_unsupported"})
_MORNING = 6  # broadcasts go from this hour on

RULES: Final = {
    RATE_LIMIT: (SendErrorKind.NOT_NOW, "rate_limit"),
    ATTACHMENT_EXPIRED: (OUR_FAULT, "attachment_expired"),
    # Zalo has said "failed" of messages that arrived, so this is no refusal.
    -200: (SendErrorKind.UNKNOWN, "send_failed"),
    -201: (OUR_FAULT, "field_invalid"),
    -204: (REVOKED, "oa_disabled"),
    -205: (REVOKED, "oa_missing"),
    -209: (REVOKED, "app_inactive"),
    -210: (OUR_FAULT, "limit_exceeded"),
    -211: (SendErrorKind.EXHAUSTED, "quota_used"),
    -212: (REVOKED, "api_not_registered"),
    -213: (GONE, "not_following"),
    STILL_PROCESSING: (SendErrorKind.REFUSED, "article_processing"),
    -216: (REVOKED, "token_refused"),
    -217: (GONE, "blocked"),
    # She has had enough, or wants none of this sort: what waits is hers as soon as she writes.
    -218: (WINDOW_CLOSED, "user_limit"),
    -219: (REVOKED, "app_removed"),
    -220: (REVOKED, "token_refused"),
    -221: (REVOKED, "oa_unverified"),
    -223: (REVOKED, "oa_not_authorised"),
    -224: (REVOKED, "package_needed"),
    -227: (GONE, "inactive"),
    -230: (WINDOW_CLOSED, "outside_window"),
    -232: (WINDOW_CLOSED, "outside_window"),
    -233: (OUR_FAULT, "type_unsupported"),
    NIGHT: (SendErrorKind.NOT_NOW, "night"),
    V3_REFUSES_OA: (REVOKED, "oa_type_unsupported"),
    -237: (OUR_FAULT, "group_refused"),
    -238: (OUR_FAULT, "group_refused"),
    V2_SHUT: (OUR_FAULT, "api_closed"),
    -241: (OUR_FAULT, "group_refused"),
    -242: (REVOKED, "proof_refused"),
    -244: (WINDOW_CLOSED, "user_restricted"),
    -248: (OUR_FAULT, "against_rules"),
    -249: (OUR_FAULT, "template_refused"),
    -320: (REVOKED, "cloud_account_missing"),
    # Only what costs is refused then, and a top-up mends it: the account itself is as it was.
    -321: (SendErrorKind.EXHAUSTED, "no_money"),
    -403: (OUR_FAULT, "group_refused"),
}


def code_of(answer: dict[str, Any]) -> int | None:
    """0 for success, None where the answer says neither."""
    try:
        return int(answer["error"])
    except (KeyError, TypeError, ValueError):
        return None


def classify(code: int | None, *, now: datetime) -> SendError:
    """The one treatment of an answer that is no success.

    A code nobody has described is UNKNOWN, not a refusal: Zalo has reported errors while still delivering.
    """
    if code not in RULES:
        log.warning("Zalo answered with a code that is not in the table: %s", code)
        reason = "unknown_code" if code is not None else "garbage"
        return SendError(SendErrorKind.UNKNOWN, reason, most_tries=ODD_TRIES)
    kind, reason = RULES[code]
    wait = {RATE_LIMIT: _to_next_minute, NIGHT: _to_morning}.get(code)
    most_tries = ODD_TRIES if kind == SendErrorKind.UNKNOWN else 0
    return SendError(kind, reason, retry_after=wait(now) if wait else 0.0, most_tries=most_tries)


def _to_next_minute(now: datetime) -> float:
    """Limits count within minutes of the clock."""
    return 60.0 - now.second - now.microsecond / 1_000_000


def _to_morning(now: datetime) -> float:
    local = now.astimezone(VIETNAM)
    morning = local.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    return ((morning if local < morning else morning + timedelta(days=1)) - local).total_seconds()
