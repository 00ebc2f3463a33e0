"""What became of a campaign, one line a person: a running number and a commune, no name. In words for a chat, a workbook, a CSV file."""

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import xlsxwriter

from content.catalog import Catalog
from content.reports.sheet import safe
from outreach.campaigns.model import (
    DIGEST_MISSED,
    DIGEST_RECALLED,
    DIGEST_UNKNOWN,
    FOR_DIGEST,
    IN_DIGEST,
    RECALLED,
    WEEK_FULL,
    Campaign,
    DeliveryState,
)
from outreach.campaigns.ports.digests import KEPT_FOR
from outreach.campaigns.report import LEFT
from outreach.campaigns.rules import may_go_on
from outreach.clock import VIETNAM
from outreach.contacts.windows import WAITS

XLSX, CSV = "xlsx", "csv"
_COLUMNS = {"number": 7, "unit": 28, "outcome": 24, "why": 40, "next": 44, "at": 18}

# What an officer can do about a reason, where the outcome alone does not say it.
_STEPS = {
    **dict.fromkeys(LEFT, "none"),
    "cancelled": "anew",
    "expired": "anew",
    "paid_off": "money",
    "ceiling_reached": "money",
    WEEK_FULL: "digest",
    FOR_DIGEST: "digest",
    DIGEST_MISSED: "digest",
    DIGEST_RECALLED: "anew",
    DIGEST_UNKNOWN: "its_digest",
    "channel_gone": "other_channel",
    "unreachable": "comes_back",
    "stopped": "comes_back",
}
# The same of a campaign that is over: cancelled, expired or taken back.
_STEPS_AFTER = {"failed": "anew", "digest": "anew", "unknown": "leave"}
_ANEW = frozenset({"anew", "message"})
# Of failed rows: what is wrong lies in the message, or in the account.
_IN_THE_MESSAGE = frozenset(
    {
        "against_rules",
        "attachment_expired",
        "bad_request",
        "caption_too_long",
        "cannot_copy",
        "cannot_parse",
        "copy_gone",
        "field_invalid",
        "file_empty",
        "file_too_big",
        "file_unavailable",
        "limit_exceeded",
        "message_too_long",
        "photo_invalid",
        "template_refused",
        "text_empty",
        "type_unsupported",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeLine:
    """Codes as the ledger holds them; `unit` is a label. `at` is when the row last moved."""

    number: int
    unit: str
    state: DeliveryState
    reason: str
    at: datetime | None


class OutcomeWords:
    def __init__(self, catalog: Catalog, *, language: str, instead: Mapping[str, str] | None = None) -> None:
        """`instead`: of some steps another one."""
        self._words = catalog
        self._language = language
        self._instead = instead or {}

    def of(self, campaign: Campaign, *, at: datetime, digest: bool) -> Self:
        """What to do depends on where a campaign stands, and on whether there is a `digest` that brings what is new still."""
        fresh = digest and campaign.started_at is not None and at - campaign.started_at < KEPT_FOR
        instead = {} if fresh else {"digest": "anew"}
        instead = instead if may_go_on(campaign, at=at) else _STEPS_AFTER
        return type(self)(self._words, language=self._language, instead=instead)

    def outcome(self, state: DeliveryState, *, reason: str) -> str:
        return self.label(f"outcome.{_outcome(state, reason)}")

    def why(self, reason: str) -> str:
        """One that nobody has put into words is shown as its code."""
        if not reason or reason == RECALLED:
            return ""
        known = self._words.has(f"campaign.why.{reason}")
        return self.label(f"why.{reason}" if known else "why.other", code=reason)

    def next_step(self, state: DeliveryState, *, reason: str) -> str:
        step = self._step(state, reason=reason)
        return self.label(f"next.{step if self._words.has(f'campaign.next.{step}') else 'none'}")

    def wants_anew(self, state: DeliveryState, *, reason: str) -> bool:
        """Whether that step is a new message."""
        return self._step(state, reason=reason) in _ANEW

    def _step(self, state: DeliveryState, *, reason: str) -> str:
        outcome = _outcome(state, reason)
        step = _STEPS.get(reason, outcome) if state in {DeliveryState.FAILED, DeliveryState.SKIPPED} else outcome
        if state == DeliveryState.FAILED and reason in _IN_THE_MESSAGE:
            step = "message"
        return self._instead.get(step, step)

    def columns(self) -> list[str]:
        return [self.label(f"column.{name}") for name in _COLUMNS]

    def texts(self, line: OutcomeLine) -> tuple[str, str, str, str]:
        """Unit, outcome, why and what to do."""
        state, reason = line.state, line.reason
        return line.unit, self.outcome(state, reason=reason), self.why(reason), self.next_step(state, reason=reason)

    def label(self, key: str, **values: object) -> str:
        return self._words.label(f"campaign.{key}", language=self._language, **values)


def _outcome(state: DeliveryState, reason: str) -> str:
    if state == DeliveryState.SKIPPED and reason in WAITS:
        return "waits"
    if state == DeliveryState.SKIPPED and reason == IN_DIGEST:
        return DeliveryState.SENT.value
    return RECALLED if state == DeliveryState.SENT and reason == RECALLED else state.value


class OutcomeFile(Protocol):
    """Written page by page, because a campaign may have 300,000 people. Blocking work: use it in a thread."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def add(self, lines: Iterable[OutcomeLine]) -> None: ...

    def finish(self) -> bytes: ...


class OutcomeBook:
    """A workbook, in which no text is taken for a formula."""

    def __init__(self, words: OutcomeWords, *, title: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "rows.xlsx"
        self._words = words
        self._book = xlsxwriter.Workbook(str(self._path), {"constant_memory": True, "strings_to_formulas": False})
        self._page = self._book.add_worksheet(words.label("column.sheet"))
        self._at = self._book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        bold = self._book.add_format({"bold": True})
        for column, width in enumerate(_COLUMNS.values()):
            self._page.set_column(column, column, width)
        self._page.write_string(0, 0, title, bold)
        for column, name in enumerate(words.columns()):
            self._page.write_string(1, column, name, bold)
        self._page.freeze_panes(2, 0)
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._book.fileclosed:
            self._book.close()
        self._folder.cleanup()

    def add(self, lines: Iterable[OutcomeLine]) -> None:
        for line in lines:
            self._written += 1
            row = self._written + 1
            self._page.write_number(row, 0, line.number)
            for column, text in enumerate(self._words.texts(line), start=1):
                if text:
                    self._page.write_string(row, column, text)
            if line.at:
                # A workbook knows no time zones; what is written is the clock in Vietnam.
                self._page.write_datetime(row, 5, line.at.astimezone(VIETNAM).replace(tzinfo=None), self._at)

    def finish(self) -> bytes:
        self._book.close()
        return self._path.read_bytes()


class OutcomeTable:
    """The same as CSV for a Vietnamese Excel: UTF-8 with a byte order mark, parted by semicolons, no cell that could run."""

    def __init__(self, words: OutcomeWords) -> None:
        self._words = words
        self._text = io.StringIO(newline="")
        self._rows = csv.writer(self._text, delimiter=";")
        self._rows.writerow(words.columns())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._text.close()

    def add(self, lines: Iterable[OutcomeLine]) -> None:
        for line in lines:
            at = f"{line.at.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if line.at else ""
            self._rows.writerow([line.number, *map(safe, self._words.texts(line)), at])

    def finish(self) -> bytes:
        return b"\xef\xbb\xbf" + self._text.getvalue().encode()
