"""/v2.0/oa/upload: pictures, gifs and files by multipart, field ``file``."""

from pathlib import Path
from typing import Any

from simulator.params import Args, Upload
from simulator.zalo.oa.errors import OaError
from simulator.zalo.oa.state import Oa

MEGABYTE = 1024 * 1024
PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
GIFS = {b"GIF8": "image/gif"}
FILES = {
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".csv": "text/csv",
}
INVALID, TOO_LARGE = -201, -210


def _part(args: Args, *, most: int) -> Upload:
    upload = args.files.get("file")
    if upload is None or not upload.content:
        raise OaError(INVALID, "file is empty")
    if len(upload.content) > most:
        raise OaError(TOO_LARGE, f"file is larger than {most} bytes")
    return upload


def _picture(oa: Oa, args: Args, *, kind: str, heads: dict[bytes, str], most: int) -> dict[str, Any]:
    upload = _part(args, most=most)
    content_type = next((found for head, found in heads.items() if upload.content.startswith(head)), "")
    if not content_type:
        raise OaError(INVALID, "file is no such picture")
    name = f"{kind}.{content_type.removeprefix('image/')}"
    stored = oa.files.put(upload.content, kind="photo", name=name, content_type=content_type)
    return {"attachment_id": oa.uploads.put(stored, kind=kind, now=oa.clock.now())}


def upload_image(oa: Oa, args: Args) -> dict[str, Any]:
    return _picture(oa, args, kind="image", heads=PICTURES, most=MEGABYTE)


def upload_gif(oa: Oa, args: Args) -> dict[str, Any]:
    return _picture(oa, args, kind="gif", heads=GIFS, most=5 * MEGABYTE)


def upload_file(oa: Oa, args: Args) -> dict[str, Any]:
    upload = _part(args, most=5 * MEGABYTE)
    content_type = FILES.get(Path(upload.name).suffix.lower())
    if content_type is None:
        raise OaError(INVALID, "file is not one of PDF, DOC, DOCX, CSV")
    stored = oa.files.put(upload.content, kind="document", name=Path(upload.name).name, content_type=content_type)
    return {"token": oa.uploads.put(stored, kind="file", now=oa.clock.now())}
