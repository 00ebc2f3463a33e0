"""Who did what to whom: rows are only ever added, and hold codes and ids, never a person's words.

But for one: the reason for which an administrator sent, or changed what was sent, without a second officer's word.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from outreach.officers import Actor


class AuditLog(Protocol):
    async def record(
        self,
        actor: Actor,
        *,
        at: datetime,
        action: str,
        subject: str = "",
        data: Mapping[str, str | int] | None = None,
    ) -> None:
        """Add one row. `subject` is "<table>:<id>"."""

    async def reasons(self, action: str, *, subject: str) -> list[str]:
        """That were written with this action, in order."""
