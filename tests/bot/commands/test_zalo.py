"""`loatre zalo authorize` in front of the pretend Zalo: by the consent, and with a pair from the API Explorer."""

import asyncio
import json
import urllib.request
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from bot.channels.zalo_oa.authorize import PENDING
from bot.channels.zalo_oa.oauth import challenge_of
from outreach.messaging import ChannelName
from outreach.tokens import TokenPair
from storage.database import Database
from storage.types import Keyring
from tests.bot.channels.zalo_oa.standin import APP_ID, APP_SECRET, OA_ID
from tests.bot.commands.conftest import KEY, Invoke

WHOSE = "(4000000000000000001): business"


@pytest.fixture
def loatre(invoke: Invoke, sqlite_url: str, address: str) -> Invoke:
    """On a migrated database, with the app told."""

    def run(*arguments: str, **settings: str) -> tuple[int, str]:
        given = {
            "secret_key": KEY,
            "database_url": sqlite_url,
            "zalo_app_id": APP_ID,
            "zalo_app_secret": APP_SECRET,
            "zalo_api_url": f"{address}/zalo-oa",
            "zalo_oauth_url": f"{address}/zalo-oauth",
            "public_url": "https://bot.example.vn",
        }
        return invoke("zalo", "authorize", *arguments, **(given | settings))

    return run


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """The address is what we want, not what lies there."""


def agree(link: str) -> str:
    """The administrator opens the link and agrees; where her browser is sent."""
    try:
        urllib.request.build_opener(_Stay).open(link, timeout=10)
    except HTTPError as answer:
        answer.close()
        return str(answer.headers["Location"])
    raise AssertionError("the consent leads back")


def link_in(said: str) -> str:
    return next(line for line in said.splitlines() if line.startswith("http"))


def order(address: str, path: str, body: object) -> dict[str, str]:
    request = urllib.request.Request(  # noqa: S310  our own simulator
        f"{address}/sim/{path}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  the same
        return dict(json.load(answer))


def stored(url: str) -> TokenPair | None:
    async def read() -> TokenPair | None:
        database = Database(url, keyring=Keyring(KEY))
        async with database.read() as tx:
            pair = await tx.tokens.get(f"zalo_oa:{APP_ID}")
        await database.close()
        return pair

    return asyncio.run(read())


@pytest.mark.parametrize("verifier", ["", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"])
def test_by_the_consent(loatre: Invoke, sqlite_url: str, verifier: str) -> None:
    fixed = {"zalo_code_verifier": verifier} if verifier else {}
    code, said = loatre(**fixed)
    assert (code, "run this again with --code" in said) == (1, True), "nobody is there to paste anything"
    query = parse_qs(urlsplit(link_in(said)).query)
    assert query["redirect_uri"] == ["https://bot.example.vn/zalo/authorized"]
    if verifier:
        assert query["code_challenge"] == ["RqIZl4LIgn8KxW9QO-nTnv7pf0CnNrksx9fF-CXP2FE"]
    back = agree(link_in(said))
    code, said = loatre("--code", back, **fixed)
    assert (code, WHOSE in said) == (0, True), said
    assert "package: " in said
    assert "verified: yes" in said
    pair = stored(sqlite_url)
    assert pair
    assert not any(token in said for token in (pair.access, pair.refresh))
    code, said = loatre("--code", back, **fixed)
    assert (code, said.strip()) == (1, "loatre: zalo authorize: the link has run out; run this again for a new one")


class Terminal:
    """Somebody who opens the link and pastes what her browser shows, or just presses Enter."""

    def __init__(self, address: str, *, agrees: bool) -> None:
        self.address = address
        self.agrees = agrees

    def isatty(self) -> bool:
        return True

    def readline(self, *_: int) -> str:
        if not self.agrees:
            return "\n"
        pending = json.loads(PENDING.read_text(encoding="utf-8"))
        query = {
            "app_id": APP_ID,
            "redirect_uri": "https://bot.example.vn/zalo/authorized",
            "code_challenge": challenge_of(pending["verifier"]),
            "state": pending["state"],
        }
        return agree(f"{self.address}/zalo-oauth/v4/oa/permission?{urlencode(query)}") + "\n"


@pytest.mark.parametrize("agrees", [True, False])
def test_pasted_in_the_terminal(
    agrees: bool, loatre: Invoke, sqlite_url: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(address, agrees=agrees))
    code, said = loatre()
    if agrees:
        assert (code, WHOSE in said) == (0, True), said
        assert not PENDING.exists()
    else:
        assert (code, "no tokens have come; paste the address instead" in said) == (1, True), said
    assert (stored(sqlite_url) is not None) == agrees


def test_another_link(loatre: Invoke, sqlite_url: str) -> None:
    _, said = loatre()
    back = agree(link_in(said))
    loatre()
    code, said = loatre("--code", back)
    assert (code, "belongs to another link" in said) == (1, True)
    assert stored(sqlite_url) is None


def test_a_code_zalo_does_not_know(loatre: Invoke, sqlite_url: str) -> None:
    loatre()
    code, said = loatre("--code", "nonsense")
    assert (code, "gives no tokens for this code" in said) == (1, True), said
    assert stored(sqlite_url) is None


@pytest.mark.parametrize("with_access", [True, False])
def test_with_a_pair_of_the_explorer(loatre: Invoke, sqlite_url: str, address: str, with_access: bool) -> None:
    given = order(address, "zalo/oa/tokens", {})
    access = ("--access-token", given["access_token"]) if with_access else ()
    code, said = loatre(*access, "--refresh-token", given["refresh_token"])
    assert (code, WHOSE in said) == (0, True), said
    pair = stored(sqlite_url)
    assert pair
    assert (pair.access == given["access_token"]) == with_access
    assert pair.failure == ""


OTHER_OA = "5000000000000000001"


@pytest.fixture
def known(loatre: Invoke, sqlite_url: str, address: str) -> Callable[[str], TokenPair]:
    """A pair is stored, and the program has met the OA of that number."""

    def meet(oa_id: str) -> TokenPair:
        async def write() -> None:
            database = Database(sqlite_url, keyring=Keyring(KEY))
            async with database.write() as tx:
                await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id=oa_id, name="OA", windowed=True)
            await database.close()

        given = order(address, "zalo/oa/tokens", {})
        assert loatre("--access-token", given["access_token"], "--refresh-token", given["refresh_token"])[0] == 0
        asyncio.run(write())
        pair = stored(sqlite_url)
        assert pair
        return pair

    return meet


Known = Callable[[str], TokenPair]


@pytest.mark.parametrize("bare", [True, False], ids=["code", "address"])
def test_the_consent_of_another_oa_is_refused(loatre: Invoke, sqlite_url: str, known: Known, bare: bool) -> None:
    before = known(OTHER_OA)
    back = agree(link_in(loatre()[1]))
    given = parse_qs(urlsplit(back).query)["code"][0] if bare else back
    code, said = loatre("--code", given)
    assert (code, "another OA" in said, OA_ID in said, OTHER_OA in said) == (1, True, True, True), said
    assert stored(sqlite_url) == before


def test_another_oa_on_purpose(loatre: Invoke, sqlite_url: str, known: Known) -> None:
    before = known(OTHER_OA)
    back = agree(link_in(loatre("--another-oa")[1]))
    code, said = loatre("--code", back)
    assert (code, WHOSE in said) == (0, True), said
    assert stored(sqlite_url) != before


@pytest.mark.parametrize("bare", [True, False], ids=["code", "address"])
def test_the_consent_of_the_same_oa(loatre: Invoke, sqlite_url: str, known: Known, bare: bool) -> None:
    before = known(OA_ID)
    back = agree(link_in(loatre()[1]))
    code, said = loatre("--code", parse_qs(urlsplit(back).query)["code"][0] if bare else back)
    assert (code, WHOSE in said) == (0, True), said
    assert stored(sqlite_url) != before


@pytest.mark.parametrize("with_access", [True, False])
@pytest.mark.parametrize("oa_id", [OA_ID, OTHER_OA])
def test_a_pair_of_the_explorer_for_a_known_oa(
    loatre: Invoke, sqlite_url: str, address: str, known: Known, oa_id: str, with_access: bool
) -> None:
    before = known(oa_id)
    given = order(address, "zalo/oa/tokens", {})
    access = ("--access-token", given["access_token"]) if with_access else ()
    code, said = loatre(*access, "--refresh-token", given["refresh_token"])
    after = stored(sqlite_url)
    if oa_id == OA_ID:
        assert (code, WHOSE in said) == (0, True), said
        assert after
        assert (after.access == given["access_token"]) == with_access
    else:
        assert (code, "another OA" in said) == (1, True), said
        assert after == before


def test_a_pair_that_is_dead(loatre: Invoke, sqlite_url: str, address: str) -> None:
    dead = order(address, "zalo/oa/tokens", {})
    order(address, "zalo/oa/tokens", {})
    code, said = loatre("--refresh-token", dead["refresh_token"])
    assert (code, "zalo authorize: token_lost" in said) == (1, True), said


def test_an_access_token_alone(loatre: Invoke) -> None:
    code, said = loatre("--access-token", "at")
    assert (code, "give --refresh-token too" in said) == (2, True)


@pytest.mark.parametrize(
    ("missing", "named"),
    [("zalo_app_id", "ZALO_APP_ID"), ("zalo_app_secret", "ZALO_APP_SECRET"), ("public_url", "PUBLIC_URL")],
)
def test_what_must_be_told(loatre: Invoke, missing: str, named: str) -> None:
    code, said = loatre(**{missing: ""})
    assert (code, f"LOATRE_{named} is not set" in said) == (2, True), said
