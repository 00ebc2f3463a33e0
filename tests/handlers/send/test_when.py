"""Typed times as people write them; it is Monday 12/10/2026, 10:00 in Vietnam."""

from datetime import UTC, datetime

import pytest

from handlers.send.when import read_when
from outreach.clock import VIETNAM

NOW = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("7h30 25/11", "25/11/2026 07:30"),
        ("25/11 7h30", "25/11/2026 07:30"),
        ("25/11/2026 07:30", "25/11/2026 07:30"),
        ("lúc 7 giờ 30 ngày 25/11", "25/11/2026 07:30"),
        ("7h mai", "13/10/2026 07:00"),
        ("mai 7h", "13/10/2026 07:00"),
        ("ngày mai lúc 8 giờ", "13/10/2026 08:00"),
        ("ngày kia 8h", "14/10/2026 08:00"),
        ("11:00", "12/10/2026 11:00"),
        ("9h", "13/10/2026 09:00"),
        ("09:59", "13/10/2026 09:59"),
        ("20h hôm nay", "12/10/2026 20:00"),
        ("05/02 8h", "05/02/2027 08:00"),
        ("11/10/2026 8h", "11/10/2026 08:00"),
        ("7h tối", "12/10/2026 19:00"),
        ("8h30 tối nay", "12/10/2026 20:30"),
        ("19h tối mai", "13/10/2026 19:00"),
        ("2h chiều mai", "13/10/2026 14:00"),
        ("12h trưa", "12/10/2026 12:00"),
        ("1h trưa mai", "13/10/2026 13:00"),
        ("sáng mai 7h", "13/10/2026 07:00"),
        ("7h sáng", "13/10/2026 07:00"),
        ("9 gio sang 25/11", "25/11/2026 09:00"),
        ("8 pm", None),
        ("8:00 pm today", "12/10/2026 20:00"),
        ("8h hôm nay", "12/10/2026 08:00"),
        ("9h chiều", None),
        ("15h sáng", None),
        ("7h sáng tối", None),
        ("hôm qua 7h", None),
        ("thứ sáu 8h", None),
        ("sáng thứ 2 8h", None),
        ("tuần sau 9h", None),
        ("trong 2 giờ", None),
        ("2 giờ nữa", None),
        ("đừng gửi 7h", None),
        ("7h-9h", None),
        ("7h hoặc 8h", None),
        ("25/11 mai 7h", None),
        ("25/11 26/11 7h", None),
        ("31/2 8h", None),
        ("25h", None),
        ("7h75", None),
        ("25/11", None),
        ("mai", None),
        ("", None),
        ("29/02 8h", None),
    ],
)
def test_a_typed_time(text: str, meant: str | None) -> None:
    found = read_when(text, now=NOW)
    assert (f"{found.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if found else None) == meant
