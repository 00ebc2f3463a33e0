"""`outreach.contacts.windows` as expressions over an address and its account; a test holds the two together."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, bindparam, case, func, literal_column, true

from outreach.contacts.windows import Window, Windows
from storage import tables as t


def window_values(windows: Windows, *, paid_left: int, at: datetime) -> dict[str, Any]:
    """What `window` and `no_pay` are to be executed with."""
    return {
        "free_since": at - windows.free,
        "open_since": at - max(windows.free, windows.whole),
        "no_pay": windows.why_unpaid(paid_left),
    }


def window(address: FromClause = t.address, account: FromClause = t.account) -> ColumnElement[Any]:
    """With constants in it, so that PostgreSQL may group by it."""
    spoke, instant = address.c.interacted_at, t.address.c.interacted_at.type
    return case(
        (~func.coalesce(account.c.windowed, true()), _word(Window.FREE)),
        (spoke >= bindparam("free_since", type_=instant), _word(Window.FREE)),
        (spoke >= bindparam("open_since", type_=instant), _word(Window.PAID)),
        else_=_word(Window.CLOSED),
    )


def _word(word: Window) -> ColumnElement[Any]:
    return literal_column(f"'{word.value}'")


def no_pay() -> ColumnElement[Any]:
    """Why what costs may not go now; empty where it may."""
    return bindparam("no_pay", type_=Text)


def rank(address: FromClause, account: FromClause) -> ColumnElement[Any]:
    """The window as an order: free, then what may be paid, then the rest."""
    found = window(address, account)
    paid = (found == _word(Window.PAID)) & (no_pay() == "")
    return case((found == _word(Window.FREE), 0), (paid, 1), else_=2)
