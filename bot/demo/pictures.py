"""A made-up certificate, drawn on the spot: evidence for the play."""

import io

from PIL import Image, ImageDraw

_SIZE = (1000, 700)
_PAPER, _FRAME, _INK = (252, 248, 236), (176, 132, 44), (60, 60, 70)


def certificate() -> bytes:
    """A JPEG; lines stand for writing, for it is nobody's."""
    picture = Image.new("RGB", _SIZE, _PAPER)
    pen = ImageDraw.Draw(picture)
    width, height = _SIZE
    for inset in (24, 36):
        pen.rectangle((inset, inset, width - inset, height - inset), outline=_FRAME, width=4)
    pen.ellipse((width // 2 - 60, 90, width // 2 + 60, 210), fill=_FRAME)
    for row, half in enumerate((260, 330, 300, 180)):
        top = 280 + row * 70
        pen.rounded_rectangle((width // 2 - half, top, width // 2 + half, top + 22), 11, fill=_INK)
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=85)
    return packed.getvalue()
