"""No Vietnamese sentence in the code: every word a person reads stands in content/ (the simulator has its own words).

A string may hold one Vietnamese word (a folding table, a unit's prefix); a docstring or a comment may quote a term, or
what somebody types, up to six words. content/readers/ recognises foreign pages and has patterns of up to three words each.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LETTER = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
HAS_LETTER = re.compile(f"[{LETTER}]", re.IGNORECASE)
# Also words that carry no mark themselves count as words of a Vietnamese string.
WORD = re.compile(r"[^\W\d_]{2,}")
QUOTE = re.compile(rf"(?:\b\w*[{LETTER}]\w*\b\s+){{6,}}\w*[{LETTER}]", re.IGNORECASE)
EXEMPT = {"simulator"}
READERS = ("content", "readers")
MAX_PATTERN_WORDS = 3


def docstrings(tree: ast.AST) -> dict[int, ast.Constant]:
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                found[id(first.value)] = first.value
    return found


def whole_strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each string that is no docstring; an f-string is one string, its expressions left out."""
    inside = set(docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part for part in node.values if isinstance(part, ast.Constant)]
            inside |= {id(part) for part in parts}
            yield node.lineno, "".join(str(part.value) for part in parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.lineno, node.value


def quotations(source: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    for constant in docstrings(tree).values():
        yield constant.lineno, str(constant.value)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def is_sentence(text: str, *, max_words: int = 1) -> bool:
    return bool(HAS_LETTER.search(text)) and sum(bool(WORD.search(word)) for word in text.split()) > max_words


def is_out_of_place(path: Path, text: str) -> bool:
    if path.parts[:2] == READERS:
        return any(is_sentence(pattern, max_words=MAX_PATTERN_WORDS) for pattern in text.split("|"))
    return is_sentence(text)


def test_no_string_holds_a_vietnamese_sentence(product: list[Path], read: Callable[[Path], str]) -> None:
    looked_at = 0
    found = []
    for path in product:
        if path.parts[0] in EXEMPT:
            continue
        for line, text in whole_strings(ast.parse(read(path))):
            looked_at += 1
            if is_out_of_place(path, text):
                found.append(f"{path}:{line}: {text[:60]!r}")
    assert looked_at >= 20
    assert not found, f"{looked_at} strings looked at; these belong in content/: {found}"


def test_docstrings_and_comments_quote_terms_only(product: list[Path], read: Callable[[Path], str]) -> None:
    looked_at = 0
    found = []
    for path in product:
        source = read(path)
        for line, text in quotations(source, ast.parse(source)):
            looked_at += 1
            if match := QUOTE.search(text):
                found.append(f"{path}:{line}: {match.group()!r}")
    assert looked_at >= 20
    assert not found, f"{looked_at} docstrings and comments looked at; whole sentences in: {found}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('x = "Chào bạn"', True),
        ('x = f"Còn {n} người"', True),
        ('x = "số kế" " hoạch"', True),
        ('x = "đ"', False),
        (r'x = r"ngày\s+(\d+)\s+tháng"', False),
        ('"""Bạn ở xã nào, mình hỏi lại."""', False),
        ('x = "plain English words"', False),
    ],
)
def test_the_measure_of_strings(source: str, expected: bool) -> None:
    assert any(is_sentence(text) for _, text in whole_strings(ast.parse(source))) is expected


def test_readers_may_hold_patterns_but_no_sentence() -> None:
    reader = Path("content/readers/rules.py")
    assert not is_out_of_place(reader, r"^(?:Căn cứ|Theo đề nghị)\s")
    assert is_out_of_place(reader, "Mình chưa đọc được trang này")
    assert is_out_of_place(Path("content/render.py"), "Căn cứ")


def test_the_measure_of_quotations() -> None:
    def quoted(source: str) -> bool:
        return any(QUOTE.search(text) for _, text in quotations(source, ast.parse(source)))

    assert quoted('"""Bạn đã được gửi đủ rồi đấy nhé."""')
    assert quoted("x = 1  # bạn đã được gửi đủ rồi đấy ạ")
    assert not quoted('"""The office (Tỉnh đoàn) of a phường or xã."""')
