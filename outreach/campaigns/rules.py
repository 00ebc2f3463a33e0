"""The campaign's small rules: what is the same message, and when a lane must stop by itself."""

import re
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from outreach.campaigns.model import ENDED, Campaign, CampaignKind, CampaignState, Content, DeliveryState, Outcome
from outreach.campaigns.outcomes import BROKE_OFF, NOT_MADE
from outreach.campaigns.ports.waves import WaveTally
from outreach.clock import VIETNAM, local_day, local_instant
from outreach.messaging import SendErrorKind
from outreach.news.rules import content_hash
from outreach.pack import Span
from outreach.text import nfc

GRACE = timedelta(seconds=60)
WAVE_WAITS = timedelta(minutes=10)  # for an officer to look at how the first wave went
LATE_AFTER = timedelta(minutes=15)  # then its late rule decides
MISSED_START, EXPIRED = "missed_start", "expired"  # why the clock paused it or ended it
# Why it halts by itself; only the last is the account's trouble.
WRONG_MESSAGE, OUR_FAULT, MANY_BLOCKED, NO_ANSWER = "wrong_message", "our_fault", "many_blocked", "no_answer"
AT_ONCE = 2_000  # rows given up together with the order; more of them by the clock, in chunks
TYPED_COUNT_ABOVE = 1_000

_HALT_OF = 100
_NOTED_OF_A_WINDOW = 8  # lost attempts: less than half of what it takes to halt
_FEWEST_BLOCKS = 5  # fewer of a first wave say nothing
_BLOCKED = "blocked"  # the channels' own word
_ACCOUNT = frozenset({SendErrorKind.REVOKED, SendErrorKind.EXHAUSTED})


def may_go_on(campaign: Campaign, *, at: datetime) -> bool:
    """Whether it can still be sent to anybody: it was neither cancelled nor taken back, and has not expired."""
    alive = campaign.state != CampaignState.CANCELLED and campaign.recall_after is None
    return alive and not campaign.plan.is_over(at)


def content_fingerprint(content: Content) -> str:
    """The same words are the same message, however they are spaced or accented; hexadecimal SHA-256."""
    return content_hash(title=content.title, paragraphs=content.paragraphs)


def corrected_title(title: str, *, word: str, otherwise: str) -> str:
    """Its reader sees at once that it corrects: "Đính chính: …", once. `otherwise` where `title` holds that word alone."""
    said = re.compile(rf"(?:{re.escape(word)}\b[\s:–-]*)*", re.IGNORECASE)
    bare, other = (said.sub("", nfc(text), count=1) for text in (title, otherwise))
    return f"{word}: {bare or other}"


def may_correct(campaign: Campaign, *, by_digest: int) -> str | None:
    """Why it cannot be corrected, as a reason code: what has reached nobody, also in no digest, is edited or left."""
    corrected = (campaign.tally.sent or by_digest) and campaign.kind == CampaignKind.NEWS
    return None if corrected else "nobody_to_correct"


def may_send_rest(campaign: Campaign) -> str | None:
    """Why those who have not got it cannot be sent it anew, as a reason code: it still goes on, never began, or each got another one."""
    if campaign.state not in ENDED:
        return "already_sending"
    return None if campaign.started_at and campaign.kind == CampaignKind.NEWS else "wrong_state"


def undo_until(campaign: Campaign, *, hours: int) -> datetime | None:
    """Until when all of its messages can be changed or taken back; None where there is nothing (more) to undo."""
    if campaign.state not in ENDED or not campaign.tally.sent or campaign.recall_after is not None or not hours:
        return None
    return campaign.started_at + timedelta(hours=hours) if campaign.started_at else None


def week_start(instant: datetime) -> datetime:
    """Monday 00:00 in Vietnam, the beginning of the week that the weekly limit counts in."""
    day = local_day(instant)
    return local_instant(day - timedelta(days=day.weekday()))


def in_hours(instant: datetime, *, span: Span) -> bool:
    """Whether a campaign may send now, by the clock in Vietnam."""
    return span.covers(instant.astimezone(VIETNAM).time())


def time_lost(since: datetime, now: datetime, *, hours: Span | None) -> timedelta:
    """How much of the time between was inside the hours of sending: of the night nothing is lost."""
    if hours is None or now - since > timedelta(days=2):
        return now - since
    lost, day = timedelta(), local_day(since)
    while day <= local_day(now):
        opens, closes = local_instant(day, hours.first), local_instant(day, hours.last) + timedelta(minutes=1)
        lost += max(timedelta(), min(now, closes) - max(since, opens))
        day += timedelta(days=1)
    return lost


def is_late(campaign: Campaign, *, now: datetime, hours: Span | None) -> bool:
    """Its hour has passed by so much that it may be wrong to send it now: nothing of the program ran then."""
    if campaign.not_before is None or campaign.started_at is not None:
        return False
    return time_lost(campaign.not_before, now, hours=hours) > LATE_AFTER


def stands_still(outcomes: Iterable[Outcome]) -> str:
    """Why the account may send nothing more, or nothing: its token, its app, its plan.

    That says nothing of the campaign, so its other channels go on.
    """
    return next((outcome.reason for outcome in outcomes if outcome.error in _ACCOUNT), "")


def wave_trouble(tally: WaveTally, *, most_blocked: int) -> str:
    """Why the rest must not follow the first wave by itself; `most_blocked` is per cent of those who were tried."""
    too_many = tally.blocked >= _FEWEST_BLOCKS and 100 * tally.blocked >= most_blocked * tally.attempts
    return MANY_BLOCKED if too_many else ""


class HaltWatch:
    """Tells when at least `least`, and at least `share`, of the last 100 attempts went wrong in one way."""

    def __init__(self, *, least: int, share: float) -> None:
        self._least, self._share = least, share
        self._last: deque[bool] = deque(maxlen=_HALT_OF)
        self._wrong = 0

    def copy(self) -> "HaltWatch":
        same = HaltWatch(least=self._least, share=self._share)
        same._last, same._wrong = self._last.copy(), self._wrong
        return same

    def note(self, *, wrong: bool) -> bool:
        if len(self._last) == _HALT_OF:
            self._wrong -= self._last[0]
        self._last.append(wrong)
        self._wrong += wrong
        return self._wrong >= self._least and self._wrong >= self._share * len(self._last)


class Halts:
    """When a campaign has to stop by itself.

    At once when a channel says that the message itself is wrong: to repeat that to everybody cannot help. An officer who goes
    on nevertheless (`warned`) has looked; then, as for other faults of ours, at 10 of the last 100 attempts. At `most_blocked` of
    the last 100 that met a block: blocks gather between two campaigns, one in ten is usual after a long silence; three tell
    that people do not want what they get. At 20 of the last 100 of which nobody knows whether they arrived, or which the provider
    failed in the end: a bad network loses a few in a hundred, and who is lost is tried again by nobody but the officer.
    """

    def __init__(self, *, most_blocked: int = 30, warned: bool = False) -> None:
        self._most_blocked, self._warned = most_blocked, warned
        self._ours = HaltWatch(least=10, share=0.10)
        self._blocked = HaltWatch(least=most_blocked, share=most_blocked / 100)
        self._unheard = HaltWatch(least=20, share=0.20)

    def copy(self) -> "Halts":
        same = Halts(most_blocked=self._most_blocked, warned=self._warned)
        same._ours, same._blocked, same._unheard = self._ours.copy(), self._blocked.copy(), self._unheard.copy()
        return same

    def resumed(self, *, after: str) -> "Halts":
        """Sent on by an officer it starts with a clean sheet. That nobody answers says nothing of the message, which she did not look at."""
        return Halts(most_blocked=self._most_blocked, warned=self._warned or after != NO_ANSWER)

    def look(self, window: Iterable[Outcome]) -> str:
        """What came of one window's attempts; gives the reason to halt, or nothing."""
        lost = 0
        for outcome in window:
            if not outcome.counted:
                continue
            lost += _is_unheard(outcome)
            if reason := self._of_content(outcome) or self._of_account(outcome, lost=lost):
                return reason
        return ""

    def _of_content(self, outcome: Outcome) -> str:
        wrong = outcome.error == SendErrorKind.OUR_FAULT and outcome.reason != NOT_MADE
        ours = self._ours.note(wrong=outcome.error == SendErrorKind.OUR_FAULT or outcome.reason == BROKE_OFF)
        blocked = self._blocked.note(wrong=outcome.reason == _BLOCKED)
        if wrong and not self._warned:
            return WRONG_MESSAGE
        return OUR_FAULT if ours else MANY_BLOCKED if blocked else ""

    def _of_account(self, outcome: Outcome, *, lost: int) -> str:
        """A line that breaks takes along whatever is on its way, two windows; so not all that one window has `lost` is noted."""
        tried_again = outcome.error == SendErrorKind.REFUSED and outcome.state == DeliveryState.PENDING
        wrong = _is_unheard(outcome)
        if tried_again or (wrong and lost > _NOTED_OF_A_WINDOW):
            return ""
        return NO_ANSWER if self._unheard.note(wrong=wrong) else ""


def _is_unheard(outcome: Outcome) -> bool:
    """Also where the campaign's rule tries it once more."""
    refused = outcome.error == SendErrorKind.REFUSED and outcome.state == DeliveryState.FAILED
    return outcome.error == SendErrorKind.UNKNOWN or refused
