"""``python -m simulator``: the pretend Telegram and Zalo as a process."""

import argparse
import sys

from simulator.app import create_app
from simulator.config import DEFAULT_TOKEN, DEFAULT_ZALO_BOT_TOKEN, SimConfig
from simulator.serve import Server, listen


def read_arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description="A pretend Telegram and Zalo over real HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081, help="0 takes a free port and prints it")
    parser.add_argument("--token", default=DEFAULT_TOKEN)
    parser.add_argument("--zalo-bot-token", default=DEFAULT_ZALO_BOT_TOKEN)
    parser.add_argument("--limits", action=argparse.BooleanOptionalAction, default=True, help="speed limits")
    parser.add_argument("--rate", type=float, default=30.0, help="messages a second over all chats")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--delay-ms", type=int, default=0, help="wait before each call")
    parser.add_argument("--public-url", default="", help="the address people open, where it is another one")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    wanted = read_arguments(given)
    if not wanted.token.partition(":")[0].isdigit():
        sys.stderr.write("simulator: a token begins with the bot's number and a colon\n")
        return 1
    try:
        taken = listen(wanted.host, wanted.port)
    except OSError as problem:
        sys.stderr.write(f"simulator: cannot listen on {wanted.host}:{wanted.port}: {problem.strerror}\n")
        return 1
    with taken:
        host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
        address = f"http://{host}:{taken.getsockname()[1]}"
        config = SimConfig(
            token=wanted.token,
            zalo_bot_token=wanted.zalo_bot_token,
            limits=wanted.limits,
            rate=wanted.rate,
            seed=wanted.seed,
            delay_ms=wanted.delay_ms,
            public_url=wanted.public_url or address,
        )
        sys.stdout.write(f"simulator: {address}\n")
        sys.stdout.flush()
        Server(create_app(config)).run(sockets=[taken])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
