"""When a person may be written to on a channel that lets nobody be addressed out of the blue, and what it costs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outreach.clock import VIETNAM

# A word of hers is written down at most this often; a window is that much shorter for us than for the provider.
NOTED_EVERY = timedelta(minutes=15)
# Why a message waits for her next word, as reason codes: it is handed over then, or goes by another channel of hers.
OUTSIDE = "outside_window"
PAID_OFF = "paid_off"
CEILING = "ceiling_reached"
# The last two are Zalo's: she has had enough for now, or wants none of this sort unasked.
WAITS = frozenset({OUTSIDE, PAID_OFF, CEILING, "user_limit", "user_restricted"})

_NO_LIMIT = 10**9


class Window(StrEnum):
    FREE = "free"
    PAID = "paid"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How long after her own last word a message is free, and possible at all; a price and a monthly ceiling in VND for what
    lies between. A ceiling of 0 sends nothing that costs. `follow_opens`: coming to the account is as good as a word.
    """

    free: timedelta = timedelta(hours=48)
    whole: timedelta = timedelta(days=7)
    ceiling_vnd: int = 0
    price_vnd: int = 55
    follow_opens: bool = True

    def of(self, interacted_at: datetime | None, *, windowed: bool, at: datetime) -> Window:
        """The window of an address; a channel without windows is always open and free."""
        if not windowed:
            return Window.FREE
        if interacted_at is None or interacted_at < at - max(self.free, self.whole):
            return Window.CLOSED
        return Window.FREE if interacted_at >= at - self.free else Window.PAID

    def paid_left(self, spent_vnd: int) -> int:
        """How many messages that cost may still go this month."""
        if not self.ceiling_vnd:
            return 0
        return max(0, self.ceiling_vnd - spent_vnd) // self.price_vnd if self.price_vnd else _NO_LIMIT

    def why_unpaid(self, paid_left: int) -> str:
        """Why nothing that costs may go, as a reason code, or nothing."""
        return "" if paid_left else CEILING if self.ceiling_vnd else PAID_OFF

    def is_word(self, interacted_at: datetime | None, *, at: datetime) -> bool:
        """Whether a word at `at` is to be written down."""
        return interacted_at is None or at - interacted_at >= NOTED_EVERY

    def had_closed(self, interacted_at: datetime | None, *, at: datetime) -> bool:
        """Whether, before a word at `at`, something may have been waiting for it."""
        return interacted_at is None or at - interacted_at > self.free


def month_of(instant: datetime) -> str:
    """The month in Vietnam in which money is counted: "2026-11"."""
    return f"{instant.astimezone(VIETNAM):%Y-%m}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What went over one account in a month: messages, how many of them the provider charged for, and what is reserved or spent."""

    messages: int = 0
    charged: int = 0
    vnd: int = 0
