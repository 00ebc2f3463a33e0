"""`loatre zalo`: let an administrator of the Official Account agree, and see whose account it is."""

import asyncio
import sys
from datetime import datetime
from typing import Annotated

import typer

from bot.channels.zalo_oa.adapter import ZaloOaChannel, needed
from bot.channels.zalo_oa.authorize import PATH, PENDING, begin, end, pending_in, read_back
from bot.channels.zalo_oa.client import GOVERNMENT, Me
from bot.channels.zalo_oa.oauth import ACCESS_LASTS, REFRESH_LASTS
from bot.channels.zalo_oa.probe import probe
from bot.commands.store import ready_store, refuse
from bot.settings import Settings, load_settings
from outreach.clock import system_clock
from outreach.messaging import ChannelName, SendError, SendErrorKind
from outreach.tokens import TokenPair

zalo = typer.Typer(no_args_is_help=True, help="The Zalo Official Account.")

_TYPES = {2: "business", GOVERNMENT: "state agency"}


@zalo.callback()
def _group() -> None:
    """So that `authorize` stays a command of its own while it is the only one."""


_NOT_TAKEN = (
    "zalo authorize: Zalo gives no tokens for this code. It is good once and for ten minutes, and needs the App Secret "
    "of this app; run this again and open the new link"
)


@zalo.command()
def authorize(
    code: Annotated[str, typer.Option(help="the address to which the browser was sent, or the code in it")] = "",
    access_token: Annotated[str, typer.Option(help="from the API Explorer of the developers' console")] = "",
    refresh_token: Annotated[str, typer.Option(help="from the API Explorer; needs no consent")] = "",
    another_oa: Annotated[  # noqa: FBT002  typer reads its options so
        bool, typer.Option("--another-oa", help="the OA is to be another one than until now")
    ] = False,
) -> None:
    """Get the first pair of tokens, or a new one after the old was lost, and show whose account it opens."""
    try:
        me = asyncio.run(
            _authorize(
                load_settings(),
                code=code,
                access_token=access_token,
                refresh_token=refresh_token,
                another_oa=another_oa,
            )
        )
    except SendError as error:
        raise refuse(f"zalo authorize: {error.reason}") from None
    until = f" until {me.valid_through}" if me.valid_through else ""
    typer.echo(f"{me.name} ({me.oa_id}): {_TYPES.get(me.oa_type, f'type {me.oa_type}')}")
    typer.echo(f"package: {me.package or 'none'}{until}; verified: {'yes' if me.verified else 'no'}")


async def _authorize(settings: Settings, *, code: str, access_token: str, refresh_token: str, another_oa: bool) -> Me:
    async with ready_store() as store:
        async with store.database.read() as tx:
            met = await tx.accounts.newest(ChannelName.ZALO_OA)
        oa_id = met.external_id if met and not another_oa else ""
        channel = ZaloOaChannel(settings, transactions=store.database)
        await channel.http.start()
        try:
            if refresh_token:
                pair = _explored(access_token, refresh_token, now=system_clock())
                await channel.tokens.give(await _of_oa(oa_id, pair, channel=channel) if oa_id else pair)
            elif access_token:
                raise refuse("zalo authorize: an access token alone lasts a day; give --refresh-token too", code=2)
            else:
                await _by_consent(channel, pasted=code, oa_id=oa_id, any_oa=another_oa)
            return await channel.client.me()
        finally:
            await channel.stop()


def _explored(access: str, refresh: str, *, now: datetime) -> TokenPair:
    """How old an access token from the console is, nobody tells: where Zalo refuses it, it is renewed."""
    return TokenPair(
        access=access,
        refresh=refresh,
        refreshed_at=now,
        access_expires_at=now + ACCESS_LASTS if access else now,
        refresh_expires_at=now + REFRESH_LASTS,
    )


async def _of_oa(oa_id: str, pair: TokenPair, *, channel: ZaloOaChannel) -> TokenPair:
    """The pair, or the next one, once Zalo has said that it opens this OA; nothing is stored yet."""
    found = await probe(channel.settings, access=pair.access) if pair.access else None
    if found is None or (found.trouble and found.trouble.reason == "token_refused"):
        pair = await channel.oauth.refresh(pair.refresh, now=system_clock())
        found = await probe(channel.settings, access=pair.access)
    if found.me is None:
        raise found.trouble or SendError(SendErrorKind.UNKNOWN, "garbage")
    _check_oa(found.me.oa_id, oa_id=oa_id)
    return pair


def _check_oa(given: str, *, oa_id: str) -> None:
    if given != oa_id:
        raise refuse(
            f"zalo authorize: this opens another OA ({given}) than the one in use here ({oa_id}); nothing was changed. "
            "Open the link again and choose the right OA, or run this with --another-oa if the OA is to change"
        )


async def _by_consent(channel: ZaloOaChannel, *, pasted: str, oa_id: str, any_oa: bool) -> None:
    before = await channel.tokens.pair()
    if not pasted:
        _show_link(channel, oa_id=oa_id)
        if not sys.stdin.isatty():
            raise refuse("zalo authorize: then run this again with --code and the address the browser was sent to")
        pasted = typer.prompt(
            "the address to which the browser was sent (nothing, if the page said that it is done)",
            default="",
            show_default=False,
        )
    if not pasted:
        after = await channel.tokens.pair()
        if after is None or after == before:
            raise refuse("zalo authorize: no tokens have come; paste the address instead")
        return
    await channel.tokens.give(await _exchanged(channel, pasted=pasted, any_oa=any_oa))
    end(PENDING)


async def _exchanged(channel: ZaloOaChannel, *, pasted: str, any_oa: bool) -> TokenPair:
    """The pair for the code that was brought, of the OA for which the link was given out."""
    pending, back = pending_in(PENDING, now=system_clock()), read_back(pasted)
    if pending is None:
        raise refuse("zalo authorize: the link has run out; run this again for a new one")
    if back.state and not pending.matches(back.state):
        raise refuse("zalo authorize: this address belongs to another link; open the newest one")
    expected = "" if any_oa else pending.oa_id
    if expected and back.oa_id:
        _check_oa(back.oa_id, oa_id=expected)
    try:
        pair = await channel.oauth.exchange(back.code, verifier=pending.verifier, now=system_clock())
    except SendError as error:
        if error.kind != SendErrorKind.REVOKED:
            raise
        raise refuse(_NOT_TAKEN) from None
    return await _of_oa(expected, pair, channel=channel) if expected and not back.oa_id else pair


def _show_link(channel: ZaloOaChannel, *, oa_id: str) -> None:
    fixed = channel.settings.zalo_code_verifier
    redirect_uri = needed(channel.settings, "public_url") + PATH
    pending = begin(PENDING, verifier=fixed.get_secret_value() if fixed else "", oa_id=oa_id, now=system_clock())
    typer.echo("An administrator of the OA opens this and agrees (within the hour):")
    typer.echo(channel.oauth.permission_url(redirect_uri=redirect_uri, verifier=pending.verifier, state=pending.state))
