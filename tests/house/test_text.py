"""What the files say: nothing about the machine they were written on, and everything that a reader may call or set."""

import dataclasses
import importlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SKIPPED = {".git", ".venv", "home", "build", "dist", "__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
# Texts of others, quoted with their source, may name any product.
QUOTED = ("seeds/", "collections/", "tests/data/")

# Each is written in halves, so that this file does not hold what it looks for.
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "debian" + ".org")
PATHS = ("/wo" + "rk/", "/tmp/" + "dev", "/opt/" + "pypi", "/opt/" + "wheels", "/ro" + "ot/")
WORDS = ("co-authored" + "-by", "as an " + "ai language", "prompt " + "engineering", "coding " + "assistant", "sub" + "agent")

PATH = re.compile("|".join(rf"(?<![\w.:/-]){re.escape(each)}" for each in PATHS))
HOST = re.compile("|".join(rf"\b{re.escape(each)}" for each in HOSTS))
WORD = re.compile("|".join(rf"\b{re.escape(each)}\b" for each in WORDS), re.IGNORECASE)


def listed() -> Iterator[str]:
    """The files that are, or would be, in the repository; without git, all that are not made by a tool."""
    git = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)
    if git.returncode == 0 and git.stdout:
        yield from git.stdout.splitlines()
        return
    for path in ROOT.rglob("*"):
        if not SKIPPED.intersection(path.relative_to(ROOT).parts):
            yield path.relative_to(ROOT).as_posix()


@cache
def texts() -> dict[str, list[str]]:
    """The lines of every text file."""
    found = {}
    for name in sorted(set(listed())):
        if (ROOT / name).is_file():
            try:
                found[name] = (ROOT / name).read_text(encoding="utf-8").splitlines()
            except UnicodeDecodeError:
                continue
    return found


def lines_with(pattern: re.Pattern[str], *, besides: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{name}:{number}: {match[0]}"
        for name, lines in texts().items()
        if not besides or not name.startswith(besides)
        for number, line in enumerate(lines, 1)
        if (match := pattern.search(line))
    ]


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the reader's choice."""
    assert lines_with(HOST) == []


def test_no_file_names_a_place_on_one_machine() -> None:
    """A path that exists on one machine is a bug on every other."""
    assert lines_with(PATH) == []


def test_no_file_speaks_of_how_it_was_written() -> None:
    """Files speak of the exchange."""
    assert lines_with(WORD, besides=QUOTED) == []


def test_no_line_ends_with_blanks() -> None:
    """Diffs then show only what was meant."""
    offenders = [name for name, lines in texts().items() if not name.startswith(QUOTED) and any(line != line.rstrip() for line in lines)]
    assert offenders == []


# The documentation covers what can be called and set


@cache
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@cache
def documentation() -> str:
    """README.md and docs/, decisions left out: they tell why, not how."""
    pages = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "adr" not in path.parts]
    return "\n".join([readme(), *(path.read_text(encoding="utf-8") for path in pages)])


def make_targets() -> list[str]:
    return re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)


def commands() -> list[str]:
    """The subcommands, from the table by which the command line finds them."""
    table = importlib.import_module("tocsin.faces.cli.main").COMMANDS
    rows = list(table) if isinstance(table, Mapping) else [row if isinstance(row, str) else row[0] for row in table]
    return [str(getattr(row, "name", row)) for row in rows]


def field_types(record: Any) -> dict[str, Any]:
    """Field names and annotations of a dataclass or a pydantic model; nothing for any other class."""
    if dataclasses.is_dataclass(record):
        return {field.name: field.type for field in dataclasses.fields(record)}
    fields = getattr(record, "model_fields", {})
    return {field.alias or name: field.annotation for name, field in fields.items()} if isinstance(record, type) else {}


def settings() -> list[str]:
    """Every key of tocsin.toml, those of its tables too."""
    found: list[str] = []
    waiting = [importlib.import_module("tocsin.config").Config]
    while waiting:
        types = field_types(waiting.pop())
        found.extend(types)
        waiting.extend(types.values())
    return found


def test_the_makefile_has_targets() -> None:
    """So that the next test cannot pass on an empty list."""
    assert {"run", "test", "lint", "bench", "docs"} <= set(make_targets())


@pytest.mark.parametrize("target", make_targets())
def test_the_readme_names_every_make_target(target: str) -> None:
    """Who reads it knows what the house can do."""
    assert re.search(rf"\bmake {target}\b", readme()), f"README.md does not mention `make {target}`"


def test_the_documentation_names_every_command() -> None:
    """`tocsin X` stands in README.md or docs/, with or without `--home HOME` between."""
    names = commands()
    missing = [name for name in names if not re.search(rf"\btocsin (--home \S+ )?{re.escape(name)}\b", documentation())]
    assert names
    assert missing == []


def test_the_documentation_names_every_setting() -> None:
    """Each key of tocsin.toml stands in README.md or docs/ as `key`, or in an example as a key."""
    names = settings()
    missing = [name for name in names if not re.search(rf"`{name}\b|^\[?{name}(\]| ?=)", documentation(), re.MULTILINE)]
    assert names
    assert missing == []
