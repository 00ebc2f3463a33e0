"""Consent, the first pair, rotation: what works once, what dies when, and in which words."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from simulator.client import Client
from simulator.zalo.oa.tokens import challenge_of
from tests.simulator.zalo.conftest import DAY, HOUR, advance, send, settle

APP = "1000000000000000001"
VERIFIER = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
CHALLENGE = "RqIZl4LIgn8KxW9QO-nTnv7pf0CnNrksx9fF-CXP2FE"
SECRET = "example-app-secret"
CALLBACK = "http://127.0.0.1:9/zalo/callback"


async def ask(client: Client, *, secret: str = SECRET, **fields: str) -> Any:
    url = f"{client.address}/zalo-oauth/v4/oa/access_token"
    body = {"app_id": APP, **fields}
    async with client.session.post(url, data=body, headers={"secret_key": secret}) as answer:
        assert answer.status == 200
        return await answer.json()


async def refresh(client: Client, token: str) -> Any:
    return await ask(client, grant_type="refresh_token", refresh_token=token)


async def consent(client: Client, **query: str) -> dict[str, str]:
    asked = {"app_id": APP, "redirect_uri": CALLBACK, "code_challenge": CHALLENGE, "state": "xyz", **query}
    url = f"{client.address}/zalo-oauth/v4/oa/permission"
    async with client.session.get(url, params=asked, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        place = urlsplit(answer.headers["Location"])
    assert place._replace(query="").geturl() == CALLBACK
    return {name: values[0] for name, values in parse_qs(place.query).items()}


def test_the_challenge_of_the_published_vector() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE


async def test_consent_gives_a_code_that_works_once(simulator: Client) -> None:
    given = await consent(simulator)
    assert (given["oa_id"], given["state"]) == ("4000000000000000001", "xyz")
    fields = {"grant_type": "authorization_code", "code": given["code"], "code_verifier": VERIFIER}
    pair = await ask(simulator, **fields)
    assert set(pair) == {"access_token", "refresh_token", "expires_in"}
    assert pair["expires_in"] == "90000"
    assert (await simulator.oa("v2.0/oa/getoa", token=pair["access_token"]))["error"] == 0
    again = await ask(simulator, **fields)
    assert set(again) == {"error", "error_name", "error_reason", "ref_doc"}


@pytest.mark.parametrize(
    ("change", "seconds", "name"),
    [
        ({"code_verifier": "x" * 43}, 0, "Invalid code verifier"),
        ({"code_verifier": ""}, 0, "Invalid code verifier"),
        ({}, 601, "Invalid authorization code"),
        ({"code": "x"}, 0, "Invalid authorization code"),
        ({"grant_type": "password"}, 0, "Invalid grant type"),
        ({"app_id": "2"}, 0, "Invalid appId"),
    ],
)
async def test_what_is_no_exchange(simulator: Client, change: dict[str, str], seconds: float, name: str) -> None:
    given = await consent(simulator)
    await advance(simulator, seconds)
    fields = {"grant_type": "authorization_code", "code": given["code"], "code_verifier": VERIFIER, **change}
    answer = await ask(simulator, **fields)
    assert answer["error_name"] == name
    assert "access_token" not in answer


async def test_a_wrong_secret_spends_nothing(simulator: Client) -> None:
    pair = await simulator.order("zalo/oa/tokens")
    fields = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    assert (await ask(simulator, secret="x", **fields))["error"] == -14004
    assert "access_token" in await ask(simulator, **fields)


async def test_the_consent_page_knows_app_and_callback(simulator: Client) -> None:
    await settle(simulator, redirect_uri=CALLBACK)
    await consent(simulator)
    url = f"{simulator.address}/zalo-oauth/v4/oa/permission"
    for query, code in (
        ({"app_id": "2", "redirect_uri": CALLBACK}, -14002),
        ({"app_id": APP, "redirect_uri": "http://other/"}, -14003),
        ({"app_id": APP}, -14003),
    ):
        async with simulator.session.get(url, params=query, allow_redirects=False) as answer:
            assert (answer.status, (await answer.json())["error"]) == (200, code)


async def test_rotation_kills_the_old_pair_at_once(oa: Client, follower: str) -> None:
    first = await oa.order("zalo/oa/tokens")
    second = await refresh(oa, first["refresh_token"])
    oa.oa_token = first["access_token"]
    assert (await send(oa, follower))["error"] == -220
    oa.oa_token = second["access_token"]
    assert (await send(oa, follower))["error"] == 0
    spent = await refresh(oa, first["refresh_token"])
    assert (spent["error"], "access_token" in spent) == (-14014, False)
    assert (await send(oa, follower))["error"] == 0
    assert (await oa.read("zalo/oa/tokens"))["rotations"] == 2


async def test_the_code_of_a_spent_token_is_a_setting(oa: Client) -> None:
    await settle(oa, spent_refresh_error=-118)
    assert (await refresh(oa, "x"))["error"] == -118


async def test_an_access_token_lives_25_hours(oa: Client, follower: str) -> None:
    await advance(oa, 25 * HOUR - 60)
    assert (await send(oa, follower))["error"] == 0
    await advance(oa, 61)
    assert (await send(oa, follower))["error"] == -220


async def test_a_refresh_token_lives_three_months(oa: Client) -> None:
    pair = await oa.order("zalo/oa/tokens")
    await advance(oa, 90 * DAY + 1)
    assert (await refresh(oa, pair["refresh_token"]))["error"] == -14014


async def test_no_token_and_a_token_nobody_knows(simulator: Client) -> None:
    assert (await simulator.oa("v2.0/oa/getoa"))["error"] == -216
    assert (await simulator.oa("v2.0/oa/getoa", token="at_x"))["error"] == -216


async def test_secrets_stand_in_no_journal(oa: Client) -> None:
    pair = await oa.order("zalo/oa/tokens")
    await refresh(oa, pair["refresh_token"])
    journal = await oa.read("journal", kind="requests", network="zalo_oa")
    assert [row["method"] for row in journal["rows"]] == ["v4/oa/access_token"]
    assert not any(secret in str(journal) for secret in (*pair.values(), SECRET))


async def test_a_proof_of_the_app_secret_when_it_is_wanted(oa: Client) -> None:
    await settle(oa, appsecret_proof=True)
    assert (await oa.oa("v2.0/oa/getoa"))["error"] == -242
