"""A simulator on a real socket, and a client to talk to it."""

import io
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from PIL import Image

from simulator.client import Client, connect
from simulator.config import SimConfig
from simulator.serve import running


@pytest.fixture
def address() -> Iterator[str]:
    with running(SimConfig(limits=False)) as found:
        yield found


@pytest.fixture
async def simulator(address: str) -> AsyncIterator[Client]:
    async with connect(address) as client:
        yield client


@pytest.fixture
async def person(simulator: Client) -> int:
    return await simulator.person()


@pytest.fixture
def picture() -> Callable[[int, int], bytes]:
    """A PNG of that width and height."""

    def draw(width: int, height: int) -> bytes:
        drawn = io.BytesIO()
        Image.new("RGB", (width, height), (200, 30, 30)).save(drawn, "PNG")
        return drawn.getvalue()

    return draw
