"""CSV with a header, in batches of rows of one length.

The header says what separates the cells: the comma, the semicolon or the tab, whichever is in it most often. A row may run over several
lines, and may be no longer than a line may be; one that is, or that does not fit the header, is passed over and counted.

Source: RFC 4180.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tocsin.errors import InvalidInputError
from tocsin.model.match.line import MAX_LINE, TOO_LONG, Skipped

NOT_CSV = "not CSV: {}"
RAGGED = "another number of cells than the header"
_ROWS = 2_000  # in one batch
_SEPARATORS = ",;\t"


@dataclass(slots=True)
class _Lines:
    """The lines of one file as text; refuses to go on where a row has no end."""

    lines: Iterator[bytes]
    size: int = 0  # of the row so far

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.size > MAX_LINE:
            raise csv.Error(TOO_LONG)
        line = next(self.lines)
        self.size += len(line) + 1
        return line.decode(errors="replace") + "\n"


def rows(lines: Iterable[bytes], skipped: Skipped) -> Iterator[tuple[list[str], list[int], list[list[str]]]]:
    """The header, again and again, each time with the next rows and the numbers of the lines in which they begin.

    Raises:
        InvalidInputError: there is no header.
    """
    numbers, batch = list[int](), list[list[str]]()
    header: list[str] = []
    for number, row in _all_rows(lines, skipped):
        if not header:
            header = [cell.strip() for cell in row]
        elif len(row) != len(header):
            skipped.add(number, RAGGED)
        else:
            numbers.append(number)
            batch.append(row)
        if len(batch) == _ROWS:
            yield header, numbers, batch
            numbers, batch = [], []
    if not header:
        raise InvalidInputError("there is no header", hint="the first line of a CSV file names its fields")
    if batch:
        yield header, numbers, batch


def _all_rows(lines: Iterable[bytes], skipped: Skipped) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not empty, the header too, with the number of its first line."""
    whole = iter(lines)
    before, head = 0, b""
    while not head.strip():  # empty lines before the header
        before, head = before + 1, next(whole, b"\0")
    if head == b"\0":
        return
    text = head.decode(errors="replace")
    source = _Lines(_again(head, whole))
    reader = csv.reader(source, delimiter=max(_SEPARATORS, key=text.count), strict=True)
    while True:
        number, source.size = before + reader.line_num, 0
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            skipped.add(number, TOO_LONG if str(error) == TOO_LONG else NOT_CSV.format(error))
            continue
        if row:
            yield number, row


def _again(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest
