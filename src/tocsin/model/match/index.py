"""The indicators that are held, by the values at which they are found: a million of them, and each value looked up at once.

Kept of an indicator are its id, when it is valid, and where it is found; everything else is read again of the few that match. One version
counts, the last; what is revoked is not there. Whoever puts a great many indicators on one value makes only their own unusable.

Source: STIX 2.1 §4.7 (indicator), §3.6 (versions).
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from tocsin.errors import InvalidInputError
from tocsin.model.match.pattern import Simple, Slot, Term, read_pattern
from tocsin.model.match.value import network_of
from tocsin.model.stamp import NEVER_TOO_LATE, version_of

MAX_ON_ONE_VALUE = 1_000
CROWDED = f"one of more than {MAX_ON_ONE_VALUE:,} on one value"
NO_KEY = "an account hashed with a key that is not held"
NO_TIME = "a validity that cannot be read"
OTHER_RULE = "a rule of another kind"
_RULES = ("sigma", "yara", "snort", "suricata", "pcre")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Ref = int  # an indicator by its number; below zero, a term of an alternative that has several: ~number of the term
Refs = tuple[Ref, ...]
Rule = Callable[[str], bool]  # does a prompt match it?


class Row(msgspec.Struct, gc=False):
    """What is needed of an indicator; a body that was admitted may still hold anything in a property."""

    id: Any
    modified: Any = None
    revoked: Any = None
    pattern: Any = None
    pattern_type: Any = None
    valid_from: Any = None
    valid_until: Any = None


@dataclass(frozen=True, slots=True)
class Need:
    """One term of an alternative that has several."""

    indicator: int
    alternative: int
    bit: int
    whole: int  # all bits of the alternative


@dataclass(slots=True, kw_only=True)
class Index:
    """Filled with `add`, then closed and looked up in.

    Args:
        find_key: the key that hashes under a key id, if it is held.
        read_rule: a rule for prompts, or why it is not evaluated.
        own: as in `read_pattern`.
    """

    find_key: Callable[[str], bytes | None]
    read_rule: Callable[[str], Rule | str]
    own: frozenset[str]
    tables: dict[Slot, dict[str, Ref | list[Ref]]] = field(default_factory=lambda: {slot: {} for slot in Slot})
    networks: dict[tuple[int, int], dict[int, list[Ref]]] = field(default_factory=dict)  # (version, bits that do not count)
    rules: list[tuple[Rule, Ref]] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    keys: dict[str, bytes | None] = field(default_factory=dict)  # those that were asked for
    ids: list[str] = field(default_factory=list)
    _since: "array[int]" = field(default_factory=lambda: array("q"))
    _until: "array[int]" = field(default_factory=lambda: array("q"))
    _states: bytearray = field(default_factory=bytearray)
    _reasons: list[str] = field(default_factory=lambda: ["", ""])  # those two states are none: gone, and evaluated
    _numbers: dict[str, int] = field(default_factory=dict)
    _versions: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Takes one version of an indicator, in any order; the first of those with one version counts."""
        there = self._numbers.get(row.id)
        if there is not None:
            if version_of(row.modified) <= version_of(self._versions[there]):
                return
            self._states[there] = _GONE
        number = self._numbers[row.id] = len(self.ids)
        since, until = _instant(row.valid_from), NEVER_TOO_LATE if row.valid_until is None else _instant(row.valid_until)
        self.ids.append(row.id)
        self._versions.append(row.modified)
        self._since.append(since or 0)
        self._until.append(until or 0)
        self._states.append(_GONE)
        if row.revoked is not True:
            self._states[number] = self._state(NO_TIME if since is None or until is None else self._place(row, number))

    def close(self) -> None:
        """Nothing is added any more: gives back the memory that only adding needs."""
        self._numbers, self._versions = {}, []

    def count(self) -> tuple[int, int, dict[str, int]]:
        """How many are held, how many of them are evaluated, and of the others how many for which reason."""
        counts = Counter(self._states)
        reasons = {self._reasons[state]: times for state, times in sorted(counts.items()) if state > _EVALUATED}
        return sum(counts.values()) - counts[_GONE], counts[_EVALUATED], reasons

    def is_valid(self, number: int, at: int) -> bool:
        """At an instant, given as a stamp; what was revoked or replaced never is."""
        return self._states[number] == _EVALUATED and self._since[number] <= at < self._until[number]

    def _place(self, row: Row, number: int) -> str:
        """Puts an indicator where it is found; why it is not evaluated, or ""."""
        if row.pattern_type == "nova":
            rule = self.read_rule(row.pattern)
            if isinstance(rule, str):
                return rule
            self.rules.append((rule, number))
            return ""
        if row.pattern_type != "stix":
            return f"a {row.pattern_type} rule" if row.pattern_type in _RULES else OTHER_RULE
        simple = read_pattern(row.pattern, own=self.own)
        return simple if isinstance(simple, str) else self._place_simple(simple, number)

    def _place_simple(self, simple: Simple, number: int) -> str:
        for key_id in simple.key_ids:
            if self._key(key_id) is None:
                return NO_KEY
        if any(self._is_crowded(term) for alternative in simple.alternatives for term in alternative):
            return CROWDED
        for position, alternative in enumerate(simple.alternatives):
            whole = (1 << len(alternative)) - 1
            for bit, term in enumerate(alternative):
                if whole == 1:
                    self._put(term, number)
                else:
                    self.needs.append(Need(number, position, 1 << bit, whole))
                    self._put(term, ~(len(self.needs) - 1))
        return ""

    def _key(self, key_id: str) -> bytes | None:
        if key_id not in self.keys:
            self.keys[key_id] = self.find_key(key_id)
        return self.keys[key_id]

    def _is_crowded(self, term: Term) -> bool:
        table, key = self._spot(term)
        there = table.get(key)
        return isinstance(there, list) and len(there) >= MAX_ON_ONE_VALUE

    def _put(self, term: Term, ref: Ref) -> None:
        table, key = self._spot(term)
        there = table.get(key)
        if there is None:
            table[key] = ref
        elif isinstance(there, list):
            there.append(ref)
        else:
            table[key] = [there, ref]
