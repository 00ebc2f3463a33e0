"""Followers, one person, the OA itself, and the quotas."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from simulator.params import Args
from simulator.zalo.oa.bodies import text_of
from simulator.zalo.oa.errors import OaError
from simulator.zalo.oa.methods.broadcast import share_of
from simulator.zalo.oa.methods.send import sub_quota_left
from simulator.zalo.oa.people import OaPerson
from simulator.zalo.oa.state import OA_ID, VIETNAM, Oa

MOST_AT_ONCE, FURTHEST = 50, 9_951
INVALID, NO_RELATION = -201, -213
SPAN = re.compile(r"(\d{4}_\d\d_\d\d):(\d{4}_\d\d_\d\d)")


def _related(oa: Oa, user_id: str) -> OaPerson:
    person = oa.people.find(user_id)
    if person is None or not person.related:
        raise OaError(NO_RELATION)
    return person


def _local_day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).astimezone(VIETNAM).date()


def get_list(oa: Oa, args: Args) -> dict[str, Any]:
    """At most 50 ids a call and about 10,000 per filter, as on the real server."""
    values = args.values
    offset, count = (_number(values, name, default) for name, default in (("offset", 0), ("count", MOST_AT_ONCE)))
    if not 0 <= offset <= FURTHEST or not 1 <= count <= MOST_AT_ONCE:
        raise OaError(-210, "offset or count exceeded the limit")
    people = [person for person in oa.people if person.related]
    if "is_follower" in values:
        people = [person for person in people if person.follows is (values["is_follower"] is True)]
    if tag := values.get("tag_name"):
        tagged = oa.tags.get(str(tag), set())
        people = [person for person in people if person.id in tagged]
    if period := values.get("last_interaction_period"):
        first, last = _period(oa, str(period))
        people = [
            person
            for person in people
            if person.last_interaction is not None and first <= _local_day(person.last_interaction) <= last
        ]
    users = [{"user_id": person.id} for person in people[offset : offset + count]]
    return {"total": len(people), "count": len(users), "offset": offset, "users": users}


def _number(values: dict[str, Any], name: str, default: int) -> int:
    value = values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise OaError(INVALID, f"{name} is invalid")
    return value


def _period(oa: Oa, period: str) -> tuple[date, date]:
    today = oa.local_time().date()
    back = {"TODAY": (0, 0), "YESTERDAY": (1, 1), "L7D": (7, 0), "L30D": (30, 0)}
    if period in back:
        first, last = back[period]
        return today - timedelta(days=first), today - timedelta(days=last)
    if span := SPAN.fullmatch(period):
        try:
            return tuple(date(*map(int, day.split("_"))) for day in span.groups())  # type: ignore[return-value]  # two of them
        except ValueError as problem:
            raise OaError(INVALID, "last_interaction_period is invalid") from problem
    raise OaError(INVALID, "last_interaction_period is invalid")


def get_detail(oa: Oa, args: Args) -> dict[str, Any]:
    person = _related(oa, text_of(args.values, "user_id", longest=100))
    picture = "https://s120-ava-talk.zadn.vn/default"
    last = person.last_interaction
    return {
        "user_id": person.id,
        "user_id_by_app": person.id_by_app,
        "user_external_id": "",
        "display_name": person.name,
        "user_alias": person.name,
        "is_sensitive": person.sensitive,
        "user_last_interaction_date": "" if last is None else f"{_local_day(last):%d/%m/%Y}",
        "user_is_follower": person.follows,
        "avatar": picture,
        "avatars": {"120": picture, "240": picture},
        "dynamic_param": "",
        "tags_and_notes_info": {
            "notes": [],
            "tag_names": sorted(name for name, tagged in oa.tags.items() if person.id in tagged),
        },
        "shared_info": {"name": "", "phone": "", "address": "", "city": "", "district": ""},
    }


def get_quota(oa: Oa, args: Args) -> Any:
    """Of one person by ``user_id``, or of the OA by ``quota_owner``."""
    if args.values.get("quota_owner") == "OA":
        asked = {name: str(args.values.get(name, "")) for name in ("product_type", "quota_type")}
        if asked != {"product_type": "cs", "quota_type": "sub_quota"}:
            return []
        now = oa.local_time()
        following = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
        left = sub_quota_left(oa)
        return [
            {
                "asset_id": f"asset_{now:%Y%m}",
                **asked,
                "valid_through": f"{following - timedelta(days=1):%d/%m/%Y}",
                "total": oa.settings.sub_quota,
                "remain": left,
            }
        ]
    person = _related(oa, text_of(args.values, "user_id", longest=100))
    last = person.last_interaction
    return {
        "last_interaction": "" if last is None else str(int(last * 1000)),
        "cs_reply": {"remain": 8, "total": 8},
        "promotion": _promotion(oa, person),
    }


def _promotion(oa: Oa, person: OaPerson) -> dict[str, int]:
    today, this_month = share_of(oa, person)
    return {
        "daily_remain": today,
        "daily_total": oa.settings.broadcasts_a_day,
        "monthly_remain": this_month,
        "monthly_total": oa.settings.broadcasts_a_month,
    }


def get_promotion_quota(oa: Oa, args: Args) -> dict[str, int]:
    if args.values.get("type") != "promotion":
        raise OaError(INVALID, "type is invalid")
    return _promotion(oa, _related(oa, text_of(args.values, "user_id", longest=100)))


def get_oa(oa: Oa, args: Args) -> dict[str, Any]:  # noqa: ARG001  every method has this signature
    following = oa.local_time() + timedelta(days=180)
    return {
        "oaid": OA_ID,
        "name": oa.settings.name,
        "oa_type": oa.settings.oa_type,
        "is_verified": oa.settings.verified,
        "package_name": oa.settings.package_name,
        "package_valid_through_date": f"{following:%d/%m/%Y}",
        "num_follower": sum(person.follows for person in oa.people),
        "linked_zca": "",
    }
