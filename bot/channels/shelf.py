"""The pictures and files that campaigns bring, as an account needs them: by the name it has for them, or whole, to be uploaded."""

import asyncio
from collections import defaultdict

from outreach.evidence import EvidenceStore
from outreach.messaging import AccountId, MediaId, SendError, SendErrorKind
from outreach.transaction import Transactions, shielded


class MediaShelf:
    """Shared by the channels. Names are remembered across restarts; a lost one costs another upload and nothing else."""

    def __init__(self, transactions: Transactions, store: EvidenceStore) -> None:
        self._transactions = transactions
        self._store = store
        self._refs: dict[tuple[AccountId, MediaId], str] = {}
        self._uploading: defaultdict[AccountId, asyncio.Lock] = defaultdict(asyncio.Lock)

    def uploading(self, account_id: AccountId) -> asyncio.Lock:
        """Held while a file is uploaded: a campaign's first messages leave together, and one upload serves them all."""
        return self._uploading[account_id]

    async def ref(self, media_id: MediaId, *, account_id: AccountId) -> str:
        """What the account calls it; "" before it was uploaded there."""
        key = (account_id, media_id)
        if not self._refs.get(key):
            async with self._transactions.read() as tx:
                self._refs[key] = await tx.media.ref(media_id, account_id=account_id)
        return self._refs[key]

    async def keep(self, media_id: MediaId, *, account_id: AccountId, ref: str) -> None:
        self._refs[account_id, media_id] = ref
        await shielded(self._write(media_id, account_id=account_id, ref=ref))

    async def _write(self, media_id: MediaId, *, account_id: AccountId, ref: str) -> None:
        async with self._transactions.write(bulk=True) as tx:
            await tx.media.keep_ref(media_id, account_id=account_id, ref=ref)

    async def lose(self, media_id: MediaId, *, account_id: AccountId, ref: str) -> None:
        """The account knows it by that name no more; a newer one stays."""
        if self._refs.get((account_id, media_id)) == ref:
            del self._refs[account_id, media_id]
        async with self._transactions.write(bulk=True) as tx:
            await tx.media.drop_ref(media_id, account_id=account_id, ref=ref)

    async def data(self, media_id: MediaId) -> bytes:
        """Raises SendError OUR_FAULT `file_missing` where it is not there (yet)."""
        async with self._transactions.read() as tx:
            row = await tx.media.get(media_id)
        missing = SendError(SendErrorKind.OUR_FAULT, "file_missing")
        if row is None or not row.content_hash:
            raise missing
        try:
            return await self._store.get(row.content_hash)
        except FileNotFoundError:
            raise missing from None
