"""A town of people on a real simulator, a database on disk, and `loatre run` as a process that can be killed."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, func, insert, select

from bot.channels.zalo_oa.tokens import token_name
from bot.demo.stage import ZALO_APP, ZALO_APP_SECRET, ZALO_OA_SECRET
from outreach.campaigns.model import Audience, CampaignState, Content, OnUnknown
from outreach.contacts.model import Consent, Purpose, Subscription
from outreach.messaging import AccountId, Address, CampaignId, ChannelName, ContactId, OfficerId
from outreach.officers import Role
from outreach.pack import Pack
from outreach.tokens import TokenPair
from simulator.client import Client, connect
from simulator.config import DEFAULT_TOKEN, SimConfig
from simulator.serve import running as simulator_running
from storage import tables as t
from storage.database import Database
from storage.session import Session
from storage.types import Keyring
from storage.units import sync_units

PATIENCE = 90  # seconds; processes start here while other tests keep the machine busy
SECRET = "a secret of the chaos tests, long enough"


@dataclass
class Process:
    """`loatre run` with the settings of a town; standard error is kept for the report of a failure."""

    environment: dict[str, str]
    folder: Path
    running: subprocess.Popen[bytes] | None = None
    starts: int = 0
    module: tuple[str, ...] = ("bot", "run")

    def start(self) -> None:
        self.starts += 1
        with (self.folder / f"run{self.starts}.log").open("wb") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", *self.module], env=self.environment, stderr=log, stdout=log
            )

    def kill(self) -> None:
        """kill -9: no handler runs, no buffer is flushed."""
        assert self.running
        self.running.send_signal(signal.SIGKILL)
        self.running.wait(60)

    def stop(self) -> int:
        assert self.running
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(60)

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("run*.log")))


@dataclass
class Town:
    database: Database
    pack: Pack
    client: Client
    account_id: AccountId
    process: Process
    people: list[int] = field(default_factory=list)

    async def settle(self, count: int) -> None:
        """`count` people in the simulator who have subscribed, spread over the units."""
        self.people = (await self.client.order("people", {"count": count, "prefix": "Thanh niên"}))["ids"]
        now = datetime.now(UTC)
        async with self.database.write() as tx:
            ids = await sync_units(tx.connection, self.pack)
            units = [ids[row.code] for row in self.pack.units]
            first = (await tx.connection.execute(select(func.coalesce(func.max(t.contact.c.id), 0)))).scalar_one() + 1
            numbered = list(enumerate(self.people, start=first))
            contact = {"subscription": Subscription.ACTIVE, "birth_year": 2006, "created_at": now, "changed_at": now}
            await tx.connection.execute(
                insert(t.contact), [{"id": n, "unit_id": units[n % len(units)], **contact} for n, _ in numbered]
            )
            await tx.connection.execute(
                insert(t.address),
                [
                    {
                        "id": n,
                        "account_id": self.account_id,
                        "external_id": str(person),
                        "contact_id": n,
                        "created_at": now,
                        "changed_at": now,
                    }
                    for n, person in numbered
                ],
            )
            consent = {
                "purpose": Purpose.NOTICES,
                "text_version": "1",
                "text_hash": "0" * 64,
                "given_at": now,
                "channel": ChannelName.TELEGRAM,
                "message_ref": "1",
            }
            await tx.connection.execute(
                insert(t.consent), [{"contact_id": n, "address_id": n, **consent} for n, _ in numbered]
            )

    async def follower(self, *, heard: timedelta, silent: timedelta) -> tuple[str, ContactId]:
        """A subscriber on Zalo; how long ago we heard of her, and how long she has been silent by Zalo's own count."""
        hours = silent.total_seconds() / 3600
        made = await self.client.order(
            "zalo/oa/people", {"name": "Nguyễn Thị Lan", "follows": True, "interacted_hours_ago": hours}
        )
        name, now = str(made["id"]), datetime.now(UTC)
        address = Address(account_id=self.account_id, external_id=name)
        consent = Consent(
            purpose=Purpose.NOTICES,
            text_version="1",
            text_hash="0" * 64,
            given_at=now,
            channel=ChannelName.ZALO_OA,
            message_ref="1",
        )
        async with self.database.write() as tx:
            contact_id = await tx.contacts.create(address, source="", at=now)
            await tx.contacts.change(contact_id, at=now, subscription=Subscription.ACTIVE, birth_year=2006)
            await tx.contacts.add_consent(contact_id, address=address, consent=consent)
            await tx.addresses.note_word(address, at=now - heard)
        return name, contact_id

    async def got(self, person: str, words: str) -> int:
        """How many messages with these words lie on that Zalo phone."""
        chat = await self.client.read(f"zalo/oa/people/{person}/chat")
        return sum(message["from"] == "oa" and words in message["text"] for message in chat["messages"])

    async def one(self, statement: Executable) -> Any:
        """What the database says, looked at from outside the process."""
        async with self.database.read() as tx:
            return (await tx.connection.execute(statement)).scalar_one()

    async def until(self, what: Callable[[], Awaitable[object]]) -> None:
        ends = time.monotonic() + PATIENCE
        while not await what():
            assert time.monotonic() < ends, self.process.logs()
            await asyncio.sleep(0.02)

    async def order(
        self, content: Content, *, on_unknown: OnUnknown = OnUnknown.RATHER_MISS, at: datetime | None = None
    ) -> CampaignId:
        """An officer's campaign to everybody, past its minute of grace; the clock of the process freezes and starts it."""
        now = at or datetime.now(UTC)
        async with self.database.write() as tx:
            number = await tx.campaigns.add(
                content=content, audience=Audience(), by=await self.officer(tx), unit_id=None, at=now
            )
            await tx.campaigns.edit(number, on_unknown=on_unknown)
            await tx.campaigns.move(number, state=CampaignState.PREPARING, at=now, not_before=now)
        return number

    async def officer(self, tx: Session) -> OfficerId:
        """The one who sends; she has not subscribed."""
        address, now = Address(account_id=self.account_id, external_id="1"), datetime.now(UTC)
        known = await tx.contacts.known(address)
        if known.contact is None:
            contact_id = await tx.contacts.create(address, source="", at=now)
            await tx.officers.grant(contact_id, role=Role.ADMIN, unit_id=None, by=None, at=now)
        return OfficerId((await tx.connection.execute(select(func.min(t.officer.c.id)))).scalar_one())

    async def delivered(self, words: str) -> dict[str, object]:
        """By the simulator's own journal: messages, people, and who got it more than once."""
        found: dict[str, object] = await self.client.read("journal/counts", contains=words)
        return found


@pytest.fixture
def simulator_address() -> Iterator[str]:
    with simulator_running(SimConfig(limits=False)) as address:
        yield address


def environment_of(url: str, *, folder: Path, simulator: str = "", rate: float = 400) -> dict[str, str]:
    """The settings of `loatre run`: Telegram alone where the address of a simulator is given."""
    telegram = {
        "LOATRE_TELEGRAM_TOKEN": DEFAULT_TOKEN,
        "LOATRE_TELEGRAM_BASE_URL": simulator,
        "LOATRE_TELEGRAM_RATE": str(rate),
        "LOATRE_TELEGRAM_START_RATE": str(rate),
    }
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("LOATRE_")},
        "LOATRE_DATABASE_URL": url,
        "LOATRE_SECRET_KEY": SECRET,
        "LOATRE_SEND_HOURS_APPLY": "false",
        "LOATRE_LEASE_SECONDS": "1",
        "LOATRE_EVIDENCE_DIR": str(folder / "evidence"),
        "LOATRE_WEEKLY_CAP": "21",
        "LOATRE_PORT": "0",
        **(telegram if simulator else {}),
    }


@pytest.fixture
async def town(
    tmp_path: Path, simulator_address: str, langson: Pack, seed: Callable[[str], None]
) -> AsyncIterator[Town]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'town.db'}"
    seed(url)
    environment = environment_of(url, folder=tmp_path, simulator=simulator_address)
    database = Database(url, keyring=Keyring(SECRET))
    async with database.write() as tx:
        account_id = await tx.contacts.account(
            channel=ChannelName.TELEGRAM, external_id=DEFAULT_TOKEN.split(":")[0], name="LoaTreBot"
        )
    process = Process(environment=environment, folder=tmp_path)
    async with connect(simulator_address) as client:
        yield Town(database=database, pack=langson, client=client, account_id=account_id, process=process)
    if process.running and process.running.poll() is None:
        process.kill()
    await database.close()


@pytest.fixture
async def zalo_town(
    tmp_path: Path, simulator_address: str, langson: Pack, seed: Callable[[str], None]
) -> AsyncIterator[Town]:
    """The Official Account alone: it has its tokens, and its webhook leads to the process."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'town.db'}"
    seed(url)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **environment_of(url, folder=tmp_path),
        "LOATRE_ZALO_APP_ID": ZALO_APP,
        "LOATRE_ZALO_APP_SECRET": ZALO_APP_SECRET,
        "LOATRE_ZALO_OA_SECRET": ZALO_OA_SECRET,
        "LOATRE_ZALO_API_URL": f"{simulator_address}/zalo-oa",
        "LOATRE_ZALO_OAUTH_URL": f"{simulator_address}/zalo-oauth",
        "LOATRE_PORT": str(port),
    }
    process = Process(environment=environment, folder=tmp_path)
    database = Database(url, keyring=Keyring(SECRET))
    now = datetime.now(UTC)
    async with connect(simulator_address) as client:
        given = await client.order("zalo/oa/tokens")
        oa = await client.order("zalo/oa/settings", {"webhook": f"http://127.0.0.1:{port}/zalo/oa"})
        assert oa["webhook"]
        pair = TokenPair(
            access=given["access_token"],
            refresh=given["refresh_token"],
            refreshed_at=now,
            access_expires_at=now + timedelta(seconds=int(given["expires_in"])),
            refresh_expires_at=now + timedelta(days=90),
        )
        number = (await client.read("zalo/oa"))["oa_id"]
        async with database.write() as tx:
            await tx.tokens.store(token_name(ZALO_APP), pair)
            account_id = await tx.contacts.account(
                channel=ChannelName.ZALO_OA, external_id=number, name="OA", windowed=True
            )
        yield Town(database=database, pack=langson, client=client, account_id=account_id, process=process)
    if process.running and process.running.poll() is None:
        process.kill()
    await database.close()
