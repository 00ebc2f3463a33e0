"""The steps of `loatre setup` for Zalo; both may be left out."""

import asyncio

from pydantic import SecretStr

from bot.channels.zalo_bot.probe import probe
from bot.commands.desk import Desk, SetupError
from bot.settings import SettingsError, load_settings
from outreach.messaging import SendErrorKind

_HIDDEN = frozenset({"zalo_app_secret", "zalo_oa_secret"})


def enter_account(desk: Desk) -> None:
    """App, secrets and public address of the Official Account; the consent comes later, with a command of its own."""
    desk.talk.title("zalo_oa.title")
    if not desk.talk.confirm("zalo_oa.want", default=bool(desk.settings.zalo_app_id)):
        return
    for name in ("zalo_app_id", "zalo_app_secret", "zalo_oa_secret", "public_url"):
        _enter(desk, name)
    desk.talk.say("zalo_oa.then", url=desk.settings.public_url)


def _enter(desk: Desk, name: str) -> None:
    known = getattr(desk.settings, name)
    is_secret = isinstance(known, SecretStr) or name in _HIDDEN
    while True:
        shown = "" if is_secret else known
        typed = desk.talk.ask(f"zalo_oa.{name}", default=shown, hidden=is_secret, known=bool(known))
        if not typed and known:
            return
        try:
            if typed:
                load_settings(**{name: typed})
                desk.keep(**{name: typed})
                return
        except SettingsError:
            pass
        if not desk.talk.asks:
            raise SetupError("zalo_oa.missing")
        desk.talk.say("zalo_oa.wrong", style="yellow")


def enter_bot(desk: Desk) -> str:
    """The bot's name as Zalo tells it; empty where there is none, or Zalo could not be asked."""
    talk = desk.talk
    talk.title("zalo_bot.title")
    known = desk.settings.zalo_bot_token
    if not talk.confirm("zalo_bot.want", default=known is not None):
        return ""
    while True:
        typed = talk.ask("zalo_bot.again" if known else "zalo_bot.ask", hidden=True)
        token = typed or (known.get_secret_value() if known else "")
        fault, name = _try(desk, token)
        if not fault:
            desk.keep(zalo_bot_token=token)
            talk.say("zalo_bot.taken" if name else "zalo_bot.unchecked", style="" if name else "yellow", name=name)
            return name
        if not talk.asks:
            raise SetupError(fault)
        talk.say(fault, style="yellow")


def _try(desk: Desk, token: str) -> tuple[str, str]:
    """What is wrong with the token, or whose it is; neither where Zalo could not be asked."""
    try:
        load_settings(zalo_bot_token=token)
    except SettingsError:
        return "zalo_bot.malformed", ""
    found = asyncio.run(probe(token=token, base_url=desk.settings.zalo_bot_url))
    if found.trouble and found.trouble.kind == SendErrorKind.REVOKED:
        return "zalo_bot.refused", ""
    return "", found.me.name if found.me else ""
