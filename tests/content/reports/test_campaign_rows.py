"""What became of a campaign, one line a person: words for codes, the clock of Vietnam, no formula, nothing left on disk."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from content.catalog import Catalog
from content.reports.campaign_rows import OutcomeBook, OutcomeLine, OutcomeTable, OutcomeWords
from outreach.campaigns.model import WEEK_FULL, Audience, Campaign, CampaignState, Content, DeliveryState
from outreach.messaging import CampaignId, OfficerId

AT = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
CATALOG = Catalog()
ANEW = "Cần thì gửi tin mới cho người chưa nhận"


def rows(lines: list[OutcomeLine], *, language: str = "vi", title: str = "Tin") -> list[tuple[object, ...]]:
    with OutcomeBook(OutcomeWords(CATALOG, language=language), title=title) as book:
        book.add(lines)
        made = book.finish()
    page = openpyxl.load_workbook(io.BytesIO(made)).worksheets[0]
    assert not [cell for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    return list(page.iter_rows(values_only=True))


def line(state: DeliveryState, *, reason: str = "", unit: str = "xã Bắc Sơn", number: int = 1) -> OutcomeLine:
    return OutcomeLine(number=number, unit=unit, state=state, reason=reason, at=AT)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("state", DeliveryState)
def test_every_outcome_has_words_in_both_languages(language: str, state: DeliveryState) -> None:
    title, header, row = rows([line(state)], language=language)
    assert title[0] == "Tin"
    assert len([name for name in header if name]) == 6
    assert row[:2] == (1, "xã Bắc Sơn")
    assert row[2] == CATALOG.label(f"campaign.outcome.{state.value}", language=language)
    assert row[5] == datetime(2026, 11, 22, 0, 30), "the clock in Vietnam"  # noqa: DTZ001  (a workbook knows no zones)


def test_an_unknown_reason_is_shown_as_its_code() -> None:
    *_, row = rows([line(DeliveryState.FAILED, reason="never_heard_of")])
    assert "never_heard_of" in str(row[3])


@pytest.mark.parametrize(
    ("begun", "digest", "step"),
    [(1, True, "Nhận trong bản tin tuần"), (1, False, ANEW), (15, True, ANEW)],
)
def test_whose_week_was_full_gets_it_in_the_digest_while_it_is_news(begun: int, step: str, *, digest: bool) -> None:
    campaign = Campaign(
        campaign_id=CampaignId(1),
        state=CampaignState.FINISHED,
        content=Content(title="Tin", paragraphs=()),
        audience=Audience(),
        created_by=OfficerId(1),
        unit_id=None,
        started_at=AT - timedelta(days=begun),
    )
    words = OutcomeWords(CATALOG, language="vi").of(campaign, at=AT, digest=digest)
    assert words.next_step(DeliveryState.SKIPPED, reason=WEEK_FULL) == step


def test_names_from_outside_are_no_formulas() -> None:
    found = rows([line(DeliveryState.SENT, unit="=1+1")], title="=2+2")
    assert found[0][0] == "=2+2"
    assert found[2][1] == "=1+1"


def test_csv_opens_in_a_vietnamese_excel_and_runs_nothing() -> None:
    with OutcomeTable(OutcomeWords(CATALOG, language="vi")) as table:
        table.add([line(DeliveryState.SENT, unit="=1+1"), line(DeliveryState.FAILED, reason="=cmd", number=7)])
        made = table.finish()
    assert made.startswith(b"\xef\xbb\xbf")
    head, first, second = made.decode("utf-8-sig").splitlines()
    assert head == "STT;Xã, phường;Kết quả;Lý do;Việc tiếp theo;Lúc"
    assert first == "1;'=1+1;Đã gửi;;Không cần làm gì;22/11/2026 00:30"
    assert second.startswith("7;xã Bắc Sơn;Chưa gửi được;")


def test_rows_are_written_over_all_portions() -> None:
    with OutcomeBook(OutcomeWords(CATALOG, language="vi"), title="Tin") as book:
        for number in range(3):
            book.add([line(DeliveryState.SENT, number=one) for one in (2 * number + 1, 2 * number + 2)])
        page = openpyxl.load_workbook(io.BytesIO(book.finish())).worksheets[0]
    assert [row[0] for row in page.iter_rows(min_row=3, values_only=True)] == [1, 2, 3, 4, 5, 6]


def test_nothing_stays_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with OutcomeBook(OutcomeWords(CATALOG, language="vi"), title="Tin") as book:
        book.add([line(DeliveryState.SENT)])
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
