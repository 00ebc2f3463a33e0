"""Tags on followers; a tag that nobody knew is made."""

from typing import Any

from simulator.params import Args
from simulator.zalo.oa import events
from simulator.zalo.oa.bodies import text_of
from simulator.zalo.oa.errors import OaError
from simulator.zalo.oa.state import Oa


def _tag_name(args: Args) -> str:
    return text_of(args.values, "tag_name", longest=100)


def _user(oa: Oa, args: Args) -> str:
    person = oa.people.find(text_of(args.values, "user_id", longest=100))
    if person is None or not person.related:
        raise OaError(-213)
    return person.id


def tag_follower(oa: Oa, args: Args) -> dict[str, Any]:
    user_id, name = _user(oa, args), _tag_name(args)
    oa.tags.setdefault(name, set()).add(user_id)
    events.tagged(oa, "add_user_to_tag", tag=name, user_ids=[user_id])
    return {}


def untag_follower(oa: Oa, args: Args) -> dict[str, Any]:
    user_id, name = _user(oa, args), _tag_name(args)
    oa.tags.get(name, set()).discard(user_id)
    events.tagged(oa, "remove_user_from_tag", tag=name, user_ids=[user_id])
    return {}


def remove_tag(oa: Oa, args: Args) -> dict[str, Any]:
    name = _tag_name(args)
    if oa.tags.pop(name, None) is None:
        raise OaError(-201, "tag_name is invalid")
    events.tagged(oa, "remove_tag", tag=name, user_ids=[])
    return {}


def get_tags(oa: Oa, args: Args) -> list[str]:  # noqa: ARG001  every method has this signature
    return sorted(oa.tags)
