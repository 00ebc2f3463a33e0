"""What the Bot Platform says of the bot; nothing is changed there."""

from dataclasses import dataclass

from bot.channels.zalo_bot.adapter import Me, ZaloBotChannel
from outreach.messaging import SendError


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`trouble` None: the platform knows us as `me`. `webhook` is the address it delivers to, "" for none, None where it does not tell."""

    me: Me | None = None
    webhook: str | None = None
    trouble: SendError | None = None


async def probe(*, token: str, base_url: str) -> Probe:
    """Never raises for what is found."""
    channel = ZaloBotChannel(token=token, base_url=base_url)
    try:
        await channel.start()
    except SendError as error:
        return Probe(trouble=error)
    try:
        return Probe(me=channel.me, webhook=await _webhook(channel))
    finally:
        await channel.stop()


async def _webhook(channel: ZaloBotChannel) -> str | None:
    try:
        return str((await channel.client.call("getWebhookInfo")).get("url") or "")
    except SendError as error:
        return "" if error.reason == "not_found" else None
