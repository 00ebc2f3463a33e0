"""What a send that failed makes of its row: given back, failed, or unknown."""

from datetime import datetime, timedelta

from outreach.campaigns.model import Delivery, DeliveryState, Outcome
from outreach.contacts.windows import OUTSIDE, WAITS
from outreach.messaging import SendError, SendErrorKind
from outreach.pacing import jittered

# A recipient the provider refuses with an error of its own is tried this often, where it allows that, with growing waits between.
MOST_ATTEMPTS = 5
_BACK_OFF = timedelta(seconds=4)  # times two for each attempt after the first
_RECONNECT = timedelta(seconds=5)

BROKE_OFF = "internal"  # a fault of ours while it was sent, so that nobody can say whether it left
NOT_MADE = "render_failed"  # the message could not be made, for whatever channel

# PENDING gives the row back; what nobody can know is left to an officer.
_STATES: dict[SendErrorKind, DeliveryState] = {
    SendErrorKind.GONE: DeliveryState.FAILED,
    SendErrorKind.MOVED: DeliveryState.FAILED,
    SendErrorKind.NOT_NOW: DeliveryState.PENDING,
    SendErrorKind.REFUSED: DeliveryState.PENDING,
    SendErrorKind.NEVER_LEFT: DeliveryState.PENDING,
    SendErrorKind.OUR_FAULT: DeliveryState.FAILED,
    SendErrorKind.HARMLESS: DeliveryState.SENT,
    SendErrorKind.UNKNOWN: DeliveryState.UNKNOWN,
    SendErrorKind.REVOKED: DeliveryState.PENDING,
    SendErrorKind.WINDOW_CLOSED: DeliveryState.SKIPPED,
    SendErrorKind.EXHAUSTED: DeliveryState.PENDING,
}
# Slowing down, a broken line, a lost token and a used-up plan are no failure of the recipient, however often they happen.
_UNCOUNTED = {SendErrorKind.NOT_NOW, SendErrorKind.NEVER_LEFT, SendErrorKind.REVOKED, SendErrorKind.EXHAUSTED}


def given_back(delivery: Delivery, *, at: datetime) -> Outcome:
    """Claimed, and nothing was sent: as if it had not been claimed."""
    return Outcome(delivery=delivery, state=DeliveryState.PENDING, at=at, counted=False)


def goes_elsewhere(outcome: Outcome) -> bool:
    """Whether another channel may do: nothing arrived by this one, or nothing can, and the fault was not in making the message."""
    if outcome.refs or outcome.reason == NOT_MADE:
        return False
    return outcome.error == SendErrorKind.WINDOW_CLOSED or (
        outcome.state == DeliveryState.FAILED and outcome.error is not None
    )


def outcome_of(delivery: Delivery, *, error: SendError, at: datetime) -> Outcome:
    """Where a part was accepted its refs are kept, for a receipt may tell of it, and what it cost is counted."""
    state = _STATES[error.kind]
    if error.kind == SendErrorKind.REFUSED and delivery.attempts >= (error.most_tries or MOST_ATTEMPTS):
        state = DeliveryState.FAILED
    return Outcome(
        delivery=delivery,
        state=state,
        at=at,
        reason=_reason(error),
        not_before=at + _wait(delivery, error=error) if state == DeliveryState.PENDING else None,
        refs=error.refs,
        charged=len(error.refs) if delivery.reserved_vnd else 0,
        error=error.kind,
        counted=error.kind not in _UNCOUNTED,
    )


def _reason(error: SendError) -> str:
    """What waits for her next word is found by its reason."""
    return OUTSIDE if error.kind == SendErrorKind.WINDOW_CLOSED and error.reason not in WAITS else error.reason


def _wait(delivery: Delivery, *, error: SendError) -> timedelta:
    if error.retry_after:
        return timedelta(seconds=error.retry_after)
    if error.kind == SendErrorKind.REFUSED:
        return jittered(1.0) * _BACK_OFF * (1 << delivery.attempts - 1)
    return _RECONNECT if error.kind == SendErrorKind.NEVER_LEFT else timedelta()
