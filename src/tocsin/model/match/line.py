"""Telemetry cut into lines, and what could not be read of it.

A line has an end: what is longer than the limit is passed over and counted, and so is what is not in the form of its file. A file is read
in pieces, so its size is no matter.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MAX_LINE = 1_000_000  # bytes
MAX_NAMED = 10  # lines that are named of those that were passed over
TOO_LONG = f"longer than {MAX_LINE:,} bytes"
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Skipped:
    """The lines of one file that were passed over."""

    reasons: Counter[str] = field(default_factory=Counter)
    first: list[tuple[int, str]] = field(default_factory=list)  # number of the line, and why

    def add(self, number: int, reason: str) -> None:
        """One more."""
        self.reasons[reason] += 1
        if len(self.first) < MAX_NAMED:
            self.first.append((number, reason))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines that follow one another, without their ends; one that was too long is empty."""

    first: int  # number of the first line
    lines: list[bytes]


def stretches(blocks: Iterable[bytes], skipped: Skipped) -> Iterator[Stretch]:
    """The lines of a file.

    Args:
        blocks: the file in pieces of any size.
    """
    number, rest, is_inside = 1, b"", False  # inside a line that is too long
    for block in blocks:
        head, newline, tail = (rest + block).rpartition(b"\n")
        if newline:
            lines = head.split(b"\n")
            if is_inside or len(head) > MAX_LINE:
                lines = [_short(line, skipped, number=number + at, is_long=is_inside and at == 0) for at, line in enumerate(lines)]
            is_inside = False
            yield Stretch(number, _without_mark(lines) if number == 1 else lines)
            number += len(lines)
        is_inside = is_inside or len(tail) > MAX_LINE
        rest = b"" if is_inside else tail
    if rest or is_inside:
        last = [_short(rest, skipped, number=number, is_long=is_inside)]
        yield Stretch(number, _without_mark(last) if number == 1 else last)


def _short(line: bytes, skipped: Skipped, *, number: int, is_long: bool) -> bytes:
    """The line, unless it is too long or the end of one that was."""
    if not is_long and len(line) <= MAX_LINE:
        return line
    skipped.add(number, TOO_LONG)
    return b""


def _without_mark(lines: list[bytes]) -> list[bytes]:
    """Editors put a byte order mark before a file."""
    return [lines[0].removeprefix(_BOM), *lines[1:]]
