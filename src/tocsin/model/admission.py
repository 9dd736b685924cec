"""Admission: one slice of JSON in, a StixObject or a Refusal out (ADR 0007).

Refused is what could harm a reader or the log, and nothing else. Custom properties, types without a schema and numbers of any size
are carried; what STIX says SHOULD be otherwise becomes a warning. Who may say it, and where, is not asked here; the clock is given.

Sources: STIX 2.1 §2.7 (type), §2.9 (identifier), §3.2 (common properties), §9 (patterns); the OASIS schemas, and those of our own
extensions (ADR 0013), for everything else.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from tocsin.errors import InvalidInputError, MalformedJsonError
from tocsin.model import extension, marking, schema, stamp, strict_json
from tocsin.model.pattern import VERSION, check_pattern
from tocsin.model.schema import Fault, shown
from tocsin.model.stix import Refusal, StixObject

MAX_AHEAD = timedelta(minutes=5)

_TYPE = re.compile(r"[a-z][a-z0-9-]{1,248}[a-z0-9]")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
_MAX_ID = 300  # characters of a refused id that are given back

_PERIODS = (  # (earlier, later): what the later one names should not lie before the earlier one
    ("created", "modified"),
    ("first_seen", "last_seen"),
    ("first_observed", "last_observed"),
    ("start_time", "stop_time"),
    ("valid_from", "valid_until"),
)


def read(body: bytes, *, now: int, position: int) -> StixObject | Refusal:
    """Judge one object.

    Args:
        body: the slice of the message, as `strict_json.cut_envelope` gives it.
        now: stamp of the judgement.
        position: index among the objects of the message; names an object that has no id.
    """
    nameless = f"objects[{position}]"
    try:
        document = strict_json.read(body)
    except MalformedJsonError as error:
        return Refusal(id=nameless, version=None, path="$", reason=error.message, hint=error.hint)
    value = document.value
    if not isinstance(value, dict):
        return Refusal(id=nameless, version=None, path="$", reason=f"{shown(value)} is not a STIX object", hint="send a JSON object")
    fault = _first_fault(value, document.content_hash, now=now)
    if fault is not None:
        return _refusal(value, fault, nameless=nameless)
    return _admitted(value, document.content_hash, body=body)


def content_hash(body: bytes) -> bytes:
    """The hash of an object's content, 32 bytes; of what is no readable JSON, that of its bytes."""
    try:
        return strict_json.read(body).content_hash
    except MalformedJsonError:
        return sha256(body).digest()


def is_built_in(identifier: str) -> bool:
    """Whether the id is one of the nine standard TLP definitions, which every exchange holds from the start."""
    return identifier in marking.BUILT_IN


def _first_fault(value: dict[str, Any], content_hash: bytes, *, now: int) -> Fault | None:
    for check in _CHECKS:
        fault = check(value)
        if fault is not None:
            return fault
    if marking.BUILT_IN.get(value["id"], content_hash) != content_hash:
        reason = "the id is that of a standard TLP marking, with another definition"
        return Fault("$", reason, "refer to the marking, and leave its definition out")
    return _time_fault(value, now) or schema.check(value) or extension.check(value) or _pattern_fault(value)


def _type_fault(value: dict[str, Any]) -> Fault | None:
    kind = value.get("type")
    if kind == "bundle":
        return Fault("$.type", "a bundle is not an object of an envelope", "send the bundle as the body, or its objects one by one")
    if not isinstance(kind, str) or _TYPE.fullmatch(kind) is None:
        reason = f"{shown(kind)} is not a STIX type" if "type" in value else "the property type is missing"
        return Fault("$.type", reason, 'write 3 to 250 characters of a-z, 0-9 and "-", like "indicator"')
    return None


def _id_fault(value: dict[str, Any]) -> Fault | None:
    kind, identifier = value["type"], value.get("id")
    hint = f'write "{kind[:60]}--" and a UUID of version 1 to 5'
    if not isinstance(identifier, str):
        return Fault("$.id", f"{shown(identifier)} is not an id" if "id" in value else "the property id is missing", hint)
    if not identifier.startswith(f"{kind}--"):
        return Fault("$.id", f"{shown(identifier)} is not an id of the type {shown(kind)}", hint)
    if _UUID.fullmatch(identifier, len(kind) + 2) is None:
        return Fault("$.id", f"{shown(identifier)} does not end in a UUID", hint)
    return None


def _spec_version_fault(value: dict[str, Any]) -> Fault | None:
    """Only a cyber-observable may lack it, and those have no `created`."""
    if value.get("spec_version") == "2.1" or ("spec_version" not in value and "created" not in value):
        return None
    given = f"is {shown(value['spec_version'])}" if "spec_version" in value else "is missing"
    return Fault("$.spec_version", f"the property spec_version {given}", 'add "spec_version": "2.1", and the properties of STIX 2.1')


_CHECKS: tuple[Callable[[dict[str, Any]], Fault | None], ...] = (_type_fault, _id_fault, _spec_version_fault)


def _time_fault(value: dict[str, Any], now: int) -> Fault | None:
    """`created` and `modified` on any type: the log orders versions by them."""
    for name in ("created", "modified"):
        if name not in value:
            continue
        given = value[name]
        try:
            version = stamp.version_of(given if isinstance(given, str) else "")
        except InvalidInputError as error:
            return Fault(f"$.{name}", error.message if isinstance(given, str) else f"{shown(given)} is not a timestamp", error.hint)
        if version[:19] > _latest(now):
            hint = "set your clock, or send it again when the instant has come"
            return Fault(f"$.{name}", f"{version[:40]} lies more than five minutes ahead of our clock", hint, is_passing=True)
    return None


@lru_cache(maxsize=16)  # one envelope is judged at one instant
def _latest(now: int) -> str:
    """The last whole second that may be claimed, in text of which the order is that of time."""
    return stamp.text_of(now + MAX_AHEAD // timedelta(microseconds=1))[:19]


def _pattern_fault(value: dict[str, Any]) -> Fault | None:
    if value["type"] != "indicator" or value["pattern_type"] != "stix":
        return None
    reason = check_pattern(value["pattern"], version=value.get("pattern_version", VERSION))
    return Fault("$.pattern", f"the pattern {reason}", "write it like \"[ipv4-addr:value = '198.51.100.7']\"") if reason else None


def _refusal(value: dict[str, Any], fault: Fault, *, nameless: str) -> Refusal:
    given = value.get("id")
    identifier = given[:_MAX_ID] if isinstance(given, str) and given else nameless
    return Refusal(
        id=identifier,
        version=_version(value),
        path=fault.path,
        reason=fault.reason,
        hint=fault.hint,
        is_passing=fault.is_passing,
    )


def _admitted(value: dict[str, Any], content_hash: bytes, *, body: bytes) -> StixObject:
    author = value.get("created_by_ref")
    return StixObject(
        id=value["id"],
        type=value["type"],
        version=_version(value),
        created_by=author if _is_id(author) else None,
        level=marking.level_of(value),
        content_hash=content_hash,
        body=body,
        warnings=_warnings(value),
    )


def _version(value: dict[str, Any]) -> str | None:
    """The normalised version, where there is one that can be read."""
    text = value.get("modified", value.get("created"))
    try:
        return stamp.version_of(text) if isinstance(text, str) else None
    except InvalidInputError:
        return None


def _is_id(value: object) -> bool:
    """A type without a schema may hold anything as its author; only an id claims something."""
    if not isinstance(value, str):
        return False
    kind, _, uuid = value.partition("--")
    return _TYPE.fullmatch(kind) is not None and _UUID.fullmatch(uuid) is not None


def _warnings(value: dict[str, Any]) -> tuple[str, ...]:
    periods = ((earlier, later) for earlier, later in _PERIODS if earlier in value and later in value)
    crossed = (f"{earlier} is later than {later}" for earlier, later in periods if _is_later(value[earlier], value[later]))
    return (*crossed, *extension.unknown(value))


def _is_later(earlier: object, later: object) -> bool:
    if not isinstance(earlier, str) or not isinstance(later, str):
        return False
    try:
        return stamp.version_of(earlier) > stamp.version_of(later)
    except InvalidInputError:
        return False
