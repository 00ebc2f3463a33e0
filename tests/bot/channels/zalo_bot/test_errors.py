"""What each answer means, whatever the HTTP status says."""

from typing import Any

import pytest

from bot.channels.zalo_bot.adapter import ZaloBotChannel
from bot.channels.zalo_bot.errors import RULES, classify, code_of
from outreach.messaging import SendError, SendErrorKind
from tests.bot.channels.zalo_bot.conftest import TOKEN, FakeZalo

KINDS = {
    400: (SendErrorKind.OUR_FAULT, "bad_request"),
    401: (SendErrorKind.REVOKED, "token_revoked"),
    403: (SendErrorKind.REFUSED, "provider_error"),
    404: (SendErrorKind.OUR_FAULT, "not_found"),
    408: (SendErrorKind.UNKNOWN, "timeout"),
    426: (SendErrorKind.EXHAUSTED, "daily_limit"),
    429: (SendErrorKind.EXHAUSTED, "quota_used"),
    500: (SendErrorKind.UNKNOWN, "garbage"),
}


def test_every_rule_is_looked_at() -> None:
    assert set(RULES) == set(KINDS) - {500}


@pytest.mark.parametrize("spelling", ["error_code", "errorCode"])
@pytest.mark.parametrize("code", KINDS)
async def test_each_code(channel: ZaloBotChannel, zalo: FakeZalo, code: int, spelling: str) -> None:
    zalo.say("deleteThis", {"ok": False, "description": "x", spelling: code})
    with pytest.raises(SendError) as caught:
        await channel.client.call("deleteThis")
    assert (caught.value.kind, caught.value.reason) == KINDS[code]
    assert caught.value.most_tries == {SendErrorKind.REFUSED: 3, SendErrorKind.UNKNOWN: 2}.get(caught.value.kind, 0)
    assert caught.value.__cause__ is None
    assert TOKEN not in repr(caught.value)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"ok": True, "result": {}}, 0),
        ({"ok": True, "error_code": 0}, 0),
        ({"ok": True, "error_code": None}, 0),
        ({"ok": True, "error_code": "0"}, 0),
        ({"ok": True, "error_code": 401}, 401),
        ({"ok": False, "error_code": "429"}, 429),
        ({"ok": False, "error_code": 0}, -1),
        ({"ok": False}, -1),
        ({"ok": 1}, -1),
        ({}, -1),
        ({"ok": False, "error_code": {}}, -1),
        ({"ok": False, "error_code": []}, -1),
        ({"ok": False, "error_code": "x"}, -1),
        ({"ok": False, "error_code": float("inf")}, -1),
        ({"ok": True, "error_code": ["x"]}, -1),
    ],
)
def test_where_the_code_stands(answer: dict[str, Any], code: int) -> None:
    assert code_of(answer) == code


def test_what_nobody_has_described_may_have_left() -> None:
    assert [(classify(code).kind, classify(code).reason) for code in (-1, 999)] == [
        (SendErrorKind.UNKNOWN, "garbage"),
        (SendErrorKind.UNKNOWN, "garbage"),
    ]


@pytest.mark.parametrize("body", [b"", b"<html>bad gateway</html>", b"[]", b"[" * 100_000])
async def test_an_answer_that_is_nobodys(channel: ZaloBotChannel, zalo: FakeZalo, body: bytes) -> None:
    zalo.say("getMe", body)
    with pytest.raises(SendError) as caught:
        await channel.client.call("getMe")
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.UNKNOWN, "gateway_502")
    assert not caught.value.most_tries, "Zalo has answered nothing"
