"""Signatures of notifications and answers: what is signed, with which key, and what a signature is worth (ADR 0017).

Signed is the canonical JSON (RFC 8785) of the whole object without the property `signature` in our extension, so that spaces, the order
of keys and the way from exchange to exchange do not matter. What has no canonical form cannot have been signed: its signature is forged.
Whose key a key is, is not decided here: the caller gives the keys of the author.

Sources: RFC 8785 (JSON canonicalization scheme), RFC 8032 (Ed25519), docs/extensions/notification.md.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tocsin.errors import InvalidInputError
from tocsin.model.graph import Body, extension, moment, parts, text
from tocsin.model.identifier import extension_definition_id
from tocsin.model.stamp import stix_text

ALGORITHM = "ed25519"
_CARRIER = {"grouping": "notification", "note": "notification-answer"}  # the extension of a type that holds its signature
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{85}[AQgw]")  # one spelling for one signature
_PUBLIC = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class Seal(StrEnum):
    """What a signature says."""

    VERIFIED = "verified"
    UNSIGNED = "unsigned"
    FORGED = "forged"  # there is one, and it is not of this object
    UNKNOWN_KEY = "unknown-key"  # of none of the keys that counted when the object was made


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """What proves signatures of one provider for a time."""

    key_id: str  # the provider's own name for it
    public_key: bytes  # 32 bytes
    valid_from: int  # stamp, inclusive
    valid_until: int | None = None  # stamp, inclusive; None: no end is set

    def covers(self, made: int) -> bool:
        """It counts for what was made at that instant."""
        return self.valid_from <= made and (self.valid_until is None or made <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """Both halves of a key; no representation shows the private one."""

    public: PublicKey
    private: bytes = field(repr=False)  # 32 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKey:
    """A key as the store holds it."""

    public: PublicKey
    box: bytes = field(repr=False)  # the private half, encrypted


def new_key(key_id: str, *, now: int) -> SigningKey:
    """One that nobody has, valid from now on."""
    made = Ed25519PrivateKey.generate()
    public = PublicKey(key_id=key_id, public_key=made.public_key().public_bytes_raw(), valid_from=now)
    return SigningKey(public=public, private=made.private_bytes_raw())


def canonical(value: Body) -> bytes:
    """The one text of a JSON object (RFC 8785).

    Raises:
        InvalidInputError: it has none: a number that is no exact double, a whole one beyond 2^53, a lone surrogate.
    """
    try:
        return rfc8785.dumps(dict(value))
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            "the object has no canonical form", hint="whole numbers stay within 2^53, others within 15 digits, text is Unicode"
        ) from error


def sign(value: Body, key: SigningKey) -> dict[str, Any]:
    """A copy with our signature in its extension, in the place of one that was there.

    Raises:
        InvalidInputError: it is no notification or answer, has no canonical form, or the key does not count at its `modified`.
    """
    slug = _CARRIER.get(text(value, "type"), "")
    made = moment(value, "modified")
    if not extension(value, slug):
        raise InvalidInputError(f"{text(value, 'id')[:100]} is not signed", hint="only notifications and answers to them are")
    if made is None or not key.public.covers(made):
        raise InvalidInputError(f"the key {key.public.key_id} does not count at the object's `modified`", hint="correct the clock")
    signed = _bare(value, slug)
    signature = _encoded(Ed25519PrivateKey.from_private_bytes(key.private).sign(canonical(signed)))
    said = {"algorithm": ALGORITHM, "key_id": key.public.key_id, "value": signature}
    signed["extensions"][extension_definition_id(slug)]["signature"] = said
    return signed


def judge(value: Body, keys: Sequence[PublicKey]) -> Seal:
    """What the signature of an object is worth, whatever the object holds.

    Args:
        keys: those of the identity in `created_by_ref`.
    """
    slug = _CARRIER.get(text(value, "type"), "")
    said = extension(value, slug)
    if "signature" not in said:
        return Seal.UNSIGNED
    signature, made = said["signature"], moment(value, "modified")
    if not isinstance(signature, dict) or made is None or text(signature, "algorithm") != ALGORITHM:
        return Seal.FORGED
    try:
        signed = canonical(_bare(value, slug))
    except InvalidInputError:
        return Seal.FORGED
    fitting = [key for key in keys if key.key_id == text(signature, "key_id") and key.covers(made)]
    if not fitting:
        return Seal.UNKNOWN_KEY
    return Seal.VERIFIED if any(_proves(key, text(signature, "value"), signed=signed) for key in fitting) else Seal.FORGED


def keys_in(identity: Body) -> tuple[PublicKey, ...]:
    """The keys that a provider publishes on its identity; one that is malformed is left out."""
    return tuple(key for each in parts(extension(identity, "provider"), "public_keys") if (key := _key_of(each)) is not None)


def published(keys: Iterable[PublicKey]) -> list[dict[str, str]]:
    """The same as the provider extension writes it."""
    return [
        {
            "key_id": key.key_id,
            "algorithm": ALGORITHM,
            "public_key": _encoded(key.public_key),
            "valid_from": stix_text(key.valid_from),
            **({} if key.valid_until is None else {"valid_until": stix_text(key.valid_until)}),
        }
        for key in keys
    ]


def _key_of(said: Body) -> PublicKey | None:
    since, until = moment(said, "valid_from"), moment(said, "valid_until")
    key_id, encoded = text(said, "key_id"), text(said, "public_key")
    is_whole = key_id and text(said, "algorithm") == ALGORITHM and _PUBLIC.fullmatch(encoded)
    if not is_whole or since is None or (until is None and "valid_until" in said):
        return None
    return PublicKey(key_id=key_id, public_key=_decoded(encoded), valid_from=since, valid_until=until)


def _proves(key: PublicKey, encoded: str, *, signed: bytes) -> bool:
    if _SIGNATURE.fullmatch(encoded) is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(_decoded(encoded), signed)
    except (InvalidSignature, ValueError):  # ValueError: the bytes are no point of the curve
        return False
    return True


def _bare(value: Body, slug: str) -> dict[str, Any]:
    """A copy without signature; the object itself and its extension may be written to."""
    said = {name: each for name, each in extension(value, slug).items() if name != "signature"}
    return {**value, "extensions": {**value["extensions"], extension_definition_id(slug): said}}


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
