"""setMyCommands: its scopes, who sees which menu, and what is refused."""

from typing import Any

import pytest

from simulator.client import Client
from simulator.errors import ApiError


def command(name: str) -> dict[str, str]:
    return {"command": name, "description": f"Lệnh {name}"}


async def seen(client: Client, **query: int) -> list[str]:
    return [row["command"] for row in (await client.read("bot", **query))["commands"]]


async def test_the_narrowest_scope_wins(simulator: Client, person: int) -> None:
    officer = await simulator.person("Cán bộ")
    await simulator.call("setMyCommands", commands=[command("help")])
    assert await seen(simulator, person=person) == ["help"]
    private = {"type": "all_private_chats"}
    await simulator.call("setMyCommands", commands=[command("tin"), command("toi")], scope=private)
    own = {"type": "chat", "chat_id": officer}
    await simulator.call("setMyCommands", commands=[command("guitin")], scope=own)
    assert await seen(simulator, person=officer) == ["guitin"]
    assert await seen(simulator, person=person) == await seen(simulator) == ["tin", "toi"]
    assert await simulator.call("getMyCommands") == [command("help")]
    assert await simulator.call("getMyCommands", scope=own) == [command("guitin")]
    assert await simulator.call("getMyCommands", scope={"type": "all_group_chats"}) == []
    await simulator.call("deleteMyCommands", scope=own)
    assert await seen(simulator, person=officer) == ["tin", "toi"]


async def test_a_language_has_its_own_list(simulator: Client, person: int) -> None:
    await simulator.call("setMyCommands", commands=[command("news")])
    await simulator.call("setMyCommands", commands=[command("tin")], language_code="vi")
    assert await seen(simulator, person=person) == ["tin"]
    assert await simulator.call("getMyCommands", language_code="vi") == [command("tin")]
    assert await simulator.call("getMyCommands") == [command("news")]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"commands": [{"command": "Tin", "description": "a"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "tin-moi", "description": "a"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "a" * 33, "description": "a"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "tin", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "tin", "description": "ầ" * 257}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [command(f"c{n}") for n in range(101)]}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": [], "scope": {"type": "everybody"}}, "unsupported type specified"),
        ({"commands": [], "scope": {"type": "chat", "chat_id": 42}}, "chat not found"),
    ],
)
async def test_what_is_refused(simulator: Client, parameters: dict[str, Any], error: str) -> None:
    with pytest.raises(ApiError) as caught:
        await simulator.call("setMyCommands", **parameters)
    assert caught.value.description == f"Bad Request: {error}"


async def test_the_largest_list_is_taken(simulator: Client) -> None:
    commands = [{"command": f"{n:032}", "description": "ầ" * 256} for n in range(100)]
    assert await simulator.call("setMyCommands", commands=commands) is True
    assert await simulator.call("getMyCommands") == commands
