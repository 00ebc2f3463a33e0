"""/sim/people/…/photo and its like, the files the page shows, and downloads by the bot."""

from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.control.request import person_of, world_of
from simulator.errors import ControlError
from simulator.files import StoredFile
from simulator.params import Upload
from simulator.sendables import send_ready_made, send_uploads

READY_MADE = ("sticker", "voice", "location", "contact")
SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


async def _read_uploads(request: Request) -> tuple[list[Upload], str]:
    async with request.form() as form:
        uploads = [
            Upload(name=part.filename or "", content=await part.read(), content_type=part.content_type or "")
            for part in form.getlist("file")
            if isinstance(part, UploadFile)
        ]
        return uploads, str(form.get("caption") or "")


async def photo(request: Request) -> Response:
    uploads, caption = await _read_uploads(request)
    done = await send_uploads(world_of(request), person_of(request), uploads, as_photos=True, caption=caption)
    return JSONResponse(done.as_json())


async def document(request: Request) -> Response:
    uploads, caption = await _read_uploads(request)
    done = await send_uploads(world_of(request), person_of(request), uploads, as_photos=False, caption=caption)
    return JSONResponse(done.as_json())


async def ready_made(request: Request) -> Response:
    kind = request.path_params["kind"]
    if kind not in READY_MADE:
        raise ControlError(404, f"nobody can send a {kind}")
    return JSONResponse(send_ready_made(world_of(request), person_of(request), kind).as_json())


def _content(stored: StoredFile) -> Response:
    """Only pictures are shown in place; anything else a person sent is downloaded, never run by the browser."""
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    if stored.content_type not in SHOWN:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(stored.name)}"
    return Response(stored.read(), media_type=stored.content_type, headers=headers)


async def page_file(request: Request) -> Response:
    stored = world_of(request).files.find(request.path_params["file_id"])
    if stored is None:
        raise ControlError(404, "there is no such file", code="file_gone")
    return _content(stored)


async def download(request: Request) -> Response:
    """The address getFile leads to."""
    world = world_of(request)
    if request.path_params["token"] != world.config.token:
        body = {"ok": False, "error_code": 401, "description": "Unauthorized"}
        return JSONResponse(body, status_code=401)
    stored = world.files.at_path(request.path_params["path"])
    if stored is None:
        return JSONResponse({"ok": False, "error_code": 404, "description": "Not Found"}, status_code=404)
    return Response(stored.read(), media_type="application/octet-stream")


ROUTES = [
    Route("/sim/people/{person_id}/photo", photo, methods=["POST"]),
    Route("/sim/people/{person_id}/document", document, methods=["POST"]),
    Route("/sim/people/{person_id}/{kind}", ready_made, methods=["POST"]),
    Route("/sim/files/{file_id}/{name:path}", page_file, methods=["GET"]),
    Route("/file/bot{token}/{path:path}", download, methods=["GET"]),
]
