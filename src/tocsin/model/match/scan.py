"""A pass over telemetry: which indicators were seen, how often, when first and last, and where.

An indicator counts once a record, whatever number of its values the record holds, and only if it was valid when the record says that it
happened, or is valid now: what was published later may have been seen before, and what ran out was once right. Of the telemetry nothing
is kept but the times and the numbers of the first lines.

Source: STIX 2.1 §4.7 (valid_from, valid_until: the first instant counts, the last one does not).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tocsin.model.match.field import Kind
from tocsin.model.match.index import Index
from tocsin.model.match.lookup import Lookup, Memory
from tocsin.model.match.moment import moment_of
from tocsin.model.match.sieve import Sieve
from tocsin.model.match.table import Refs
from tocsin.model.match.telemetry import Batch, Column

MAX_PLACES = 3  # that are told of one indicator


@dataclass(slots=True)
class Tally:
    """One indicator that was seen."""

    count: int = 0  # records
    first: int | None = None  # stamps; None where no record of it says when
    last: int | None = None
    places: list[tuple[str, int]] = field(default_factory=list)  # file and line of the first records

    def add(self, at: int | None, place: tuple[str, int]) -> None:
        """One more record."""
        self.count += 1
        if len(self.places) < MAX_PLACES:
            self.places.append(place)
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)


@dataclass(slots=True, kw_only=True)
class Scan:
    """What one pass has seen so far."""

    index: Index
    now: int
    records: int = 0
    matched: int = 0  # records
    _sieve: Sieve = field(init=False)
    _memories: Mapping[Kind, Memory] = field(init=False)
    _tallies: dict[int, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sieve = Sieve(self.index)
        self._memories = Lookup(self.index).memories()

    def take(self, batch: Batch, file: str) -> None:
        """Looks up all values of a batch."""
        self.records += len(batch.numbers)
        found: dict[int, set[int]] = defaultdict(set)
        for column in batch.columns:
            for position, refs in self._hits(column):
                found[position].update(refs)
        for position in sorted(found):
            self._meet(found[position], batch, position=position, file=file)

    def tallies(self) -> dict[str, Tally]:
        """Of each indicator that was seen, by its id, the most frequent first."""
        ordered = sorted(self._tallies.items(), key=lambda one: (-one[1].count, self.index.ids[one[0]]))
        return {self.index.ids[number]: tally for number, tally in ordered}

    def _hits(self, column: Column) -> Iterator[tuple[int, Refs]]:
        positions, texts = column.texts()
        memory = self._memories[column.kind]
        for place in self._sieve.positions(column.kind, texts):
            refs = memory[texts[place]]
            if refs:
                yield positions[place], refs

    def _meet(self, refs: set[int], batch: Batch, *, position: int, file: str) -> None:
        at = next((stamp for stamp in map(moment_of, batch.times(position)) if stamp is not None), None)
        seen = [one for one in self._indicators(refs) if self._is_valid(one, at)]
        for number in seen:
            self._tallies.setdefault(number, Tally()).add(at, (file, batch.numbers[position]))
        self.matched += bool(seen)

    def _indicators(self, refs: set[int]) -> set[int]:
        """Those of which an alternative holds as a whole."""
        found = {ref for ref in refs if ref >= 0}
        held: dict[tuple[int, int], int] = defaultdict(int)
        for ref in refs:
            if ref < 0:
                need = self.index.needs[~ref]
                key = (need.indicator, need.alternative)
                held[key] |= need.bit
                if held[key] == need.whole:
                    found.add(need.indicator)
        return found

    def _is_valid(self, number: int, at: int | None) -> bool:
        return self.index.is_valid(number, self.now) or (at is not None and self.index.is_valid(number, at))
