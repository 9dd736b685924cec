"""What a caller wants to push, as slices, and the slices as envelopes that the peer takes.

Takes dicts, JSON bytes and stix2 objects; judges nothing but the form (the receiver judges the content). Bytes go out as they are.
Source: TAXII 2.1 §3.7 (envelope), §4.2.1 (`max_content_length`), §5.4.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.errors import InvalidInputError
from tocsin.peers.interface import Outgoing, PushedObject
from tocsin.peers.wire import read_json

MAX_OBJECTS = 1000  # an envelope
_HEAD, _TAIL = b'{"objects":[', b"]}"
_SOFT_BYTES = 8 * 1024**2  # an envelope of ours, however much the peer would take: it must arrive within one request's time
_SIXTEENTH = 16  # kept free below the peer's limit: some count headers or decode before they count


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEnvelope:
    """One POST: the objects in it and its body."""

    objects: tuple[Outgoing, ...]
    body: bytes


def outgoing(thing: object) -> Outgoing:
    """An object on its way.

    Raises:
        InvalidInputError: not a dict, bytes or stix2 object; not strict JSON; without an id; a bundle.
    """
    body = _body_of(thing)
    try:
        value = read_json(body)
    except ValueError as error:
        raise InvalidInputError(f"an object to push is not valid JSON: {error}", hint="give STIX objects as JSON") from error
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise InvalidInputError("what is pushed is a STIX object with an id", hint="check what was given")
    if value.get("type") == "bundle":
        raise InvalidInputError("a bundle cannot be pushed as an object", hint='give its objects: bundle["objects"]')
    version = value.get("modified", value.get("created"))
    return Outgoing(id=value["id"], version=version if isinstance(version, str) else None, body=body)


def envelopes(objects: Iterable[Outgoing], *, max_bytes: int) -> Iterator[OutgoingEnvelope | PushedObject]:
    """The objects in order, as envelopes within the peer's limit; an object that is too large for any comes back as its failure."""
    hard = max_bytes - max_bytes // _SIXTEENTH
    room = min(hard, _SOFT_BYTES)
    batch: list[Outgoing] = []
    size = len(_HEAD) + len(_TAIL)
    for item in objects:
        alone = len(_HEAD) + len(item.body) + len(_TAIL)
        if alone > hard:
            message = f"not sent: {len(item.body):,} bytes are more than the peer's limit of {max_bytes:,} allows"
            yield PushedObject(id=item.id, version=item.version, message=message)
            continue
        if batch and (len(batch) == MAX_OBJECTS or size + 1 + len(item.body) > room):
            yield _envelope(batch)
            batch, size = [], len(_HEAD) + len(_TAIL)
        batch.append(item)
        size += len(item.body) + 1
    if batch:
        yield _envelope(batch)


def _envelope(batch: list[Outgoing]) -> OutgoingEnvelope:
    return OutgoingEnvelope(objects=tuple(batch), body=_HEAD + b",".join(item.body for item in batch) + _TAIL)


def _body_of(thing: object) -> bytes:
    if isinstance(thing, bytes | bytearray | memoryview):
        return bytes(thing)
    try:
        return _text_of(thing).encode()
    except (TypeError, ValueError, RecursionError) as error:  # a datetime, NaN, a lone surrogate, a circle
        raise InvalidInputError("an object to push cannot be written as JSON", hint="give strings for timestamps, and no NaN") from error


def _text_of(thing: Any) -> str:
    if isinstance(thing, Mapping) and not hasattr(thing, "serialize"):
        return json.dumps(dict(thing), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if not hasattr(thing, "serialize"):
        raise InvalidInputError(f"a {type(thing).__name__} cannot be pushed", hint="give dicts, JSON bytes or stix2 objects, in a list")
    return str(thing.serialize())
