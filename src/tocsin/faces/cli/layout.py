"""Text from outside laid out for people: on one line, or wrapped; made printable before it is measured, and cut where it has no end.

A name that holds a line break cannot write a line of its own, and a text of megabytes costs no more than its beginning.
"""

import textwrap
from collections.abc import Sequence

from tocsin.faces.cli.console import printable

WIDTH = 100  # columns
LONGEST = 4_000  # characters of one text that are shown; --json has all of it
MOST = 40  # names that are listed one by one, the same


def one_line(text: str, *, longest: int = 80) -> str:
    """A text on one line of at most so many characters."""
    line = printable(" ".join(text[:LONGEST].split()))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def paragraphs(text: str, *, indent: int = 2) -> list[str]:
    """A text wrapped, every line indented; an empty line ends a paragraph."""
    end = "…" if len(text) > LONGEST else ""
    shown = [printable(" ".join(part.split())) for part in f"{text[:LONGEST]}{end}".split("\n\n")]
    lines = [line for part in shown if part for line in ("", *_wrapped(part, indent=indent))]
    return lines[1:]


def listed(names: Sequence[str], *, head: str = "", indent: int = 2) -> list[str]:
    """Names one after the other behind a head, wrapped, empty ones left out; nothing where there are none."""
    more = [f"and {len(names) - MOST} more"] if len(names) > MOST else []
    line = ", ".join([*(one_line(name) for name in names[:MOST] if name), *more])
    return _wrapped(f"{head}{line}", indent=indent) if line else []


def many(number: int, noun: str) -> str:
    """So many of something: "1 use", "2 uses"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _wrapped(text: str, *, indent: int) -> list[str]:
    blank = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=blank, subsequent_indent=blank, break_on_hyphens=False)
