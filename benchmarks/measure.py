"""Comparing two things on a machine that others use too: in turns, in short slices, and what is told is the median of the ratios."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Measurement = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Slices of two things, taken in turns."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Each slice of ours against its neighbour."""
        return [our / their for our, their in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the greatest ratio."""
        return min(self.ratios), max(self.ratios)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the result; a goal is met from `floor` on, and `aim` is better still."""

    group: str
    name: str
    value: float
    low: float
    high: float
    unit: str  # "%", "x", "/s", " ms" or "MB"
    floor: float | None = None
    aim: float | None = None
    detail: str = ""  # the absolute figures behind a ratio

    @property
    def verdict(self) -> str:
        """What became of the goal."""
        if self.floor is None or self.aim is None:
            return ""
        sign = 1 if self.aim > self.floor else -1
        if sign * self.value >= sign * self.aim:
            return "aim met"
        return "floor met" if sign * self.value >= sign * self.floor else "missed"


def in_turns(ours: Measurement, theirs: Measurement, *, rounds: int) -> Comparison:
    """Measures both, ours first in one round and theirs in the next, after a round that does not count."""
    ours(), theirs()
    mine, other = list[float](), list[float]()
    for number in range(rounds):
        for into, measure in ((mine, ours), (other, theirs))[:: 1 if number % 2 else -1]:
            into.append(measure())
    return Comparison(ours=tuple(mine), theirs=tuple(other))


def memory(process: int, field: str) -> float:
    """Megabytes of a process: "VmRSS" now, "VmHWM" at most since `forget_peak`."""
    return next(value for name, value in _status(process) if name == field) / 1000


def forget_peak(process: int) -> None:
    """From here on, "VmHWM" counts anew (Linux)."""
    Path(f"/proc/{process}/clear_refs").write_text("5")


def _status(process: int) -> Iterator[tuple[str, float]]:
    """What the kernel counts in kB of 1,024 bytes, in kB of 1,000."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.endswith("kB"):
            name, _, value = line.partition(":")
            yield name, int(value.removesuffix("kB")) * 1.024
