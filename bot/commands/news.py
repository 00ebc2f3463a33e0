"""`loatre news`: import pages as drafts, list, show."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.commands.store import Format, FormatOption, check_number, ready_store, refuse
from content.catalog import day
from content.readers.dispatch import read_bytes
from content.readers.page import ReadError
from content.readers.portal import draft_of
from outreach.clock import system_clock
from outreach.news.drafts import save_draft
from outreach.news.model import DocumentRef, NewsDraft, NewsId, NewsItem
from outreach.news.rules import propose_topics
from outreach.officers import System
from outreach.pack import Topic

news = typer.Typer(no_args_is_help=True, help="Bring news in and look at it.")

_MOST = 100
_ENDINGS = (".txt", ".html", ".htm", ".md", ".docx", ".pdf")


# A path is taken as typed: an empty one would become the folder at hand.
@news.command("import")
def bring_in(paths: Annotated[list[str], typer.Argument(help=f"pages: {' '.join(_ENDINGS)}, or folders")]) -> None:
    """Each page becomes a draft; the same page twice is one. Exit 1 when none could be read."""
    if not all(path.strip() for path in paths):
        raise refuse("news import: a path is empty; name a page or a folder", code=2)
    files = [file for path in paths for file in _files(Path(path))]
    if not files or not asyncio.run(_import(files)):
        raise typer.Exit(1)


def _files(path: Path) -> list[Path]:
    """The pages that a path stands for. Of what cannot be read a line is written: beside pages lie settings and keys."""
    if not path.is_dir():
        found = [path] if not path.exists() or _readable(path) else []
    elif _hidden(path):
        found = []
    else:
        try:
            found = sorted(file for file in path.iterdir() if file.is_file() and _readable(file))
        except OSError as error:
            typer.echo(f"{path}: {error.strerror}", err=True)
            return []
        if not found:
            typer.echo(f"{path}: nothing readable was found ({' '.join(_ENDINGS)})", err=True)
            return []
    if not found:
        typer.echo(f"{path}: cannot be read", err=True)
    return found


def _readable(file: Path) -> bool:
    """By its name, and by the name of what a link leads to."""
    return all(
        one.name.casefold().endswith(_ENDINGS) and not one.name.startswith(".") for one in (file, file.resolve())
    )


def _hidden(folder: Path) -> bool:
    return folder.name.startswith(".") and folder.name != ".."


async def _import(files: list[Path]) -> int:
    """One line for each file; gives how many were read."""
    done = 0
    async with ready_store() as store:
        for file in files:
            try:
                draft = await asyncio.to_thread(_read, file, store.pack.topics)
            except OSError as error:
                typer.echo(f"{file}: {error.strerror}", err=True)
            except ReadError as error:
                typer.echo(f"{file}: {error.code.replace('_', ' ')}", err=True)
            else:
                async with store.database.write() as tx:
                    number, new = await save_draft(System(name="cli"), tx, draft=draft, at=system_clock())
                typer.echo(_line(number, draft, new=new))
                done += 1
    return done


def _read(file: Path, topics: tuple[Topic, ...]) -> NewsDraft:
    return propose_topics(draft_of(read_bytes(file.read_bytes(), name=file.name)), topics=topics)


def _line(number: NewsId, draft: NewsDraft, *, new: bool) -> str:
    parts = [f"{number} {'new' if new else 'known'}", draft.title, *(_document(one) for one in draft.documents)]
    topic = f"{draft.topics[0]}{', counts' if draft.counts_proposed else ''}" if draft.topics else "no topic"
    return " | ".join([*parts, topic])


def _document(document: DocumentRef) -> str:
    return document.number + (f", {day(document.signed_on)}" if document.signed_on else "")


@news.command("list")
def show_all(form: FormatOption = Format.TABLE) -> None:
    """Drafts, then what is published, the newest hundred of each."""
    items = asyncio.run(_list())
    if form == Format.JSON:
        typer.echo(json.dumps([_as_json(item, whole=False) for item in items], ensure_ascii=False, indent=2))
        return
    table = Table("id", "state", "title", "document", "topic", "counts")
    for item in items:
        document = _document(item.document) if item.document else ""
        counts = "yes" if item.counts else "no"
        table.add_row(str(item.id), item.state.value, Text(item.title), document, item.topic_code or "", counts)
    Console().print(table)


async def _list() -> list[NewsItem]:
    async with ready_store() as store, store.database.read() as tx:
        return [*await tx.news.drafts(limit=_MOST), *await tx.news.latest(limit=_MOST)]


@news.command("show")
def show_one(number: int, form: FormatOption = Format.TABLE) -> None:
    """One item in full."""
    check_number("news item", number)
    item = asyncio.run(_get(NewsId(number)))
    if item is None:
        raise refuse(f"there is no news item {number}")
    if form == Format.JSON:
        typer.echo(json.dumps(_as_json(item, whole=True), ensure_ascii=False, indent=2))
        return
    for name, value in _as_json(item, whole=False).items():
        typer.echo(f"{name}: {json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value}")
    typer.echo("\n" + "\n\n".join(item.paragraphs))


async def _get(number: NewsId) -> NewsItem | None:
    async with ready_store() as store, store.database.read() as tx:
        return await tx.news.get(number)


def _as_json(item: NewsItem, *, whole: bool) -> dict[str, object]:
    """Stable fields: id, state, title, documents, published_on, byline, source, topic, counts; the text where it is asked for."""
    documents = [
        {
            "number": one.number,
            "kind": one.kind,
            "signed_on": one.signed_on.isoformat() if one.signed_on else None,
        }
        for one in item.documents
    ]
    shown: dict[str, object] = {
        "id": item.id,
        "state": item.state.value,
        "title": item.title,
        "documents": documents,
        "published_on": item.published_on.isoformat() if item.published_on else None,
        "byline": item.byline,
        "source": item.source,
        "topic": item.topic_code,
        "counts": item.counts,
    }
    return {**shown, "paragraphs": list(item.paragraphs)} if whole else shown
