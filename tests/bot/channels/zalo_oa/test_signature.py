"""The vector of the documents, both variants of what they leave open, and nothing else."""

import hashlib
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.zalo_oa.signature import Signature, sign

BODY = (
    '{"app_id":"1000000000000000001","sender":{"id":"2000000000000000001"},"user_id_by_app":"3000000000000000001",'
    '"recipient":{"id":"4000000000000000001"},"event_name":"user_send_text","message":{"text":"Xin chào",'
    '"msg_id":"a1b2c3d4e5f60718"},"timestamp":"1790000000000"}'
).encode()
MAC = "31bfff8c4c877b404d0c45b3f606e19ca2238b9acb6cfb8548dd668511fe29b4"
APP_ID, OA_ID, SECRET, TIME = "1000000000000000001", "4000000000000000001", "example-oa-secret", "1790000000000"
GOOD = Signature(app_id=APP_ID, oa_id=OA_ID, secret=SECRET)


def test_the_vector() -> None:
    assert len(BODY) == 267
    assert sign(BODY, first=APP_ID, timestamp=TIME, secret=SECRET) == MAC


@pytest.mark.parametrize("header", [MAC, f"mac={MAC}", MAC.upper(), f"MAC={MAC.upper()}", f" mac={MAC} "])
def test_ways_of_writing_it(header: str) -> None:
    assert GOOD.holds(BODY, timestamp=TIME, header=header)


@pytest.mark.parametrize("header", ["", "mac=", MAC[:-1], f"{MAC}0", f"mac=mac={MAC}", "0" * 64, "đ" * 64, "\udce1"])
def test_what_is_none(header: str) -> None:
    assert not GOOD.holds(BODY, timestamp=TIME, header=header)


def test_whose_id_comes_first_is_a_setting(caplog: pytest.LogCaptureFixture) -> None:
    by_oa = sign(BODY, first=OA_ID, timestamp=TIME, secret=SECRET)
    other = Signature(app_id=APP_ID, oa_id=OA_ID, first="oa", secret=SECRET)
    assert other.holds(BODY, timestamp=TIME, header=by_oa)
    with caplog.at_level(logging.WARNING):
        assert not GOOD.holds(BODY, timestamp=TIME, header=by_oa)
        assert not other.holds(BODY, timestamp=TIME, header=MAC)
    assert [record.message for record in caplog.records] == [
        "webhooks are signed with the other id: LOATRE_ZALO_SIGNATURE_ID should be oa",
        "webhooks are signed with the other id: LOATRE_ZALO_SIGNATURE_ID should be app",
    ]


def test_another_secret_is_none() -> None:
    other = Signature(app_id=APP_ID, oa_id=OA_ID, secret="example-app-secret")
    assert not other.holds(BODY, timestamp=TIME, header=MAC)
    assert SECRET not in repr(GOOD)


@given(st.binary(max_size=300), st.text(max_size=20), st.text(max_size=80))
def test_nothing_forged_holds(body: bytes, timestamp: str, header: str) -> None:
    real = hashlib.sha256(f"{APP_ID}".encode() + body + timestamp.encode() + SECRET.encode()).hexdigest()
    assert GOOD.holds(body, timestamp=timestamp, header=real)
    assert not GOOD.holds(body, timestamp=timestamp, header=header)
    assert not GOOD.holds(body + b" ", timestamp=timestamp, header=real)
