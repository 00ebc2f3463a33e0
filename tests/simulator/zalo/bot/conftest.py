"""Somebody who has written to the bot."""

from typing import Any

import pytest

from simulator.client import Client


@pytest.fixture
async def chat(simulator: Client) -> str:
    return await new_chat(simulator)


async def new_chat(client: Client, name: str = "Nguyễn Văn An", **fields: Any) -> str:
    return str((await client.order("zalo/bot/people", {"name": name, **fields}))["id"])


async def say(client: Client, chat: str, text: str) -> Any:
    return await client.order(f"zalo/bot/people/{chat}/text", {"text": text})


async def settle(client: Client, **settings: Any) -> Any:
    return await client.order("zalo/bot/settings", settings)


async def status_of(client: Client, method: str, **parameters: Any) -> tuple[int, Any]:
    url = f"{client.address}/zalo-bot/bot{client.zalo_bot_token}/{method}"
    async with client.session.post(url, json=parameters) as answer:
        return answer.status, await answer.json()
