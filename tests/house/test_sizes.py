"""The hard stops: a file of 400 lines, a function of 50. Migrations are exempt, as is what others wrote (vendor/)."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
COUNTED = {".py", ".sh", ".js", ".css", ".html"}

Read = Callable[[Path], str]


def is_exempt(path: Path) -> bool:
    return "vendor" in path.parts or path.parts[:3] == ("storage", "migrations", "versions")


def long_functions(source: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield node.name, lines


def test_no_file_is_over_400_lines(files: list[Path], read: Read) -> None:
    looked_at = [path for path in files if path.suffix in COUNTED and not is_exempt(path)]
    assert len(looked_at) >= 20
    too_long = {str(path): n for path in looked_at if (n := len(read(path).splitlines())) > MAX_FILE_LINES}
    assert not too_long, f"{len(looked_at)} files looked at; over {MAX_FILE_LINES} lines: {too_long}"


def test_no_function_is_over_50_lines(product: list[Path], read: Read) -> None:
    looked_at = [path for path in product if not is_exempt(path)]
    functions = sum(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for path in looked_at
        for node in ast.walk(ast.parse(read(path)))
    )
    assert functions >= 20
    too_long = [f"{path}: {name} has {n}" for path in looked_at for name, n in long_functions(read(path))]
    assert not too_long, f"{functions} functions looked at; over {MAX_FUNCTION_LINES} lines: {too_long}"


def test_the_measure_counts_from_def_to_the_last_line() -> None:
    body = "    pass\n"
    assert not list(long_functions("def short():\n" + body * 49))
    assert list(long_functions("async def long():\n" + body * 50)) == [("long", 51)]
