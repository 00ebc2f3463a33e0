"""What became of a campaign, one line a person: a running number and a commune, no name."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import xlsxwriter

from content.catalog import Catalog
from outreach.campaigns.model import DeliveryState
from outreach.campaigns.report import LEFT
from outreach.clock import VIETNAM
from outreach.contacts.windows import WAITS

_COLUMNS = {"number": 7, "unit": 28, "outcome": 24, "why": 40, "next": 44, "at": 18}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeLine:
    """Codes as the ledger holds them; `unit` is a label. `at` is when the row last moved."""

    unit: str
    state: DeliveryState
    reason: str
    at: datetime | None


class OutcomeBook:
    """A workbook written row by row, because a campaign may have 300,000. Blocking work: use it in a thread."""

    def __init__(self, catalog: Catalog, *, language: str, title: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "rows.xlsx"
        self._words = catalog
        self._language = language
        self._book = xlsxwriter.Workbook(str(self._path), {"constant_memory": True, "strings_to_formulas": False})
        self._page = self._book.add_worksheet(self._label("column.sheet"))
        self._at = self._book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        bold = self._book.add_format({"bold": True})
        for column, width in enumerate(_COLUMNS.values()):
            self._page.set_column(column, column, width)
        self._page.write_string(0, 0, title, bold)
        for column, name in enumerate(_COLUMNS):
            self._page.write_string(1, column, self._label(f"column.{name}"), bold)
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
            self._page.write_number(row, 0, self._written)
            for column, text in enumerate(self._texts(line), start=1):
                if text:
                    self._page.write_string(row, column, text)
            if line.at:
                # A workbook knows no time zones; what is written is the clock in Vietnam.
                self._page.write_datetime(row, 5, line.at.astimezone(VIETNAM).replace(tzinfo=None), self._at)

    def finish(self) -> bytes:
        self._book.close()
        return self._path.read_bytes()

    def _texts(self, line: OutcomeLine) -> tuple[str, str, str, str]:
        waits = line.state == DeliveryState.SKIPPED and line.reason in WAITS
        outcome = "waits" if waits else line.state.value
        step = outcome if self._words.has(f"campaign.next.{outcome}") else "none"
        if line.state == DeliveryState.FAILED and line.reason in LEFT:
            step = "none"
        return (
            line.unit,
            self._label(f"outcome.{outcome}"),
            self._why(line.reason),
            self._label(f"next.{step}"),
        )

    def _why(self, reason: str) -> str:
        if not reason:
            return ""
        known = self._words.has(f"campaign.why.{reason}")
        return self._label(f"why.{reason}" if known else "why.other", code=reason)

    def _label(self, key: str, **values: object) -> str:
        return self._words.label(f"campaign.{key}", language=self._language, **values)
