"""UTC instants and their text forms.

Two kinds exist. A *stamp* is the log's own instant: an integer, microseconds since 1970-01-01T00:00:00Z, in text always with six
digits (TAXII 2.1 §3.2, RFC 3339 with "Z"). A *version* is the producer's instant (STIX `modified` or `created`), of any precision:
it is kept as normalised text without the "Z", so that equal instants are equal text, text order is time order and no digit is lost.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tocsin.errors import InvalidInputError

NEVER_TOO_LATE = 253_000_000_000_000_000  # a stamp of the year 9987: for judging again what was judged by the clock once
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,64}))?Z", re.ASCII)
_HINT = 'write it like "2026-01-31T09:30:00.000Z" (RFC 3339, UTC, ending in Z)'


@lru_cache(maxsize=4096)  # `created` is mostly `modified`, and many objects are of one instant
def version_of(text: str) -> str:
    """The normalised form of an RFC 3339 UTC timestamp: at least three fraction digits, no zeros after those, no "Z".

    "2026-01-31T09:30:00Z" gives "2026-01-31T09:30:00.000"; `version_text` puts the "Z" back.

    Raises:
        InvalidInputError: not RFC 3339 with "Z", or no such day or second. Leap seconds (":60") are refused: common readers fail on them.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise InvalidInputError(f"{text[:60]!r} is not a UTC timestamp", hint=_HINT)
    whole, fraction = match.group(1), match.group(2) or ""
    try:
        datetime.fromisoformat(whole)
    except ValueError as error:
        raise InvalidInputError(f"{text[:60]!r} is not an instant that exists", hint=_HINT) from error
    return f"{whole}.{fraction.rstrip('0').ljust(3, '0')}"


def version_text(version: str) -> str:
    """The timestamp of a normalised version, as TAXII resources show it."""
    return f"{version}Z"


def stamp_of(text: str) -> int:
    """The stamp of an RFC 3339 UTC timestamp, cut (not rounded) to microseconds.

    Raises:
        InvalidInputError: as `version_of`.
    """
    version = version_of(text)
    return stamp_at(datetime.fromisoformat(version[:19] + "Z")) + int(version[20:][:6].ljust(6, "0"))


def stamp_at(instant: datetime) -> int:
    """The stamp of an aware datetime."""
    return (instant - _EPOCH) // _MICROSECOND


def text_of(stamp: int) -> str:
    """The text of a stamp, always six fraction digits: "2026-01-31T09:30:00.000000Z"."""
    return f"{_EPOCH + timedelta(microseconds=stamp):%Y-%m-%dT%H:%M:%S.%fZ}"


def stix_text(stamp: int) -> str:
    """The same with milliseconds, which every reader of STIX objects takes, cut and not rounded: "2026-01-31T09:30:00.000Z"."""
    return f"{text_of(stamp)[:23]}Z"
