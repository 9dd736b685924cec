"""When a record says that it happened: RFC 3339 and what is close to it, or a number since 1970.

A time without an offset is taken as UTC, as logs mostly mean it. A number counts seconds, milliseconds, microseconds or nanoseconds, told
apart by their size, from 2001 on. Everything else is no time, and a record without one counts as of now.

Source: RFC 3339; ISO 8601 as `datetime.fromisoformat` reads it.
"""

from datetime import UTC, datetime

from tocsin.model.stamp import NEVER_TOO_LATE, stamp_at

_UNITS = ((9, 1_000_000), (12, 1_000), (15, 1), (18, 0.001))  # power of ten from which on, and microseconds of one


def moment_of(value: object) -> int | None:
    """The stamp of a value in a field of time, None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _counted(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if len(text) >= 10 and text.replace(".", "", 1).isdecimal() and text.isascii():
        return _counted(float(text) if "." in text else int(text[:20]))
    try:
        moment = datetime.fromisoformat(text)
        stamp = stamp_at(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return stamp if 0 <= stamp < NEVER_TOO_LATE else None


def _counted(number: int | float) -> int | None:
    for power, microseconds in _UNITS:
        if 10**power <= number < 10 ** (power + 2):
            return int(number * microseconds) if isinstance(number, float) or microseconds < 1 else number * int(microseconds)
    return None
