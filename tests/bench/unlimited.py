"""`loatre run` whose bulk lanes go as fast as they can: no setting allows so much."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot import __main__ as program
from bot.app import App, open_app
from bot.settings import Settings

NO_LIMIT = 1_000_000  # messages a second: the limiter never waits


@asynccontextmanager
async def unlimited(settings: Settings) -> AsyncIterator[App]:
    async with open_app(settings) as app:
        for dispatcher in app.dispatchers.values():
            dispatcher.rate, dispatcher.start_rate = NO_LIMIT, None
        yield app


if __name__ == "__main__":
    vars(program)["open_app"] = unlimited
    program.main()
