"""Only the composition root knows which channels there are; the conversation asks what one can do."""

import re
from collections.abc import Callable
from pathlib import Path

_NAMED = re.compile(r"ChannelName\.[A-Z]|[\"'](?:telegram|zalo_oa|zalo_bot)[\"']")
_ENUM = Path("outreach/messaging.py")


def named(source: str) -> list[str]:
    return _NAMED.findall(source)


def test_the_conversation_never_asks_for_a_channel_s_name(product: list[Path], read: Callable[[Path], str]) -> None:
    looked_at = [path for path in product if path.parts[0] in {"handlers", "outreach", "content"} and path != _ENUM]
    assert len(looked_at) >= 20
    strays = {str(path): names for path in looked_at if (names := named(read(path)))}
    assert not strays, f"{len(looked_at)} files looked at; channels by name: {strays}"


def test_the_measure_sees_both_ways_to_name_one() -> None:
    assert named("if door.channel == ChannelName.ZALO_OA or name == 'zalo_bot': pass") == [
        "ChannelName.Z",
        "'zalo_bot'",
    ]
    assert named("channel: ChannelName = door.channel") == []
