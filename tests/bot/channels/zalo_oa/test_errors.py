"""Every code once: what it is taken for, and that the table holds all that the documents name."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.errors import RULES, classify
from outreach.messaging import Reply, SendError, SendErrorKind
from tests.bot.channels.zalo_oa.standin import CS, OAUTH, USER_ID, V2, Oa, refused

WANTED = {
    -32: "not_now: rate_limit",
    -100: "our_fault: attachment_expired",
    -200: "unknown: send_failed",
    -201: "our_fault: field_invalid",
    -204: "revoked: oa_disabled",
    -205: "revoked: oa_missing",
    -209: "revoked: app_inactive",
    -210: "our_fault: limit_exceeded",
    -211: "exhausted: quota_used",
    -212: "revoked: api_not_registered",
    -213: "gone: not_following",
    -214: "refused: article_processing",
    -217: "gone: blocked",
    -218: "window_closed: user_limit",
    -219: "revoked: app_removed",
    -221: "revoked: oa_unverified",
    -223: "revoked: oa_not_authorised",
    -224: "revoked: package_needed",
    -227: "gone: inactive",
    -230: "window_closed: outside_window",
    -232: "window_closed: outside_window",
    -233: "our_fault: type_unsupported",
    -234: "not_now: night",
    -235: "revoked: oa_type_unsupported",
    -237: "our_fault: group_refused",
    -238: "our_fault: group_refused",
    -240: "our_fault: api_closed",
    -241: "our_fault: group_refused",
    -242: "revoked: proof_refused",
    -244: "window_closed: user_restricted",
    -248: "our_fault: against_rules",
    -249: "our_fault: template_refused",
    -320: "revoked: cloud_account_missing",
    -321: "exhausted: no_money",
    -403: "our_fault: group_refused",
    # A refused token is renewed first; what comes then is the test's answer of the OAuth server.
    -216: "revoked: token_lost",
    -220: "revoked: token_lost",
    -999: "unknown: unknown_code",
}


def test_the_table_is_whole() -> None:
    assert set(RULES) == set(WANTED) - {-999}


@pytest.mark.parametrize("code", WANTED)
async def test_each_code(code: int, channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, refused(code))
    oa.lay(V2, refused(-240))
    oa.lay(OAUTH, refused(-14014))
    with pytest.raises(SendError) as caught:
        await channel.send(USER_ID, Reply(text="Chào bạn"))
    assert str(caught.value) == WANTED[code]
    assert caught.value.refs == ()
    assert caught.value.most_tries == (2 if caught.value.kind == SendErrorKind.UNKNOWN else 0)
    assert len(oa.paths()) == (2 if code in {-216, -220, -235} else 1), "nothing is sent twice on its own account"


@pytest.mark.parametrize("answer", [{}, {"error": "what"}, {"error": None}, {"data": {"message_id": "m1"}}])
async def test_an_answer_that_says_neither_is_unknown(answer: Any, channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, answer)
    with pytest.raises(SendError) as caught:
        await channel.send(USER_ID, Reply(text="Chào bạn"))
    assert (str(caught.value), caught.value.most_tries) == ("unknown: garbage", 2)


@pytest.mark.parametrize(
    ("code", "now", "seconds"),
    [
        (-32, datetime(2026, 11, 22, 5, 0, 12, tzinfo=UTC), 48.0),
        (-234, datetime(2026, 11, 22, 15, 30, tzinfo=UTC), 7.5 * 3600),  # 22:30 in Vietnam
        (-234, datetime(2026, 11, 22, 22, 0, tzinfo=UTC), 3600.0),  # 05:00
        (-230, datetime(2026, 11, 22, 5, 0, 12, tzinfo=UTC), 0.0),
    ],
)
def test_how_long_to_wait(code: int, now: datetime, seconds: float) -> None:
    assert classify(code, now=now).retry_after == seconds


def test_codes_of_the_same_reason_are_of_the_same_kind() -> None:
    kinds: dict[str, set[SendErrorKind]] = {}
    for kind, reason in RULES.values():
        kinds.setdefault(reason, set()).add(kind)
    assert all(len(found) == 1 for found in kinds.values())
