"""When a record says that it happened: RFC 3339 and what is close to it, or a number since 1970.

A time without an offset is taken as UTC, as logs mostly mean it. A number counts seconds, milliseconds, microseconds or nanoseconds: it has
10, 13, 16 or 19 digits before the point, from 2001 to 2286. Everything else is no time, and a record without one counts as of now.

Source: RFC 3339; ISO 8601 as `datetime.fromisoformat` reads it.
"""

from datetime import UTC, datetime

from tocsin.model.stamp import NEVER_TOO_LATE, stamp_at

_SMALLEST = 10**9  # seconds since 1970: in 2001
_PARTS = (1, 1_000, 1_000_000, 1_000_000_000)  # of a second
_MICROSECONDS = 1_000_000  # of a second
_LONGEST = 40  # characters of a number


def moment_of(value: object) -> int | None:
    """The stamp of a value in a field of time, None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _counted(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if 10 <= len(text) <= _LONGEST and text.isascii() and text.replace(".", "", 1).isdecimal():
        return _counted(float(text) if "." in text else int(text))
    try:
        moment = datetime.fromisoformat(text)
        stamp = stamp_at(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return stamp if 0 <= stamp < NEVER_TOO_LATE else None


def _counted(number: int | float) -> int | None:
    for part in _PARTS:
        if _SMALLEST * part <= number < 10 * _SMALLEST * part:
            return int(number * _MICROSECONDS // part)
    return None
