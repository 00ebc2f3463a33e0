"""sendPhoto, sendDocument, sendMediaGroup, getFile."""

import asyncio
from typing import Any

from simulator.chats import Message
from simulator.errors import ApiError, bad_request
from simulator.files import DOWNLOAD_LIMIT, UPLOAD_LIMIT, StoredFile
from simulator.keyboards import NOTHING, read_markup
from simulator.methods.send import post
from simulator.methods.targets import check_speed, writable_chat
from simulator.params import Args, Upload
from simulator.photos import scale, store_photo
from simulator.render import message_json
from simulator.texts import caption_text
from simulator.world import World

MOST_IN_ALBUM = 10
ATTACHED = "attach://"
TOO_LARGE = ApiError(413, "Request Entity Too Large")


def _upload(args: Args, reference: str, *, field: str) -> Upload | None:
    """The file part a call means: the one it attaches by name, or the part named like the parameter."""
    if reference.startswith(ATTACHED):
        found = args.files.get(reference.removeprefix(ATTACHED))
        if found is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return found
    return None if reference else args.files.get(field)


def _stored(world: World, reference: str, *, kind: str) -> StoredFile:
    """A file that was sent before, by its file_id."""
    if reference.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    stored = world.files.find(reference)
    if stored is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if stored.kind != kind:
        raise bad_request(f"can't use file of type {stored.kind.title()} as {kind.title()}")
    return stored


async def _photo(world: World, args: Args, reference: str, *, field: str = "photo") -> dict[str, Any]:
    upload = _upload(args, reference, field=field)
    if upload is None and not reference:
        raise bad_request("there is no photo in the request")
    content = upload.content if upload else _stored(world, reference, kind="photo").read()
    if not content:
        raise bad_request("file must be non-empty")
    sizes = await asyncio.to_thread(scale, content)
    return {"photo": store_photo(world.files, sizes)}


def document_media(stored: StoredFile) -> dict[str, Any]:
    return {"document": {"file_name": stored.name, "mime_type": stored.content_type, **stored.identity()}}


def _document(world: World, args: Args, reference: str, *, field: str = "document") -> dict[str, Any]:
    upload = _upload(args, reference, field=field)
    if upload is None:
        if not reference:
            raise bad_request("there is no document in the request")
        return document_media(_stored(world, reference, kind="document"))
    if not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > UPLOAD_LIMIT:
        raise TOO_LARGE
    kind = upload.content_type or "application/octet-stream"
    return document_media(
        world.files.put(upload.content, kind="document", name=upload.name or "file", content_type=kind)
    )


async def send_photo(world: World, args: Args) -> dict[str, Any]:
    return _send(world, args, await _photo(world, args, args.text("photo")), method="sendPhoto")


def send_document(world: World, args: Args) -> dict[str, Any]:
    return _send(world, args, _document(world, args, args.text("document")), method="sendDocument")


def _send(world: World, args: Args, media: dict[str, Any], *, method: str) -> dict[str, Any]:
    text, entities = caption_text(args)
    markup = read_markup(args)
    person = writable_chat(world, args)
    check_speed(world, person, args)
    message = post(world, person, args, text=text, entities=entities, markup=markup, method=method, media=media)
    return message_json(world, person, message)


def _kind_of(item: Any) -> str:
    if not isinstance(item, dict):
        raise bad_request("can't parse InputMedia: expected an Object")
    kind = item.get("type")
    if kind is None:
        raise bad_request("can't parse InputMedia: Can't find field \"type\"")
    if not isinstance(kind, str):
        raise bad_request('can\'t parse InputMedia: Field "type" must be of type String')
    return kind


def _album_items(args: Args) -> list[dict[str, Any]]:
    if not args.values.get("media"):
        raise bad_request('parameter "media" is required')
    items = args.parsed("media", error="can't parse media JSON object")
    if not isinstance(items, list):
        raise bad_request('expected an Array of "InputMedia"')
    if not items:
        raise bad_request("there are no messages to send")
    if len(items) > MOST_IN_ALBUM:
        raise bad_request("too many messages to send as an album")
    kinds = {_kind_of(item) for item in items}
    for kind in kinds:
        if kind not in {"photo", "document"}:
            raise bad_request(f'can\'t parse InputMedia: type "{kind}" is unsupported')
    if len(kinds) > 1:
        raise bad_request("document can't be mixed with other media types")
    return items


async def send_media_group(world: World, args: Args) -> list[dict[str, Any]]:
    """An album: each item a message of its own, all with one media_group_id. It counts once against the limits."""
    prepared = []
    for item in _album_items(args):
        reference = str(item.get("media", ""))
        media = await _photo(world, args, reference) if item["type"] == "photo" else _document(world, args, reference)
        prepared.append((media, caption_text(Args(item))))
    person = writable_chat(world, args)
    check_speed(world, person, args)
    group = str(world.rng.randrange(10**16, 10**17))
    sent: list[Message] = [
        post(
            world,
            person,
            args,
            text=text,
            entities=entities,
            markup=NOTHING,
            method="sendMediaGroup",
            media=media,
            extra={"media_group_id": group},
        )
        for media, (text, entities) in prepared
    ]
    return [message_json(world, person, message) for message in sent]


def get_file(world: World, args: Args) -> dict[str, Any]:
    file_id = args.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    stored = world.files.find(file_id)
    if stored is None:
        raise bad_request("invalid file_id")
    if stored.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return {**stored.identity(), "file_path": stored.path}
