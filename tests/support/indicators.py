"""Indicators and telemetry for tests of `tocsin match`: an index made of patterns, and what one pass over some bytes finds."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.support.objects import INSTANT, uuid
from tocsin.model.match.field import read_fields
from tocsin.model.match.index import Index, Row, Rule
from tocsin.model.match.line import Skipped
from tocsin.model.match.scan import Scan, Tally
from tocsin.model.match.telemetry import Form, Reader
from tocsin.model.stamp import stamp_of

NOW = stamp_of("2026-06-01T00:00:00Z")
BLOCK = 64  # bytes, so that lines are cut in every way


def row(number: int, pattern: str, **properties: Any) -> Row:
    """An indicator that is valid for good from 2026 on; the same number is the same id."""
    values = {"modified": INSTANT, "pattern_type": "stix", "valid_from": INSTANT} | properties
    return Row(id=f"indicator--{uuid(number)}", pattern=pattern, **values)


def index_of(
    *rows: Row, own: frozenset[str] = frozenset(), keys: Mapping[str, bytes] | None = None, rule: Callable[[str], Rule | str] = str
) -> Index:
    """An index that is ready."""
    index = Index(find_key=(keys or {}).get, read_rule=rule, own=own)
    for one in rows:
        index.add(one)
    index.close()
    return index


def patterns(*texts: str) -> Index:
    """Indicators 0, 1, ... of these patterns."""
    return index_of(*(row(number, text) for number, text in enumerate(texts)))


def lines(*records: object) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


class Pass:
    """One pass over one file."""

    def __init__(self, index: Index, content: bytes, *, form: Form | None = None, fields: Sequence[str] = ()) -> None:
        self.scan, self.skipped = Scan(index=index, now=NOW), Skipped()
        self.reader = Reader(read_fields(fields), form)
        blocks = [content[start : start + BLOCK] for start in range(0, len(content), BLOCK)]
        for batch in self.reader.batches(blocks, self.skipped):
            self.scan.take(batch, "log")

    @property
    def tallies(self) -> dict[int, Tally]:
        """By the number of the indicator."""
        return {int(one[-12:], 16): tally for one, tally in self.scan.tallies().items()}

    @property
    def lines(self) -> dict[int, list[int]]:
        """The numbers of the first lines that hold each indicator."""
        return {number: [line for _, line in tally.places] for number, tally in sorted(self.tallies.items())}
