"""Lists, details, quotas and tags of the people an OA knows."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.client import Client
from tests.simulator.zalo.conftest import HOUR, Receiver, advance, new_follower, send, settle, until


async def users(client: Client, **data: Any) -> list[str]:
    answer = await client.oa("v3.0/oa/user/getlist", **data)
    return [user["user_id"] for user in answer["data"]["users"]]


async def test_the_list_of_users(oa: Client) -> None:
    ids = (await oa.order("zalo/oa/people", {"count": 60, "prefix": "Bạn", "follows": True}))["ids"]
    await oa.order("zalo/oa/people", {"name": "Người lạ"})
    guest = (await oa.order("zalo/oa/people", {"name": "Khách", "interacted_hours_ago": 24 * 20}))["id"]
    first = await oa.oa("v3.0/oa/user/getlist", offset=0, count=50)
    assert (first["data"]["total"], first["data"]["count"]) == (61, 50)
    assert [user["user_id"] for user in first["data"]["users"]] == ids[:50]
    assert await users(oa, offset=50, count=50) == [*ids[50:], guest]
    assert await users(oa, is_follower=False) == [guest]
    assert len(await users(oa, last_interaction_period="L7D", offset=50)) == 10
    assert await users(oa, last_interaction_period="L30D", offset=60) == [guest]
    assert await users(oa, last_interaction_period="YESTERDAY") == []
    now = datetime.fromisoformat((await oa.read("clock"))["now"]) + timedelta(hours=7) - timedelta(days=20)
    assert await users(oa, last_interaction_period=f"{now:%Y_%m_%d}:{now:%Y_%m_%d}") == [guest]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"count": 51}, -210),
        ({"offset": 9952}, -210),
        ({"count": "50"}, -201),
        ({"offset": True}, -201),
        ({"last_interaction_period": "SOON"}, -201),
        ({"last_interaction_period": "2026_02_31:2026_03_01"}, -201),
    ],
)
async def test_wrong_lists(oa: Client, data: dict[str, Any], code: int) -> None:
    assert (await oa.oa("v3.0/oa/user/getlist", **data))["error"] == code


async def test_one_user(oa: Client, follower: str) -> None:
    found = (await oa.oa("v3.0/oa/user/detail", user_id=follower))["data"]
    assert set(found) == {
        "user_id", "user_id_by_app", "user_external_id", "display_name", "user_alias", "is_sensitive",
        "user_last_interaction_date", "user_is_follower", "avatar", "avatars", "dynamic_param", "tags_and_notes_info",
        "shared_info",
    }  # fmt: skip
    assert (found["user_id"], found["display_name"], found["user_is_follower"]) == (follower, "Nguyễn Văn An", True)
    assert datetime.strptime(found["user_last_interaction_date"], "%d/%m/%Y")  # noqa: DTZ007  a date alone
    child = await new_follower(oa, "Bé", sensitive=True)
    assert (await oa.oa("v3.0/oa/user/detail", user_id=child))["data"]["is_sensitive"] is True
    await oa.order(f"zalo/oa/people/{follower}/unfollow")
    assert (await oa.oa("v3.0/oa/user/detail", user_id=follower))["error"] == -213


async def test_the_quotas(oa: Client, follower: str) -> None:
    await settle(oa, sub_quota=3)
    one = (await oa.oa("v3.0/oa/quota/message", {"user_id": follower}))["data"]
    assert set(one) == {"last_interaction", "cs_reply", "promotion"}
    assert one["last_interaction"].isdigit()
    await advance(oa, 49 * HOUR)
    oa.oa_token = (await oa.order("zalo/oa/tokens"))["access_token"]
    await send(oa, follower)
    asked = {"quota_owner": "OA", "product_type": "cs", "quota_type": "sub_quota"}
    own = (await oa.oa("v3.0/oa/quota/message", asked))["data"]
    assert [(row["total"], row["remain"], row["quota_type"]) for row in own] == [(3, 2, "sub_quota")]
    assert set(own[0]) == {"asset_id", "product_type", "quota_type", "valid_through", "total", "remain"}


async def test_the_oa_itself(oa: Client, follower: str) -> None:
    await settle(oa, name="Tỉnh Đoàn", oa_type=4)
    found = (await oa.oa("v2.0/oa/getoa"))["data"]
    assert (found["oaid"], found["name"], found["oa_type"]) == ("4000000000000000001", "Tỉnh Đoàn", 4)
    assert (found["num_follower"], found["is_verified"]) == (1, True)


async def test_tags(oa: Client, receiver: Receiver, follower: str) -> None:
    await settle(oa, webhook=receiver.url)
    other = await new_follower(oa, "Khác")
    for user in (follower, other):
        assert (await oa.oa("v2.0/oa/tag/tagfollower", {"user_id": user, "tag_name": "xa_a"}))["error"] == 0
    assert (await oa.oa("v2.0/oa/tag/gettagsofoa"))["data"] == ["xa_a"]
    assert await users(oa, tag_name="xa_a") == [follower, other]
    assert (await oa.oa("v2.0/oa/tag/rmfollowerfromtag", {"user_id": other, "tag_name": "xa_a"}))["error"] == 0
    detail = (await oa.oa("v3.0/oa/user/detail", user_id=follower))["data"]
    assert detail["tags_and_notes_info"]["tag_names"] == ["xa_a"]
    assert (await oa.oa("v2.0/oa/tag/rmtag", {"tag_name": "xa_a"}))["error"] == 0
    assert (await oa.oa("v2.0/oa/tag/rmtag", {"tag_name": "xa_a"}))["error"] == -201
    await until(lambda: len(receiver.bodies) == 4)
    names = ["add_user_to_tag", "add_user_to_tag", "remove_tag", "remove_user_from_tag"]
    assert sorted(receiver.names()) == names
    tag = next(event["tag"] for event in receiver.events if event["event_name"] == "add_user_to_tag")
    assert (set(tag), tag["name"]) == ({"user_ids", "name"}, "xa_a")
