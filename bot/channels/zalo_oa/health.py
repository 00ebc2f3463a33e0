"""What of an Official Account will end or has failed."""

from dataclasses import replace
from datetime import date, datetime

from bot.channels.pulse import Pulse
from bot.channels.zalo_oa.client import OaClient
from bot.channels.zalo_oa.tokens import Tokens
from outreach.upkeep import Health

_DAY_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")
_DAY_LENGTH = len("31/12/2026")


def package_ends_on(written: str) -> date | None:
    """Zalo's own writing of a day, perhaps with an hour behind it; None where it is none that we know."""
    for known in _DAY_FORMATS:
        try:
            return datetime.strptime(written[:_DAY_LENGTH], known).date()  # noqa: DTZ007  a day of Vietnam, no instant
        except ValueError:
            continue
    return None


class OaHealth:
    """Asking is a call like any other, so it also renews an access token that nobody else needs just now."""

    def __init__(self, client: OaClient, *, tokens: Tokens) -> None:
        self._client = client
        self._tokens = tokens
        self._pulse = Pulse(clock=tokens.clock)
        self._package_ends_on: date | None = None

    async def __call__(self) -> Health:
        me, heard = await self._pulse.ask(self._client.me)
        if me:
            self._package_ends_on = package_ends_on(me.valid_through)
        return replace(heard, pair=await self._tokens.pair(), package_ends_on=self._package_ends_on)
