"""Whether Zalo takes the bot's token, and what is used of its plan."""

from dataclasses import replace
from functools import partial

from bot.channels.pulse import Pulse
from bot.channels.zalo_bot.adapter import ZaloBotChannel
from outreach.contacts.windows import month_of
from outreach.transaction import Transactions
from outreach.upkeep import Health, Plan


class BotHealth:
    """Counts what this program knows of, which is the least that Zalo counts."""

    def __init__(
        self, channel: ZaloBotChannel, *, transactions: Transactions, most_people: int, most_messages: int
    ) -> None:
        self._channel = channel
        self._transactions = transactions
        self._most_people = most_people
        self._most_messages = most_messages
        self._pulse = Pulse(clock=channel.clock)

    async def __call__(self) -> Health:
        _, heard = await self._pulse.ask(partial(self._channel.client.call, "getMe"))
        return replace(heard, plan=await self._plan())

    async def _plan(self) -> Plan:
        account_id = self._channel.account_id
        async with self._transactions.read() as tx:
            people = await tx.accounts.people(account_id)
            spent = (await tx.spending.of_month(month_of(self._channel.clock()))).get(account_id)
        return Plan(
            people=people,
            most_people=self._most_people,
            messages=spent.messages if spent else 0,
            most_messages=self._most_messages,
        )
