"""JSON as it arrives: a message is cut into the slices of its objects, and one slice is read for judgement (ADR 0002).

A slice is never re-serialised. What readers disagree about is refused: duplicate keys, NaN and Infinity, U+0000, lone surrogates,
text that is not UTF-8, more than 100,000 values or a depth above 100. Numbers of any size are carried, and never become digits that
the sender did not write. Two slices have the same content hash exactly when their JSON values are equal.

Sources: RFC 8259; RFC 7493 (I-JSON) for what readers disagree about; TAXII 2.1 §3.7 (envelope); STIX 2.1 §8 (bundle).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from hashlib import sha256
from itertools import accumulate
from typing import Any, NoReturn

import msgspec
import orjson

from tocsin.errors import MalformedJsonError, NotAnEnvelopeError, TooLargeError

MAX_VALUES = 100_000
MAX_DEPTH = 100
MAX_OBJECTS = 20_000  # in one envelope; of ordinary size they are more than `max_content_length` allows

_BOM = b"\xef\xbb\xbf"  # editors on Windows put it before a file
_OBJECTS_KEY = re.compile(rb'"objects"[ \t\r\n]*:[ \t\r\n]*')
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # the end is optional, so that an unclosed one is scanned once only
_EMPTY = re.compile(rb"\[[ \t\r\n]*\]|\{[ \t\r\n]*\}")
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
_NOT_A_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)  # sums of whole numbers only, which need no more room than their digits
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


@dataclass(frozen=True, slots=True)
class Number:
    """A number that fits no int of 18 digits and no float of 15 exactly: sign, digits without outer zeros, power of ten."""

    sign: str  # "-" or ""
    digits: str
    exponent: int | Decimal  # Decimal only beyond 18 digits; never expanded

    def __str__(self) -> str:
        return f"{self.sign}{self.digits}e{self.exponent}"

    def stand_in(self) -> int | float:
        """A plain number that is whole when this one is, and on the same side of every whole number up to 10**14."""
        if self.exponent >= 0:
            return int(f"{self.sign}{10**18}")
        width = self.exponent + len(self.digits)
        whole = "0" if width <= 0 else self.digits[: int(width)] if width < 15 else str(10**14)
        return float(f"{self.sign}{whole}.5")


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON value, read once."""

    value: Any  # dict, list, str, bool, None; numbers are int, float or Number
    content_hash: bytes  # 32 bytes


class _Envelope(msgspec.Struct):
    """The members of an envelope, a bundle or an object that decide how it is cut."""

    objects: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    type: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ANYTHING = msgspec.json.Decoder(msgspec.Raw)


def cut_envelope(body: bytes) -> list[bytes]:
    """The objects of a TAXII envelope or of one STIX bundle, each exactly as it arrived.

    Raises:
        MalformedJsonError: not JSON, not UTF-8, a duplicate key beside `objects`, or nested too deeply to cut.
        NotAnEnvelopeError: JSON without a list `objects` that holds something.
        TooLargeError: more than MAX_OBJECTS, each of which costs more than its bytes.
    """
    require_json(body)
    array = _objects_of(body)
    head = read(_without(body, array)).value
    objects = [bytes(item) for item in _LIST.decode(array)]
    if len(objects) > MAX_OBJECTS:
        raise TooLargeError(f"more than {MAX_OBJECTS} objects at once", hint="send them in several envelopes")
    if not objects:
        named = "a bundle" if head.get("type") == "bundle" else "an envelope"
        raise NotAnEnvelopeError("`objects` is empty", hint=f"{named} needs at least one object")
    return objects


def cut_file(text: bytes) -> list[bytes]:
    """The objects of a file: a bundle, an envelope, a list of objects, one object, or JSON lines.

    Raises:
        MalformedJsonError: not JSON; for JSON lines the message names the line.
        NotAnEnvelopeError: JSON, but none of these.
    """
    document = text.removeprefix(_BOM).strip()
    try:
        require_json(document)
    except MalformedJsonError:
        if not _is_json(document.partition(b"\n")[0]):
            raise
        return list(_cut_lines(document))
    if document.startswith(b"["):
        return [bytes(item) for item in _LIST.decode(document)]
    return [document] if _is_one_object(document) else cut_envelope(document)


def read(text: bytes) -> Document:
    """One JSON value, checked against all that the module refuses, and the hash of its content.

    Raises:
        MalformedJsonError: with what is wrong and what to write instead.
    """
    _require_small(text)
    try:
        value = _DECODER.decode(text.decode())
        canonical = orjson.dumps(value, default=_marker, option=_CANONICAL)
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from error
    except json.JSONDecodeError as error:
        raise MalformedJsonError(f"not JSON: {error.msg.lower()} (character {error.pos})", hint="send valid JSON") from error
    except orjson.JSONEncodeError as error:
        raise MalformedJsonError("a string holds a lone surrogate", hint="write characters above U+FFFF as a pair or in UTF-8") from error
    if b"\\u0000" in text and _ESCAPED_NUL.search(text):
        raise MalformedJsonError("a string holds U+0000", hint="leave the character out")
    return Document(value, sha256(canonical).digest())


def require_json(text: bytes) -> None:
    """Pass JSON of any shape.

    Raises:
        MalformedJsonError: says where it breaks.
    """
    try:
        if not text.isascii():
            text.decode()
        _ANYTHING.decode(text)
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from error
    except msgspec.DecodeError as error:
        detail = str(error).removeprefix("JSON is malformed: ")
        raise MalformedJsonError(f"not JSON: {detail.lower()}", hint="send valid JSON in UTF-8, without a byte order mark") from error
    except RecursionError as error:
        raise MalformedJsonError("nested too deeply", hint=f"one object may be {MAX_DEPTH} levels deep") from error


def _objects_of(body: bytes) -> bytes:
    """The slice of the list `objects`."""
    try:
        envelope = _ENVELOPE.decode(body)
    except msgspec.ValidationError as error:
        raise NotAnEnvelopeError("not an object", hint='send {"objects": [...]}') from error
    if isinstance(envelope.objects, msgspec.UnsetType):
        is_bare = not isinstance(envelope.type, msgspec.UnsetType) and bytes(envelope.type) != b'"bundle"'
        hint = 'put the object into an envelope: {"objects": [...]}' if is_bare else 'send {"objects": [...]} with at least one object'
        raise NotAnEnvelopeError("there is no `objects`", hint=hint)
    array = bytes(envelope.objects)
    if not array.startswith(b"["):
        raise NotAnEnvelopeError("`objects` is not a list", hint='send {"objects": [...]}')
    return array


def _without(body: bytes, array: bytes) -> bytes:
    """The body with its list of objects emptied, so that the few other members are read strictly at little cost.

    In valid JSON `"objects":` can only be the end of a key, so what follows it is always a whole value: emptying it changes no key of
    the envelope, even where the same text stands elsewhere too. Where the key is written with escapes the body is read whole.
    """
    for key in _OBJECTS_KEY.finditer(body):
        if body.startswith(array, key.end()):
            return body[: key.end()] + b"[]" + body[key.end() + len(array) :]
    return body


def _is_json(text: bytes) -> bool:
    try:
        require_json(text)
    except MalformedJsonError:
        return False
    return True


def _is_one_object(document: bytes) -> bool:
    """Whether the file is a single object: it has a type, and that is not "bundle"."""
    if not document.startswith(b"{"):
        return False
    kind = _ENVELOPE.decode(document).type
    return not isinstance(kind, msgspec.UnsetType) and bytes(kind) != b'"bundle"'


def _cut_lines(document: bytes) -> Iterator[bytes]:
    for number, line in enumerate(document.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            require_json(line)
        except MalformedJsonError as error:
            raise MalformedJsonError(f"line {number}: {error.message}", hint=error.hint) from error
        yield line.strip()


def _require_small(text: bytes) -> None:
    """Count exactly only where the cheap bound exceeds a limit; both before anything is built, and without recursion."""
    opens = text.count(b"[") + text.count(b"{")
    if opens <= MAX_DEPTH and len(text) <= MAX_VALUES:
        return
    bare = _STRING.sub(b"0", text)
    opens = bare.count(b"[") + bare.count(b"{")
    if 1 + bare.count(b",") + opens - len(_EMPTY.findall(bare)) > MAX_VALUES:
        raise MalformedJsonError(f"more than {MAX_VALUES} JSON values in one object", hint="split it into several objects")
    steps = (1 if bracket in b"[{" else -1 for bracket in bare.translate(None, _NOT_A_BRACKET))
    if max(accumulate(steps), default=0) > MAX_DEPTH:
        raise MalformedJsonError(f"nested more than {MAX_DEPTH} levels deep", hint="flatten it")


def _not_utf8(error: UnicodeDecodeError) -> MalformedJsonError:
    return MalformedJsonError(f"not UTF-8 (byte {error.start})", hint="send UTF-8")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedJsonError(f"the key {twice[:60]!r} stands twice in one object", hint="keep one of them")
    return members


def _whole(text: str) -> int | float | Number:
    return int(text) if len(text) <= 18 else _exact(text)


def _fraction(text: str) -> int | float | Number:
    """Up to 15 digits a float tells any two decimals apart, which is all that a number needs here."""
    if len(text) > 16 or "e" in text or "E" in text:
        return _exact(text)
    number = float(text)
    return int(number) if number.is_integer() else number


def _exact(text: str) -> int | float | Number:
    """The one form of a number: an int up to 18 digits, a float up to 15 digits after which something follows the point, else Number."""
    sign, whole, fraction, power = _NUMBER.fullmatch(text).groups(default="")  # type: ignore[union-attr]
    written = (whole + fraction).lstrip("0")
    digits = written.rstrip("0")
    if not digits:
        return 0
    exponent = _sum(power, len(written) - len(digits) - len(fraction))
    width = len(digits) + exponent  # digits before the point
    if exponent >= 0 and width <= 18:
        return int(sign + digits + "0" * int(exponent))
    if exponent < 0 and len(digits) <= 15 and width > -290:  # below, floats are no longer 15 digits exact
        return float(f"{sign}{digits}e{exponent}")
    return Number(sign, digits, exponent)


def _sum(power: str, shift: int) -> int | Decimal:
    """An exponent may itself have thousands of digits, which int() refuses to read."""
    total = _EXACT.add(Decimal(power or 0), Decimal(shift))
    return int(total) if total.copy_abs() < 10**18 else total


def _constant(text: str) -> NoReturn:
    raise MalformedJsonError(f"{text} is not a JSON number", hint="leave the property out")


def _marker(number: Number) -> str:
    """What stands for a Number in the canonical form: no string that was read begins with U+0000."""
    return f"\0{number}"


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole, parse_float=_fraction, parse_constant=_constant)
