"""The benchmarks run at their smallest size and leave figures of the promised shape; how large they are is nobody's test."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.page import MARK, PAGE, tables

BENCHES = {"throughput", "rate kept", "lateness", "growth", "kill -9", "coverage report", "freezing", "one turn"}
FIELDS = {"bench", "name", "unit", "ours", "peer", "theirs", "ratio", "better", "runs", "peer_runs", "target", "met"}


@pytest.mark.slow
def test_the_smallest_size_gives_every_figure(tmp_path: Path) -> None:
    output = tmp_path / "bench.json"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOATRE_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench"],
        env={**environment, "SIZE": "tiny", "OUTPUT": str(output)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    found = json.loads(output.read_text())
    assert found["size"]["name"] == "tiny"
    assert found["machine"].keys() >= {"processor", "cores", "python", "sqlite", "postgres", "aiogram"}
    assert found["began_at"].endswith("+00:00")
    assert len(found["load"]["before"]) == 3
    figures = found["figures"]
    assert {row["bench"] for row in figures} == BENCHES
    for row in figures:
        assert row.keys() == FIELDS
        assert row["better"] in {"higher", "lower"}
        assert row["theirs"] > 0
        assert len(row["runs"]) == len(row["peer_runs"]) == 1
        assert row["ratio"] == pytest.approx(row["ours"] / row["theirs"])
    assert [bench for bench in BENCHES if bench not in done.stdout] == []
    assert [row for row in figures if bool(row["target"]) != (row["met"] is not None)] == []
    page = tables(found)
    assert [bench for bench in BENCHES if f"\n## {bench.capitalize()}\n" not in page] == []
    assert MARK in PAGE.read_text(encoding="utf-8")
    killed = {row["name"]: row["ours"] for row in figures if row["bench"] == "kill -9"}
    assert killed["lost"] == killed["got it twice"] == 0
