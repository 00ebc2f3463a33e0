"""Files that go with campaigns: wanted, stored or refused, and what each account calls them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from outreach.messaging import AccountId, Attachment, CampaignId, Media, MediaId, OfficerId


class MediaState(StrEnum):
    WANTED = "wanted"  # still at the channel it came by
    STORED = "stored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRow:
    """`content_hash` is the file's name in the store; empty until stored. Size in bytes."""

    media: Media
    state: MediaState
    campaign_id: CampaignId
    account_id: AccountId
    created_by: OfficerId
    ref: str
    content_hash: str
    attempts: int


class MediaRows(Protocol):
    async def add(
        self,
        attachment: Attachment,
        *,
        name: str,
        campaign_id: CampaignId,
        account_id: AccountId,
        by: OfficerId,
        at: datetime,
    ) -> MediaId: ...

    async def get(self, media_id: MediaId) -> MediaRow | None: ...

    async def states(self, media_ids: Collection[MediaId]) -> dict[MediaId, MediaState]: ...

    async def any_wanted(self, *, now: datetime) -> bool: ...

    async def claim_wanted(self, *, now: datetime, limit: int) -> list[MediaRow]:
        """Those due, counted as tried once more and put off by a growing wait, so that a crash is only a late try."""

    async def mark_stored(self, media: Media, *, content_hash: str, media_type: str) -> None: ...

    async def mark_refused(self, media_id: MediaId, *, reason: str) -> None: ...

    async def unused(self, *, before: datetime) -> dict[MediaId, str]:
        """Those added before then that no campaign names any more, and that are not about to be fetched: each with the hash of its file,
        or nothing where there is none, or another needs it too.
        """

    async def forget(self, media_ids: Collection[MediaId]) -> None: ...

    async def ref(self, media_id: MediaId, *, account_id: AccountId) -> str:
        """What the account calls it, once it has been uploaded there."""

    async def keep_ref(self, media_id: MediaId, *, account_id: AccountId, ref: str) -> None: ...

    async def drop_ref(self, media_id: MediaId, *, account_id: AccountId, ref: str) -> None:
        """It is forgotten there; a newer one stays."""
