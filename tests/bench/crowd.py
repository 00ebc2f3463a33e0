"""A crowd in a database: as many copies of its subscribers as are wanted, in seconds."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing

# Above every number that the simulator gives and every id that is there.
_FIRST_CHAT = 5_000_000_000
_NUMBERS = "WITH RECURSIVE number(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM number WHERE n < :last)"


def fill(path: str, *, people: int) -> None:
    """Until so many have subscribed: each new one is like somebody who has, with an id and a chat of her own. SQLite only.

    Contacts, addresses and consents of the people who are copied must bear the same ids, without a gap.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        ((first, known, last),) = db.execute(
            "SELECT min(contact.id), count(*), max(contact.id) FROM contact JOIN consent ON consent.contact_id = contact.id"
        )
        assert last - first + 1 == known
        about = {"first": last + 1, "last": first + people - 1, "oldest": first, "known": known}
        if people <= known:
            return
        db.execute("BEGIN")
        _copy(db, "contact", {"id": "n"}, about=about)
        _copy(
            db,
            "address",
            {"id": "n", "contact_id": "n", "external_id": f"CAST({_FIRST_CHAT} + n AS TEXT)"},
            about=about,
        )
        _copy(db, "consent", {"id": "n", "contact_id": "n", "address_id": "n"}, about=about)
        db.execute("COMMIT")


def _copy(db: sqlite3.Connection, table: str, changes: Mapping[str, str], *, about: Mapping[str, int]) -> None:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changes.get(column, f"old.{column}") for column in columns)
    key = "id" if table == "contact" else "contact_id"
    db.execute(
        f"{_NUMBERS} INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM number"  # noqa: S608  (names of our own tables)
        f" JOIN {table} AS old ON old.{key} = :oldest + (n - :first) % :known",
        about,
    )
