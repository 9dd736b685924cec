"""Bytes of a peer's answer to checked values: strict JSON, and a page cut into the slices of its objects.

Refuses duplicate keys, NaN and Infinity, what is not UTF-8, wrong types and floods of tiny values, all with ValueError; the caller
says in its own terms whose fault that is. An object inside a page is cut, not judged: one odd object must not stop the paging.
Source: TAXII 2.1 §3.7 (envelope), RFC 8259.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec
from msgspec import Raw

MAX_COMMAS = 4_000_000  # decoded, 64 MB of "[],[],[]" would take gigabytes; real pages stay far below
_SURROGATE = re.compile(rb"\\ud[89a-f][0-9a-f]{2}", re.IGNORECASE)
_NAME = re.compile(rb'[\s,{]*("(?:[^"\\]|\\.)*")\s*:\s*', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A TAXII envelope with its objects still as bytes."""

    bodies: tuple[bytes, ...]
    more: bool
    next: str | None


def read_json(body: bytes) -> Any:
    """The value of a JSON text. Raises ValueError when it is not strict JSON or nested too deeply to be read."""
    try:
        return json.loads(_require_sober(body), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_envelope(body: bytes) -> Envelope:
    """The envelope, its objects as the slices that they occupy in `body`. Raises ValueError when it is not an envelope."""
    _require_sober(body)
    twin = _without_surrogates(body)
    try:
        members = msgspec.json.decode(twin, type=dict[str, Raw])
        spans = _spans(twin, members)
        raws = msgspec.json.decode(members.get("objects", b"[]"), type=list[Raw])
        more = msgspec.json.decode(members.get("more", b"false"), type=bool)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    cursor = read_json(body[slice(*spans["next"])]) if "next" in spans else None
    if not isinstance(cursor, str | None):
        raise ValueError("its `next` is not a string")
    if cursor:
        cursor.encode()  # UnicodeEncodeError, a ValueError, for what could never be sent back
    start = spans["objects"][0] if raws else 0
    return Envelope(bodies=tuple(_cut(body, twin, raws=raws, start=start)), more=more, next=cursor or None)


def _require_sober(body: bytes) -> str:
    """The text of the body; raises ValueError when it is not UTF-8 or carries a flood of values."""
    if body.count(b",") > MAX_COMMAS:
        raise ValueError(f"it holds more than {MAX_COMMAS:,} values")
    return body.decode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _without_surrogates(body: bytes) -> bytes:
    r"""A twin of equal length and structure for msgspec, which refuses to skip a lone surrogate ("\ud83d" without its second half).

    Such a text is grammatical JSON, and comes from producers that cut strings in the middle of an emoji. The twin tells where the
    slices lie; what is kept is always cut from the body itself.
    """
    return _SURROGATE.sub(rb"\\u0020", body) if b"\\ud" in body or b"\\uD" in body else body


def _spans(text: bytes, members: dict[str, Raw]) -> dict[str, tuple[int, int]]:
    """Where each member's value lies in the text of an object that is known to be grammatical; a key that occurs twice is refused.

    msgspec keeps the last of two equal keys, so the first one shows by a value that is not the kept one, or by its name coming again.
    """
    spans: dict[str, tuple[int, int]] = {}
    position = 0
    while found := _NAME.match(text, position):
        name, start = msgspec.json.decode(found[1], type=str), found.end()
        value = bytes(members[name])
        if name in spans or not text.startswith(value, start):
            raise ValueError(f"the key {name[:60]!r} occurs twice")
        position = start + len(value)
        spans[name] = (start, position)
    if text[position:].strip() not in (b"}", b"{}"):
        raise ValueError("a key occurs twice")
    return spans


def _cut(body: bytes, twin: bytes, *, raws: list[Raw], start: int) -> Iterator[bytes]:
    """The slices of the body; only white space and commas lie between them, so that searching on finds each at its own place."""
    for raw in raws:
        piece = bytes(raw)
        if not piece.startswith(b"{"):
            raise ValueError("an entry of its `objects` is not an object")
        if twin is not body:
            start = twin.index(piece, start)
            piece = body[start : start + len(piece)]
            start += len(piece)
        yield piece
