"""The pictures in docs/pictures, made anew from the page a demo leaves open.

make demo, then: .venv/bin/python tests/simulator/page/pictures.py ADDRESS [FOLDER]

ADDRESS is the one the demo prints, with its three people (young person, nominator, officer). The dark ones, which no document
shows, go into FOLDER too when one is named; then nothing is written to docs/pictures.
"""

import shutil
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parents[3] / "docs/pictures"
WIDE, NARROW = (1440, 900, 1.0), (390, 844, 1.5)
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


def main(address: str, folder: str = "") -> None:
    parts = urlsplit(address)
    people = parse_qs(parts.query)["people"][0].split(",")
    shots = {"three-phones": (WIDE, people)}
    for name, person in zip(("young-person", "nominator", "officer"), people, strict=True):
        shots[name] = (NARROW, [person])
    if folder:
        shots["three-phones-narrow"] = (NARROW, people)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for dark in (False, True) if folder else (False,):
            for name, (size, shown) in shots.items():
                path = (Path(folder) if folder else DOCS) / f"{name}{'-dark' if dark else ''}.png"
                take(browser, f"{parts.scheme}://{parts.netloc}/?people={','.join(shown)}", path, size=size, dark=dark)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
