"""A process of its own that wants a new token: `refresher.py URL OAUTH_URL APP_ID APP_SECRET STALE` prints the token it got, or why none."""

import asyncio
import sys

from bot.channels.http import HttpClient
from bot.channels.zalo_oa.oauth import OAuth
from bot.channels.zalo_oa.tokens import Tokens
from outreach.messaging import SendError
from storage.database import Database
from storage.types import Keyring


async def main(url: str, oauth_url: str, app_id: str, app_secret: str, stale: str) -> None:
    database = Database(url, keyring=Keyring("a secret of the tests, long enough to be one"))
    http = HttpClient()
    await http.start()
    oauth = OAuth(http=http, url=oauth_url, app_id=app_id, app_secret=app_secret)
    tokens = Tokens(transactions=database, oauth=oauth, takeover_seconds=1.0)
    print("ready", flush=True)  # noqa: T201  its one way to speak
    await asyncio.to_thread(sys.stdin.readline)
    try:
        print(await tokens.renewed(stale), flush=True)  # noqa: T201  the same
    except SendError as error:
        print(error, flush=True)  # noqa: T201  the same
    finally:
        await http.stop()
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
