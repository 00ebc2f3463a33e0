"""The second network of the play: the Official Account is given its tokens and told where to deliver, and people come by it."""

import re
from datetime import timedelta

from bot.app import App, open_store
from bot.channels.zalo_oa.tokens import token_name
from bot.demo.phones import Phone
from bot.demo.scenes import BAC_SON, POSTER, Play, consents
from bot.demo.sending import the_news
from bot.demo.stage import PlayClock, Simulator
from bot.settings import Settings
from outreach.contacts.posters import make_poster
from outreach.officers import System
from outreach.tokens import TokenPair

_REFRESH_LASTS = timedelta(days=90)
_OUT_OF_WINDOW = timedelta(days=8)
_AT_REST = timedelta(minutes=31)  # longer than a campaign waits for who is in a conversation
_CODE = re.compile(r"\b\d{6}\b")


async def authorise(settings: Settings, simulator: Simulator, *, clock: PlayClock) -> None:
    """The first pair of tokens, as the console's API Explorer gives it to an administrator."""
    given, now = await simulator.order("zalo/oa/tokens"), clock()
    pair = TokenPair(
        access=str(given["access_token"]),
        refresh=str(given["refresh_token"]),
        refreshed_at=now,
        access_expires_at=now + timedelta(seconds=int(str(given["expires_in"]))),
        refresh_expires_at=now + _REFRESH_LASTS,
    )
    async with open_store(settings) as store, store.database.write() as tx:
        await tx.tokens.store(token_name(settings.zalo_app_id), pair)


async def deliver_to(app: App, simulator: Simulator, *, clock: PlayClock, title: str) -> None:
    """What is done by hand in Zalo's console: the webhook's address. And the poster of xã Bắc Sơn gets its short code."""
    await simulator.order("zalo/oa/settings", {"webhook": f"{app.web_address}/zalo/oa"})
    unit_id = app.world.units.id_of(BAC_SON)
    async with app.database.write() as tx:
        await make_poster(System(name="demo"), tx, code=POSTER, title=title, unit_id=unit_id, at=clock())


async def long_ago(play: Play) -> None:
    """Somebody joins by Zalo and then says nothing for eight days: Zalo will not let anybody write to her first."""
    silent = await play.zalo_person("silent")
    await _joins(play, silent, year="2003", unit=play.label("demo.new_unit"))
    play.transcript.say("demo.eight_days", style="yellow")
    await play.skip(_OUT_OF_WINDOW)


async def _joins(play: Play, phone: Phone, *, year: str, unit: str) -> None:
    await play.opens(phone)
    await consents(play, phone)
    await play.says(phone, year)
    await play.says(phone, unit)
    await play.taps(phone, "units.yes")


async def links(play: Play) -> None:
    """The one from the old district has Zalo as well; six figures typed there, a yes on both phones, and she is one person."""
    telegram = play.phones["worker"]
    zalo = await play.zalo_person("worker_zalo", name="worker")
    await _joins(play, zalo, year="1999", unit=play.label("demo.new_unit"))
    offered = await play.says(telegram, play.label("demo.types_link"))
    code = _CODE.search(" ".join(str(message.get("text")) for message in offered))
    await play.says(zalo, code[0] if code else "?")
    await play.taps(zalo, "linking.yes")
    await telegram.waits_for(play.label("demo.asked_words"), seconds=10)
    await play.taps(telegram, "linking.mine")
    await zalo.waits_for(play.label("demo.linked_words"), seconds=10)


async def writes_again(play: Play) -> None:
    """Eight days later she writes by herself: that opens the window, and what had waited for her comes."""
    silent = play.phones["silent"]
    await silent.look()
    play.waited = not any(the_news(play).title in str(message.get("text")) for message in silent.messages)
    await play.says(silent, play.label("demo.types_news"))
    play.transcript.say("demo.half_an_hour", style="yellow")
    await play.skip(_AT_REST)
    play.transcript.answers([await silent.waits_for(play.label("campaign.read"), seconds=20)])
