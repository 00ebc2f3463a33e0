"""What becomes of a photo: a JPEG in up to four sizes, as Telegram's servers make them."""

import io
from typing import Any

from PIL import Image, ImageOps

from simulator.errors import bad_request
from simulator.files import FileStore

SIDES = (90, 320, 800, 1280)
LARGEST_UPLOAD = 10 * 1024 * 1024
WIDEST_SUM = 10_000
STEEPEST_RATIO = 20
QUALITY = 85


def check_photo_size(size: int) -> None:
    if size > LARGEST_UPLOAD:
        raise bad_request(
            f"file of size {size} bytes is too big for a photo; the maximum size is {LARGEST_UPLOAD} bytes"
        )


def scale(content: bytes) -> list[tuple[int, int, bytes]]:
    """Width, height and JPEG of each size, smallest first; ApiError for what is no picture."""
    check_photo_size(len(content))
    try:
        with Image.open(io.BytesIO(content)) as opened:
            width, height = opened.size
            if width + height > WIDEST_SUM or max(width, height) > STEEPEST_RATIO * min(width, height):
                raise bad_request("PHOTO_INVALID_DIMENSIONS")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise bad_request("IMAGE_PROCESS_FAILED") from problem
    longest = max(upright.size)
    sides = [side for side in SIDES if side < longest]
    if longest <= SIDES[-1]:
        sides.append(longest)
    return [_jpeg(upright, side) for side in sides]


def _jpeg(picture: Image.Image, side: int) -> tuple[int, int, bytes]:
    small = picture.copy()
    small.thumbnail((side, side))
    written = io.BytesIO()
    small.save(written, "JPEG", quality=QUALITY)
    return small.width, small.height, written.getvalue()


def store_photo(files: FileStore, sizes: list[tuple[int, int, bytes]]) -> list[dict[str, Any]]:
    """PhotoSize objects, smallest first."""
    return [
        {
            **files.put(content, kind="photo", name="photo.jpg", content_type="image/jpeg").identity(),
            "width": width,
            "height": height,
        }
        for width, height, content in sizes
    ]
