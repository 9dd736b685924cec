"""`next`: where a reader stands in a collection, sealed so that only we can have written it (ADR 0004; TAXII 2.1 §3.5).

A token carries everything that its page needs, so any process answers it, after a restart too, and the same token gives the same page.
It is bound to one reader at one clearance, one collection, one endpoint and one epoch; what does not fit is refused, never guessed at.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import msgspec

from tocsin.errors import InvalidInputError
from tocsin.model.query import ObjectQuery

LIFETIME = 7 * 86_400 * 1_000_000  # microseconds
_FORM = b"\x01"  # of the token; also names the key, which is derived for this form
_MAC_BYTES = 16
_STALE = "this `next` is not valid (any more)"
_HINT = "ask again with added_after and your filters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a token is bound to; all of it must be the same when it comes back."""

    endpoint: str  # "objects", "manifest", "object <id>" or "versions <id>"
    collection: str
    epoch: int
    reader: int
    clearance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place, how far the reader has got, and the filters that it set out with."""

    place: Place
    position: int  # the last stamp handed out
    query: ObjectQuery
    expires: int  # stamp


def seal(cursor: Cursor, key: bytes) -> str:
    """The token of a cursor: URL-safe text."""
    payload = _FORM + msgspec.msgpack.encode(cursor)
    return urlsafe_b64encode(payload + _mac(payload, key)).decode().rstrip("=")


def unseal(token: str, key: bytes, *, place: Place, now: int) -> Cursor:
    """The cursor of a token that this exchange sealed for this very place.

    Raises:
        InvalidInputError: broken, foreign, expired, or sealed for another reader, collection, clearance or epoch.
    """
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise InvalidInputError(_STALE, hint=_HINT) from error
    payload, mac = sealed[:-_MAC_BYTES], sealed[-_MAC_BYTES:]
    if payload[:1] != _FORM or not hmac.compare_digest(mac, _mac(payload, key)):
        raise InvalidInputError(_STALE, hint=_HINT)
    cursor = msgspec.msgpack.decode(payload[1:], type=Cursor)
    if cursor.place != place or cursor.expires < now:
        raise InvalidInputError(_STALE, hint=_HINT)
    return cursor


def _mac(payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")[:_MAC_BYTES]
