"""The indicators that are held, found by their values: a million of them, each value looked up at once.

Kept of an indicator are its id, when it is valid and where it is found; everything else is read again of the few that match. One version
counts, the last; what is revoked is not there. What is not evaluated is counted with the reason, never left out in silence.

Source: STIX 2.1 §4.7 (indicator), §3.6 (versions).
"""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from tocsin.errors import InvalidInputError
from tocsin.model.match.pattern import Simple, read_pattern
from tocsin.model.match.table import MAX_ON_ONE_VALUE, Table
from tocsin.model.stamp import NEVER_TOO_LATE, stamp_of, version_of

MAX_KEYS = 100  # of which accounts are hashed: each costs a hash a name of the telemetry
CROWDED = f"one of more than {MAX_ON_ONE_VALUE:,} on one value"
NO_KEY = "an account hashed with a key that is not held"
MANY_KEYS = f"an account hashed with more than the first {MAX_KEYS} keys"
NO_TIME = "a validity that cannot be read"
OTHER_RULE = "a rule of another kind"
_RULES = ("sigma", "yara", "snort", "suricata", "pcre")
_GONE, _EVALUATED = 0, 1

Rule = Callable[[str], bool]  # does a prompt match it?


class Row(msgspec.Struct, gc=False):
    """What is needed of an indicator that was admitted; its schema says of what type these are, where they are there."""

    id: str
    modified: str
    pattern: str
    pattern_type: str
    valid_from: str
    valid_until: Any = None
    revoked: Any = None


@dataclass(frozen=True, slots=True)
class Need:
    """One term of an alternative that has several."""

    indicator: int
    alternative: int
    bit: int
    whole: int  # all bits of the alternative


@dataclass(slots=True, kw_only=True)
class Index:
    """Filled with `add`, then closed and looked up in. An indicator is its number; below zero stands a need, as ~number.

    Args:
        find_key: the key that hashes under a key id, if it is held.
        read_rule: a rule for prompts, or why it is not evaluated.
        own: as in `read_pattern`.
    """

    find_key: Callable[[str], bytes | None]
    read_rule: Callable[[str], Rule | str]
    own: frozenset[str]
    table: Table = field(default_factory=Table)
    rules: list[tuple[Rule, int]] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)  # by key id, those with which accounts here are hashed
    ids: list[str] = field(default_factory=list)
    _since: "array[int]" = field(default_factory=lambda: array("q"))
    _until: "array[int]" = field(default_factory=lambda: array("q"))
    _states: bytearray = field(default_factory=bytearray)
    _reasons: list[str] = field(default_factory=lambda: ["", ""])  # the first two states are none
    _numbers: dict[str, int] = field(default_factory=dict)
    _versions: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Takes one version of an indicator, in any order; the first of those that are one version counts."""
        there = self._numbers.get(row.id)
        if there is not None:
            if version_of(row.modified) <= version_of(self._versions[there]):
                return
            self._states[there] = _GONE
        number = self._numbers[row.id] = len(self.ids)
        self.ids.append(row.id)
        self._versions.append(row.modified)
        since, until = _instant(row.valid_from), NEVER_TOO_LATE if row.valid_until is None else _instant(row.valid_until)
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
        reasons = {self._reasons[state]: times for state, times in counts.most_common() if state > _EVALUATED}
        return len(self._states) - counts[_GONE], counts[_EVALUATED], reasons

    def is_valid(self, number: int, at: int) -> bool:
        """At an instant, given as a stamp; what was revoked or replaced never is."""
        return self._states[number] == _EVALUATED and self._since[number] <= at < self._until[number]

    def _state(self, reason: str) -> int:
        if not reason:
            return _EVALUATED
        if reason not in self._reasons:
            self._reasons.append(reason)  # there are a dozen of them
        return self._reasons.index(reason)

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
        reason = self._missing_key(simple)
        if reason:
            return reason
        has_room = True
        for position, alternative in enumerate(simple.alternatives):
            whole = (1 << len(alternative)) - 1
            for place, term in enumerate(alternative):
                ref = number
                if whole > 1:
                    ref = ~len(self.needs)
                    self.needs.append(Need(number, position, 1 << place, whole))
                has_room = self.table.put(term, ref) and has_room
        return "" if has_room else CROWDED

    def _missing_key(self, simple: Simple) -> str:
        for key_id in simple.key_ids - self.keys.keys():
            key = self.find_key(key_id)
            if key is None:
                return NO_KEY
            if len(self.keys) >= MAX_KEYS:
                return MANY_KEYS
            self.keys[key_id] = key
        return ""


@lru_cache(maxsize=4096)
def _instant(text: object) -> int | None:
    """A stamp; None for what is no timestamp."""
    try:
        return stamp_of(text) if isinstance(text, str) else None
    except InvalidInputError:
        return None
