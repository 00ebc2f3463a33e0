"""The calls of OAuth as they leave, and what is made of the answers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.http import HttpClient
from bot.channels.zalo_oa.oauth import OAuth, challenge_of, new_verifier
from outreach.messaging import SendError
from tests.bot.channels.zalo_oa.standin import APP_ID, APP_SECRET, OAUTH, Oa, Other
from tests.conftest import NOW


@pytest.fixture
async def oauth(oa: Oa) -> AsyncIterator[OAuth]:
    http = HttpClient()
    await http.start()
    yield OAuth(http=http, url=f"{oa.address}/oauth", app_id=APP_ID, app_secret=APP_SECRET)
    await http.stop()


def test_the_vector_of_pkce() -> None:
    verifier = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
    assert challenge_of(verifier) == "RqIZl4LIgn8KxW9QO-nTnv7pf0CnNrksx9fF-CXP2FE"


def test_a_fresh_verifier() -> None:
    made = {new_verifier() for _ in range(20)}
    assert len(made) == 20
    assert {len(one) for one in made} == {43}


def test_the_link_of_the_consent() -> None:
    oauth = OAuth(http=HttpClient(), url="https://oauth.zaloapp.com", app_id=APP_ID, app_secret=APP_SECRET)
    url = oauth.permission_url(
        redirect_uri="https://bot.example.vn/zalo/authorized",
        verifier="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
        state="s",
    )
    assert url == (
        "https://oauth.zaloapp.com/v4/oa/permission?app_id=1000000000000000001"
        "&redirect_uri=https%3A%2F%2Fbot.example.vn%2Fzalo%2Fauthorized"
        "&code_challenge=RqIZl4LIgn8KxW9QO-nTnv7pf0CnNrksx9fF-CXP2FE&state=s"
    )


async def test_a_code_is_exchanged(oauth: OAuth, oa: Oa) -> None:
    oa.lay(OAUTH, {"access_token": "at_2", "refresh_token": "rt_2", "expires_in": "90000"})
    found = await oauth.exchange("c1", verifier="v1", now=NOW)
    assert (found.access, found.refresh) == ("at_2", "rt_2")
    assert found.access_expires_at == NOW + timedelta(hours=25)
    assert found.refresh_expires_at == NOW + timedelta(days=90)
    [call] = oa.calls
    assert (call.method, call.path, call.headers["secret_key"]) == ("POST", OAUTH, APP_SECRET)
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert call.body == {
        "app_id": APP_ID,
        "code": "c1",
        "grant_type": "authorization_code",
        "code_verifier": "v1",
    }


async def test_a_refresh_as_it_leaves(oauth: OAuth, oa: Oa) -> None:
    oa.lay(OAUTH, {"access_token": "at_2", "refresh_token": "rt_2", "expires_in": 90000})
    await oauth.refresh("rt_1", now=NOW)
    [call] = oa.calls
    assert call.body == {"app_id": APP_ID, "refresh_token": "rt_1", "grant_type": "refresh_token"}


@pytest.mark.parametrize(
    ("expires_in", "lasts"),
    [
        ("3600", timedelta(hours=1)),
        (3600, timedelta(hours=1)),
        (None, timedelta(hours=25)),
        ("soon", timedelta(hours=25)),
        ("0", timedelta(seconds=1)),
        (10**30, timedelta(hours=25)),
        (10**12, timedelta(days=90)),
    ],
)
async def test_how_long_it_lasts(expires_in: Any, lasts: timedelta, oauth: OAuth, oa: Oa) -> None:
    oa.lay(OAUTH, {"access_token": "at_2", "refresh_token": "rt_2", "expires_in": expires_in})
    assert (await oauth.refresh("rt_1", now=NOW)).access_expires_at - NOW == lasts


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"error": -14014, "error_name": "Invalid refresh token"}, "revoked: token_lost"),
        ({"error": -14002, "error_name": "Invalid appId"}, "revoked: token_lost"),
        ({}, "revoked: token_lost"),
        ({"access_token": "", "refresh_token": "rt_2"}, "revoked: token_lost"),
        ({"access_token": "at_2"}, "revoked: token_lost"),
        (Other(status=503, body=b'{"error":"busy"}'), "unknown: gateway_503"),
        (Other(status=502, body=b"<html>"), "unknown: gateway_502"),
    ],
)
async def test_an_answer_without_tokens(answer: Any, kind: str, oauth: OAuth, oa: Oa) -> None:
    oa.lay(OAUTH, answer)
    with pytest.raises(SendError) as caught:
        await oauth.refresh("rt_1", now=NOW)
    assert str(caught.value) == kind
