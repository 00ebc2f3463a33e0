"""`loatre run` whose clock goes ten times as fast: for campaigns that repeat, who was lost half a minute ago.

It goes from a moment that all processes of a storm share (seconds since 1970, in the environment), so that no restart turns it back.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from bot import __main__ as program
from bot.app import open_app

SPEED = 10
SINCE = "CHAOS_SINCE"


def quick_clock(since: float) -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(since + SPEED * (time.time() - since), UTC)


if __name__ == "__main__":
    vars(program)["open_app"] = partial(open_app, clock=quick_clock(float(os.environ[SINCE])))
    program.main()
