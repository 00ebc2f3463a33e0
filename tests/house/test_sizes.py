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


def ports(*sources: str) -> dict[str, int]:
    """Each Protocol with the number of methods that whoever fills it in has to write, those of the ports it extends among them."""
    classes = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {ast.unparse(base).split("[")[0] for base in node.bases} for node in classes}
    own = {
        node.name: {inner.name for inner in node.body if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)}
        for node in classes
    }

    def methods(name: str) -> set[str]:
        return own.get(name, set()).union(*(methods(base) for base in bases.get(name, set())))

    return {name: len(methods(name)) for name in own if "Protocol" in bases[name]}


def test_no_port_has_over_12_methods(product: list[Path], read: Read) -> None:
    found = ports(*(read(path) for path in product if path.parts[0] == "outreach"))
    assert len(found) >= 15
    # The transaction has one property for each port; that is its whole work.
    too_wide = [f"{name} has {n}" for name, n in found.items() if n > MAX_PORT_METHODS and name != "Transaction"]
    assert not too_wide, f"{len(found)} ports looked at; over {MAX_PORT_METHODS} methods: {too_wide}"
    two = "class P(Protocol):\n    def a(self): ...\n    async def b(self): ..."
    more = "class Q(P, Protocol):\n    def b(self): ...\n    def c(self): ...\nclass R: ..."
    assert ports(more, two) == {"Q": 3, "P": 2}


def test_the_measure_counts_from_def_to_the_last_line() -> None:
    body = "    pass\n"
    assert not list(long_functions("def short():\n" + body * 49))
    assert list(long_functions("async def long():\n" + body * 50)) == [("long", 51)]
