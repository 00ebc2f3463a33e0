"""`loatre run` whose clock begins in the morning where it is night outside: for what Zalo takes by day only."""

from functools import partial

from bot import __main__ as program
from bot.app import open_app
from bot.demo.stage import PlayClock

vars(program)["open_app"] = partial(open_app, clock=PlayClock())
program.main()
