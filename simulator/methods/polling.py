"""getUpdates."""

import time
from typing import Any

from simulator.errors import bad_request, conflict
from simulator.params import Args
from simulator.world import World

LONGEST_POLL = 50
MOST_UPDATES = 100
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


def read_allowed(world: World, args: Args) -> None:
    """Remember allowed_updates; an omitted value keeps the old one."""
    if "allowed_updates" not in args.values:
        return
    found = args.parsed("allowed_updates", error="can't parse allowed updates JSON object")
    if not isinstance(found, list):
        raise bad_request('expected an Array of "allowed_updates"')
    world.updates.allowed = [str(kind) for kind in found]


async def get_updates(world: World, args: Args) -> list[dict[str, Any]]:
    if world.webhook.url:
        raise conflict(WEBHOOK_ACTIVE)
    offset = args.integer("offset")
    limit = min(max(args.integer("limit", MOST_UPDATES), 1), MOST_UPDATES)
    seconds = min(max(args.integer("timeout"), 0), LONGEST_POLL)
    read_allowed(world, args)
    if world.settings.limits:
        limit, seconds = world.updates.hold_back(offset, now=time.monotonic(), limit=limit, seconds=seconds)
    return await world.updates.poll(offset=offset, limit=limit, seconds=seconds)
