"""From where a photo may be fetched: the address comes from outside and must not lead into our own network."""

import re
from collections.abc import Collection

# Spelled so narrowly that no two readers of an address can disagree about its host.
_ADDRESS = re.compile(r"https://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::443)?/[!-~]*", re.IGNORECASE)


def may_fetch(url: str, *, hosts: Collection[str], origin: str) -> bool:
    """Whether `url` lies on one of the hosts or below one, over https, or at `origin` (scheme, host, port), which is trusted."""
    if url.startswith(f"{origin}/"):
        return True
    found = _ADDRESS.fullmatch(url)
    host = found["host"].lower() if found else ""
    return any(host == known or host.endswith(f".{known}") for known in hosts)
