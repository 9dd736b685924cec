"""Telemetry in columns: JSON lines, CSV with a header, or plain text, as batches of values to look up.

A record is a line of JSON or text, or a row of CSV. Only the fields that somebody names or that have a usual name are looked at; of plain
text every piece that could be a value. What cannot be read is passed over and counted.

Sources: RFC 8259 (JSON), RFC 4180 (CSV).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import chain
from typing import cast

import orjson

from tocsin.model.match.field import Fields, Kind, Look
from tocsin.model.match.line import Skipped, Stretch, stretches
from tocsin.model.match.row import rows

NOT_JSON = "not JSON"
NOT_AN_OBJECT = "no JSON object"
_MAX_SHAPES = 10_000  # that are remembered
# Possessive, and what may fail behind a run has an end: linear in the line.
_TOKEN = re.compile(r"(?:[0-9A-Fa-f]{1,4}+|:):[0-9A-Fa-f:.]{1,60}+(?![\w:-])|[\w.%+-]++(?:@[\w.-]++|://[^\s\"'<>]++)?+")


class Form(StrEnum):
    """How a file is written."""

    JSON = "json"
    CSV = "csv"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one field, each with the position of its record in the batch."""

    kind: Kind
    positions: Sequence[int]
    values: Sequence[object]

    def texts(self) -> tuple[Sequence[int], Sequence[str]]:
        """Positions and values, where a value is a text: a whole number is its digits, a list each of its items; nothing else counts."""
        if {*map(type, self.values)} == {str}:
            return self.positions, cast(Sequence[str], self.values)
        pairs = [
            (position, str(item))
            for position, value in zip(self.positions, self.values, strict=True)
            for item in (value if isinstance(value, list) else (value,))
            if type(item) in (str, int)
        ]
        return [position for position, _ in pairs], [text for _, text in pairs]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of a file."""

    numbers: Sequence[int]  # of their lines
    columns: Sequence[Column]
    times: Callable[[int], Iterable[object]]  # what the fields of time hold of the record at a position


@dataclass(slots=True)
class Reader:
    """Reads one file, and knows then how it was written and which fields were there."""

    fields: Fields
    form: Form | None = None  # without it, JSON where the first line that is not empty begins with {, else text
    names: set[str] = field(default_factory=set)
    _plans: dict[tuple[str, ...], list[Look]] = field(default_factory=dict)

    def batches(self, blocks: Iterable[bytes], skipped: Skipped) -> Iterator[Batch]:
        """The records of the file.

        Raises:
            InvalidInputError: a CSV file has no header.
        """
        found = stretches(blocks, skipped)
        start = list[Stretch]()
        for stretch in found:
            start.append(stretch)
            line = next(filter(None, map(bytes.strip, stretch.lines)), b"")
            if line and self.form is None:
                self.form = Form.JSON if line.startswith(b"{") else Form.TEXT
            if self.form:
                break
        whole = chain(start, found)
        match self.form:
            case Form.CSV:
                yield from self._tables(whole, skipped)
            case Form.JSON:
                yield from (self._objects(stretch, skipped) for stretch in whole)
            case Form.TEXT:
                yield from map(_pieces, whole)

    def _objects(self, stretch: Stretch, skipped: Skipped) -> Batch:
        """Records of the same fields are one group, and each of its fields one column."""
        numbers, records = _records(stretch, skipped)
        groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for position, shape in enumerate(map(tuple, records)):
            groups[shape].append(position)
        columns = [
            Column(look.kind, positions, _values(records, positions, look=look))
            for shape, positions in groups.items()
            for look in self._plan(shape)
            if look.kind is not Kind.TIME
        ]
        return Batch(numbers, columns, lambda position: self._times(records[position]))

    def _times(self, record: Mapping[str, object]) -> Iterator[object]:
        return (_at(record, look) for look in self._plan(tuple(record)) if look.kind is Kind.TIME)

    def _plan(self, shape: tuple[str, ...]) -> list[Look]:
        plan = self._plans.get(shape)
        if plan is None:
            if len(self._plans) >= _MAX_SHAPES:
                self._plans.clear()
            plan = self._plans[shape] = self.fields.plan(shape)
            self.names.update(look.full_name for look in plan)
        return plan

    def _tables(self, whole: Iterable[Stretch], skipped: Skipped) -> Iterator[Batch]:
        lines = (line for stretch in whole for line in stretch.lines)
        for header, numbers, table in rows(lines, skipped):
            places = {name: place for place, name in enumerate(header)}
            looks = [look for look in self._plan(tuple(places)) if not look.path]
            cells = list(zip(*table, strict=True))
            everybody = range(len(table))
            times = [cells[places[look.name]] for look in looks if look.kind is Kind.TIME]
            columns = [Column(look.kind, everybody, cells[places[look.name]]) for look in looks if look.kind is not Kind.TIME]
            yield Batch(numbers, columns, partial(_across, times))


def _across(columns: Sequence[Sequence[object]], position: int) -> list[object]:
    return [column[position] for column in columns]


def _records(stretch: Stretch, skipped: Skipped) -> tuple[Sequence[int], list[dict[str, object]]]:
    """The objects, with the numbers of their lines: all at once where nothing is wrong, else one by one."""
    numbers: Sequence[int] = range(stretch.first, stretch.first + len(stretch.lines))
    try:
        records = [*map(orjson.loads, stretch.lines)]
        if {*map(type, records)} == {dict}:
            return numbers, records
    except orjson.JSONDecodeError:
        pass
    good = list[tuple[int, dict[str, object]]]()
    for number, line in zip(numbers, stretch.lines, strict=True):
        try:
            record = orjson.loads(line) if line.strip() else None
        except orjson.JSONDecodeError:
            skipped.add(number, NOT_JSON)
            continue
        if isinstance(record, dict):
            good.append((number, record))
        elif line.strip():
            skipped.add(number, NOT_AN_OBJECT)
    return [number for number, _ in good], [record for _, record in good]


def _values(records: Sequence[Mapping[str, object]], positions: Sequence[int], *, look: Look) -> list[object]:
    if look.path:
        return [_at(records[position], look) for position in positions]
    name = look.name
    return [records[position][name] for position in positions]


def _at(record: Mapping[str, object], look: Look) -> object:
    value = record[look.name]
    for step in look.path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _pieces(stretch: Stretch) -> Batch:
    """Every piece of every line that could be a value."""
    found = [_TOKEN.findall(line.decode(errors="replace")) for line in stretch.lines]
    kept = [position for position, line in enumerate(stretch.lines) if line.strip()]
    positions = [place for place, position in enumerate(kept) for _ in found[position]]
    values = [piece for position in kept for piece in found[position]]
    return Batch([stretch.first + position for position in kept], [Column(Kind.PIECE, positions, values)], lambda _: ())
