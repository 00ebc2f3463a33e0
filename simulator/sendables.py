"""The media a person sends: pictures and documents from uploads, and ready-made stickers, voices, places and contacts."""

import asyncio
import io
from typing import Any

from PIL import Image

from simulator.actions import Done, check_active, put
from simulator.errors import ApiError, ControlError
from simulator.files import FileStore
from simulator.methods.media import document_media
from simulator.params import Upload
from simulator.people import Person
from simulator.photos import scale, store_photo
from simulator.world import World

MOST_AT_ONCE = 10
PHOTO_CODES = {
    "Bad Request: IMAGE_PROCESS_FAILED": "photo_unreadable",
    "Bad Request: PHOTO_INVALID_DIMENSIONS": "photo_shape",
}
SILENCE = b"OggS" + bytes(60)
TOWN = {"latitude": 21.8537, "longitude": 106.7615}


async def photo_media(files: FileStore, upload: Upload) -> dict[str, Any]:
    try:
        sizes = await asyncio.to_thread(scale, upload.content)
    except ApiError as problem:
        code = PHOTO_CODES.get(problem.description, "photo_size")
        raise ControlError(400, f"this is not a photo Telegram takes: {problem.description}", code=code) from problem
    return {"photo": store_photo(files, sizes)}


def upload_document(files: FileStore, upload: Upload) -> dict[str, Any]:
    kind = upload.content_type or "application/octet-stream"
    return document_media(files.put(upload.content, kind="document", name=upload.name or "file", content_type=kind))


async def send_uploads(world: World, person: Person, uploads: list[Upload], *, as_photos: bool, caption: str) -> Done:
    """One message per file; several are an album: separate updates with one media_group_id, the caption on the first."""
    check_active(person)
    if not 1 <= len(uploads) <= MOST_AT_ONCE:
        raise ControlError(400, f"send 1 to {MOST_AT_ONCE} parts named file", code="file_count")
    media = [
        await photo_media(world.files, upload) if as_photos else upload_document(world.files, upload)
        for upload in uploads
    ]
    group = {"media_group_id": str(world.rng.randrange(10**16, 10**17))} if len(media) > 1 else None
    done = Done()
    for place, item in enumerate(media):
        part = put(world, person, text=caption if place == 0 else "", media=item, extra=group)
        done.update_ids += part.update_ids
        done.message_ids += part.message_ids
    return done


def sticker_media(files: FileStore) -> dict[str, Any]:
    drawn = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 200, 0, 255)).save(drawn, "WEBP")
    stored = files.put(drawn.getvalue(), kind="sticker", name="sticker.webp", content_type="image/webp")
    shape = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"}
    return {"sticker": {**stored.identity(), **shape, "emoji": "👍"}}


def voice_media(files: FileStore) -> dict[str, Any]:
    stored = files.put(SILENCE, kind="voice", name="voice.oga", content_type="audio/ogg")
    return {"voice": {**stored.identity(), "duration": 3, "mime_type": "audio/ogg"}}


def contact_media(person: Person) -> dict[str, Any]:
    """A contact card with a number from the range that belongs to nobody."""
    return {
        "contact": {
            "phone_number": f"+8400{person.id % 10**7:07d}",
            "first_name": person.name,
            "user_id": person.id,
        }
    }


def send_ready_made(world: World, person: Person, kind: str) -> Done:
    """``kind`` is sticker, voice, location or contact."""
    check_active(person)
    if kind == "sticker":
        media = sticker_media(world.files)
    elif kind == "voice":
        media = voice_media(world.files)
    elif kind == "location":
        media = {"location": dict(TOWN)}
    else:
        media = contact_media(person)
    return put(world, person, media=media)
