"""The province's pack, what it leaves open, and the numbers the 70% is counted against."""

from collections.abc import Iterator

from bot.app import Condition
from bot.commands.checks.finding import Code, Finding, ok, warn
from outreach.pack import Pack

_UNSET = {
    "hotline": Code.HOTLINE_UNSET,
    "address": Code.ADDRESS_UNSET,
    "official_page": Code.OFFICIAL_PAGE_UNSET,
}


def check_pack(pack: Pack) -> Iterator[Finding]:
    yield ok(Code.PACK_OK, pack=pack.code, name=pack.organisation.name.vi, units=len(pack.units))
    for name in pack.unset:
        yield warn(_UNSET[name])


def check_population(found: Condition, *, pack: Pack, year: int) -> Iterator[Finding]:
    """Of every unit and of the province; without one a share is not to be had, and the report says so."""
    if not found.current:
        return
    wanted = {pack.province.code, *(unit.code for unit in pack.units)}
    missing = len(wanted - found.populations)
    if missing:
        yield warn(Code.POPULATION_MISSING, year=year, missing=missing, total=len(wanted))
    else:
        yield ok(Code.POPULATION_OK, year=year, total=len(wanted))


def check_second_officer(found: Condition, *, pack: Pack) -> Iterator[Finding]:
    """Without one a large campaign of the province goes unseen; nothing where the province wants no approval."""
    above = pack.sending.approval_above
    if not found.current or not above:
        return
    code = Code.SECOND_OFFICER_OK if found.senders > 1 else Code.SECOND_OFFICER_MISSING
    yield (ok if found.senders > 1 else warn)(code, above=above, senders=found.senders)
