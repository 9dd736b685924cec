"""How much may pass in which time: a bucket that fills at a steady rate, and the slices of one that several processes share (ADR 0009)."""

from dataclasses import dataclass

BURST_SECONDS = 2  # what was not used of so many seconds may come at once
SECOND = 1_000_000  # as stamps count


@dataclass(slots=True)
class Bucket:
    """One that a single process draws from; it starts full."""

    interval: float  # seconds until one more may pass
    depth: float  # seconds that it takes to fill
    spent_until: float = 0.0

    @classmethod
    def of(cls, rate: float, *, burst: float) -> "Bucket":
        """`rate` a second, `burst` at once."""
        return cls(1 / rate, burst / rate)

    def take(self, now: float) -> bool:
        """One passes at this instant; False when the bucket is empty. `now` never goes back."""
        until = max(self.spent_until, now) + self.interval
        if until > now + self.depth:
            return False
        self.spent_until = until
        return True


def slice_of(spent_until: int, *, now: int, rate: int) -> tuple[int, int]:
    """What a process gets of a bucket that all share, and the stamp up to which it is spent then.

    A quarter of what is there, so that the next process finds some too, but no less than a tenth of a second's worth where that is there.
    """
    burst = BURST_SECONDS * SECOND
    start = spent_until if now <= spent_until <= now + burst else now  # later than that: the clock was put back
    there = (now + burst - start) * rate // SECOND
    granted = min(there, max(there // 4, rate // 10, 1))
    return granted, start + granted * SECOND // rate
