"""kill -9 while an article is being handed to all followers: it is asked about, and never handed over a second time by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from outreach.broadcasts.model import UNKNOWN, BroadcastState
from outreach.campaigns.model import Content
from outreach.officers import Role
from storage import tables as t
from tests.chaos.conftest import Town

NOW = timedelta()
TITLE = "Bài gửi mọi người quan tâm"

pytestmark = pytest.mark.slow


async def _ready(town: Town, officer: str) -> None:
    """An article that is made and whose minute is over, in Zalo and in our books."""
    made = await town.client.oa(
        "v2.0/article/create",
        {
            "type": "normal",
            "title": TITLE,
            "author": "Tỉnh đoàn",
            "description": "Một đoạn.",
            "cover": {"cover_type": "photo", "photo_url": "https://example.vn/bia.jpg", "status": "show"},
            "body": [{"type": "text", "content": "Một đoạn."}],
            "status": "show",
            "comment": "hide",
        },
    )
    token = made["data"]["token"]

    async def verified() -> bool:
        found = await town.client.oa("v2.0/article/verify", {"token": token})
        made["article"] = (found.get("data") or {}).get("id")
        return bool(made["article"])

    await town.until(verified)
    ordered = datetime.now(UTC) - timedelta(minutes=5)
    async with town.database.write() as tx:
        whose = select(t.address.c.contact_id).where(t.address.c.external_id == officer)
        contact_id = (await tx.connection.execute(whose)).scalar_one()
        by = await tx.officers.grant(contact_id, role=Role.ADMIN, unit_id=None, by=None, at=ordered)
        content = Content(title=TITLE, paragraphs=("Một đoạn.",))
        added = await tx.broadcasts.add(account_id=town.account_id, content=content, by=by.officer_id, at=ordered)
        number = added.broadcast_id
        assert await tx.broadcasts.move(number, state=BroadcastState.CREATING, at=ordered)
        assert await tx.broadcasts.move(number, state=BroadcastState.READY, at=ordered, article_ref=made["article"])


async def test_killed_while_zalo_takes_it(zalo_town: Town) -> None:
    town = zalo_town
    town.process.module = ("tests.chaos.by_day", "run")
    town.client.oa_token = (await town.client.read("zalo/oa/tokens"))["access_token"]
    officer, _ = await town.follower(heard=NOW, silent=NOW)
    await _ready(town, officer)
    state, reason = select(t.broadcast.c.state), select(t.broadcast.c.reason)
    await town.client.order(
        "faults", {"kind": "slow", "network": "zalo_oa", "method": "v2.0/oa/message", "seconds": 5, "times": 1}
    )

    async def taken() -> int:
        return len((await town.client.read("zalo/oa/broadcasts"))["broadcasts"])

    town.process.start()
    await town.until(taken)
    town.process.kill()
    assert (await town.one(state), await town.one(reason)) == (BroadcastState.SENDING, "")

    async def asked_about() -> bool:
        return bool(await town.one(reason) == UNKNOWN) and await town.got(officer, TITLE) > 0

    town.process.start()
    await town.until(asked_about)

    async def nothing_waits() -> bool:
        return not await town.one(select(func.count()).select_from(t.outbox))

    await town.until(nothing_waits)
    assert town.process.stop() == 0
    assert await town.one(state) == BroadcastState.SENDING
    assert await taken() == 1
    assert await town.got(officer, TITLE) == 1
