"""The hard stops: a file of 400 lines, a function of 50, a port of 12 methods. Migrations are exempt, as is what others wrote (vendor/)."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_PORT_METHODS = 12
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


def ports(source: str) -> Iterator[tuple[str, int]]:
    """Each Protocol with the number of methods that it declares itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases):
            yield node.name, sum(isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) for inner in node.body)


def test_no_port_has_over_12_methods(product: list[Path], read: Read) -> None:
    found = [(path, name, n) for path in product if path.parts[0] == "outreach" for name, n in ports(read(path))]
    assert len(found) >= 15
    # The transaction has one property for each port; that is its whole work.
    too_wide = [f"{path}: {name} has {n}" for path, name, n in found if n > MAX_PORT_METHODS and name != "Transaction"]
    assert not too_wide, f"{len(found)} ports looked at; over {MAX_PORT_METHODS} methods: {too_wide}"
    assert list(ports("class P(Protocol):\n    def a(self): ...\n    async def b(self): ...")) == [("P", 2)]


def test_the_measure_counts_from_def_to_the_last_line() -> None:
    body = "    pass\n"
    assert not list(long_functions("def short():\n" + body * 49))
    assert list(long_functions("async def long():\n" + body * 50)) == [("long", 51)]
