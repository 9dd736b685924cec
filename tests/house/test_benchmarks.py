"""`make bench` still runs: all of its machinery at a tiny size, without looking at the figures, which mean nothing there."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measure import Comparison, Row

ROOT = Path(__file__).parents[2]
GROUPS = {
    "memory of the server process": ["idle", "reading", "taking bodies of 10 MB"],
    "page of 1,000 among 1,000": ["from the start", "added_after, from the middle", "one type"],
    "page of 1,000 among 2,000": ["from the start", "added_after, from the middle", "one type"],
    "poll": ["nothing new among 2,000", "for comparison: /healthz, which reads nothing"],
    "time of a page among 2,000 against 1,000": ["no filter", "added_after", "id", "type", "three types"],
    "ingest, envelopes of 1,000 into 2,000": ["judged and durable", "against reading the same bodies"],
    "sync of 1,000 objects between two exchanges": [
        "judged and durable",
        "from publication to the peer's page, --watch --interval 0.2",
    ],
    "from `notify send` to the recipient's webhook": ["99 in 100 within", "half of them within"],
    "match of JSON lines against 1,000 indicators": [
        "lines",
        "against parsing the same lines",
        "indicators read and indexed",
        "memory of the indicators",
    ],
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one short run writes."""
    file = tmp_path_factory.mktemp("bench") / "result.json"
    command = [sys.executable, "-m", "benchmarks", "--short", "--markdown", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return {**json.loads(file.read_text()), "printed": done.stdout}


def test_the_benchmark_produces_every_row(result: dict[str, Any]) -> None:
    """Each promise that is measured has its line, and each line a figure."""
    found: dict[str, list[str]] = {}
    for row in result["rows"]:
        found.setdefault(row["group"], []).append(row["name"])
        assert row["low"] <= row["value"] <= row["high"]
        assert row["value"] > 0
    assert found == GROUPS


def test_the_benchmark_prints_what_it_measured_as_a_table(result: dict[str, Any]) -> None:
    """One line for the head, one for its rule, one a group and one a row, after the line of the machine."""
    lines = result["printed"].strip().splitlines()
    assert lines[0].startswith("Database: sqlite. cores ")
    assert len([line for line in lines if line.startswith("|")]) == 2 + len(GROUPS) + len(result["rows"])


def test_the_benchmark_tells_the_machine(result: dict[str, Any]) -> None:
    """An absolute figure without its machine means nothing."""
    assert {"cores", "system", "python", "sqlite", "granian", "tocsin"} <= result["machine"].keys()


def test_a_ratio_is_the_median_of_neighbouring_slices() -> None:
    """One slice that somebody else disturbed changes nothing."""
    compared = Comparison(ours=(10.0, 30.0, 1.0), theirs=(20.0, 30.0, 100.0))
    assert (compared.ratio, compared.spread) == (0.5, (0.01, 1.0))


@pytest.mark.parametrize(
    ("value", "floor", "aim", "verdict"),
    [
        (0.35, 0.20, 0.35, "aim met"),
        (0.20, 0.20, 0.35, "floor met"),
        (0.19, 0.20, 0.35, "missed"),
        (110.0, 150.0, 110.0, "aim met"),
        (150.0, 150.0, 110.0, "floor met"),
        (151.0, 150.0, 110.0, "missed"),
        (1.0, None, None, ""),
    ],
)
def test_a_verdict_knows_whether_more_is_better(value: float, floor: float | None, aim: float | None, verdict: str) -> None:
    """Of rates more is better, of times and memory less: the aim lies beyond the floor."""
    row = Row(group="", name="", value=value, low=value, high=value, unit="", floor=floor, aim=aim)
    assert row.verdict == verdict
