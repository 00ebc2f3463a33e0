"""setWebhook, deleteWebhook, getWebhookInfo."""

import re
from typing import Any
from urllib.parse import urlsplit

from simulator.errors import bad_request
from simulator.methods.polling import read_allowed
from simulator.params import Args
from simulator.world import World

SECRET = re.compile(r"[A-Za-z0-9_-]+")
LONGEST_SECRET = 256
MOST_CONNECTIONS = 100
USUAL_CONNECTIONS = 40
TERMINATED = "terminated by setWebhook request"


async def set_webhook(world: World, args: Args) -> bool:
    """An empty address removes the webhook. As with a local Bot API server, http and any port are welcome."""
    url = args.text("url").strip()
    secret = args.text("secret_token")
    if len(secret) > LONGEST_SECRET:
        raise bad_request("secret token is too long")
    if secret and not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if not url:
        return await delete_webhook(world, args)
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        _ = parts.port
    except ValueError as problem:
        raise bad_request("bad webhook: Wrong host or port number specified in the URL") from problem
    if parts.scheme not in {"http", "https"}:
        raise bad_request("bad webhook: Unsupported URL protocol")
    if not parts.hostname:
        raise bad_request("bad webhook: URL host is empty")
    read_allowed(world, args)
    if args.flag("drop_pending_updates"):
        world.updates.forget()
    world.updates.end_poll(TERMINATED)
    connections = min(max(args.integer("max_connections", USUAL_CONNECTIONS), 1), MOST_CONNECTIONS)
    await world.webhook.set(parts.geturl(), secret=secret, max_connections=connections)
    return True


async def delete_webhook(world: World, args: Args) -> bool:
    if args.flag("drop_pending_updates"):
        world.updates.forget()
    await world.webhook.set("", secret="", max_connections=USUAL_CONNECTIONS)
    return True


def get_webhook_info(world: World, args: Args) -> dict[str, Any]:  # noqa: ARG001  every method has this signature
    return world.webhook.info(world.updates.allowed)
