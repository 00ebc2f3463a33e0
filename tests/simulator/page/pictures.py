"""The pictures in docs/pictures, made anew from the page a demo leaves open.

make demo, then: .venv/bin/python tests/simulator/page/pictures.py ADDRESS [FOLDER]

ADDRESS is the one the demo prints. Its people on Telegram are a young person, a nominator and an officer, in this order; of those on
Zalo each network's first one has a picture, and all networks together stand on a wide one. The dark ones, which no document shows, go into
FOLDER too when one is named; then nothing is written to docs/pictures.
"""

import re
import shutil
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parents[3] / "docs/pictures"
WIDE, NARROW = (1440, 900, 1.0), (390, 844, 1.5)
TELEGRAM = re.compile(r"\d{1,16}")
ZALO_OA = re.compile(r"2\d{18}")
ZALO_BOT = re.compile(r"[0-9a-f]{20}")
MOST_PHONES = 4
SETTLED_MS = 1500


def take(browser: Browser, address: str, path: Path, *, size: tuple[int, int, float], dark: bool) -> None:
    width, height, scale = size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=path)
    page.close()
    Image.open(path).convert("RGB").save(path, optimize=True)


def wanted(people: list[str], *, narrow: bool) -> dict[str, tuple[tuple[int, int, float], list[str]]]:
    """Each picture with its size and the phones on it."""
    telegram, oa, bot = ([one for one in people if shape.fullmatch(one)] for shape in (TELEGRAM, ZALO_OA, ZALO_BOT))
    shots = {"three-phones": (WIDE, telegram)}
    for name, person in zip(("nominator", "officer"), telegram[1:], strict=False):
        shots[name] = (NARROW, [person])
    for name, found in (("zalo-oa", oa), ("zalo-bot", bot)):
        if found:
            shots[name] = (NARROW, found[:1])
    if oa or bot:
        shots["networks"] = (WIDE, [*telegram[:1], *oa, *bot][:MOST_PHONES])
    if narrow:
        shots["three-phones-narrow"] = (NARROW, telegram)
    return shots


def main(address: str, folder: str = "") -> None:
    parts = urlsplit(address)
    shots = wanted(parse_qs(parts.query)["people"][0].split(","), narrow=bool(folder))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for dark in (False, True) if folder else (False,):
            for name, (size, shown) in shots.items():
                path = (Path(folder) if folder else DOCS) / f"{name}{'-dark' if dark else ''}.png"
                take(browser, f"{parts.scheme}://{parts.netloc}/?people={','.join(shown)}", path, size=size, dark=dark)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
