"""Ages as officers type them."""

import pytest

from handlers.send.ages import read_ages
from outreach.campaigns.audience import OLDEST


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("16-22", (16, 22)),
        ("16–22 tuổi", (16, 22)),
        ("từ 16 đến 22", (16, 22)),
        ("22-16", (16, 22)),
        ("18", (18, 18)),
        ("trên 25", (25, OLDEST)),
        ("25 tuổi trở lên", (25, OLDEST)),
        ("25+", (25, OLDEST)),
        ("dưới 20", (16, 20)),
        ("2004-2010", (16, 22)),
        ("sinh 2008", (18, 18)),
        ("", None),
        ("mọi người", None),
        ("16-22-30", None),
        ("0-22", None),
        ("dưới 12", None),
        ("16-300", None),
        ("2030", None),
    ],
)
def test_what_is_meant(text: str, meant: tuple[int, int] | None) -> None:
    assert read_ages(text, youngest=16, year=2026) == meant
