"""The result in words: a table for people, Markdown for docs/performance.md, JSON for programs; and what it was measured on."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version

from pysqlite3 import dbapi2 as sqlite

from benchmarks.measure import Row

_PACKAGES = ("tocsin", "granian", "Flask", "SQLAlchemy", "orjson", "medallion")
_HEAD = ("what", "measured", "from - to", "floor", "aim", "", "figures behind it")


def machine() -> dict[str, str]:
    """Facts without which absolute numbers mean nothing."""
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite.sqlite_version,
        **{name: version(name) for name in _PACKAGES},
    }


def as_json(rows: Sequence[Row], *, database: str) -> str:
    """Everything."""
    figures = [asdict(row) | {"verdict": row.verdict} for row in rows]
    return json.dumps({"database": database, "machine": machine(), "rows": figures}, indent=2) + "\n"


def as_markdown(rows: Sequence[Row], *, database: str) -> str:
    """The table of docs/performance.md."""
    lines = [f"Database: {database}. {_facts()}.", "", f"| {' | '.join(_HEAD)} |", "|---|---:|---|---:|---:|---|---|"]
    for position, row in enumerate(rows):
        if position == 0 or rows[position - 1].group != row.group:
            lines.append(f"| **{row.group}** | | | | | | |")
        lines.append(f"| {' | '.join(_cells(row))} |")
    return "\n".join(lines) + "\n"


def as_text(rows: Sequence[Row], *, database: str) -> str:
    """The same table, aligned."""
    table = [list(_HEAD), *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(_HEAD))]
    lines = [f"{database}; {_facts()}"]
    for position, (row, cells) in enumerate(zip([None, *rows], table, strict=True)):
        if row is not None and (position == 1 or rows[position - 2].group != row.group):
            lines.append(f"\n{row.group}")
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    spread = "" if row.low == row.high else f"{_shown(row.low, row.unit)} - {_shown(row.high, row.unit)}"
    goals = ["" if goal is None else _shown(goal, row.unit) for goal in (row.floor, row.aim)]
    return [row.name, _shown(row.value, row.unit), spread, *goals, row.verdict, row.detail]


def _shown(value: float, unit: str) -> str:
    match unit:
        case "%":
            return f"{value:.1%}"
        case "x":
            return f"{value:.2f} x"
        case "MB":
            return f"{value:.0f} MB"
    return f"{value:,.0f}{unit}"


def _facts() -> str:
    return ", ".join(f"{name} {value}" for name, value in machine().items())
