"""Shared keys: secrets that providers hold together to hash accounts with, how they are handed over and told apart (ADR 0014).

A key of a whole community and a key of two providers are the same thing; who holds it makes the difference. What hashes is never the
master secret but a key derived from it for an epoch.
"""

import base64
import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.errors import InvalidInputError
from tocsin.model import hashed_account
from tocsin.model.stamp import text_of

SECRET_BYTES = 32
_FORM = "tocsin-key-1"
_TEXT = re.compile(r"tocsin-key-1:([^:]*):([A-Za-z0-9_-]{43}):([0-9a-f]{8})")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_NAME, _MAX_EPOCH = 40, 20  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A name and a master secret, which no representation shows."""

    name: str
    secret: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The form in which it is handed over; the checksum finds slips of the pen, nothing else."""
        body = f"{_FORM}:{self.name}:{base64.urlsafe_b64encode(self.secret).decode().rstrip('=')}"
        return f"{body}:{_checksum(body)}"

    @property
    def fingerprint(self) -> str:
        """Eight digits by which two holders see that they have the same secret; they say nothing about it."""
        shown = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"tocsin key fingerprint 1").derive(self.secret)
        return sha256(shown).hexdigest()[:8]

    def key_id(self, epoch: str) -> str:
        """The public name of what hashes in an epoch, such as "community.2026q4".

        Raises:
            InvalidInputError: the epoch is malformed.
        """
        if _SLUG.fullmatch(epoch) is None or len(epoch) > _MAX_EPOCH:
            raise InvalidInputError(f"{epoch[:40]!r} is no epoch", hint="write it like 2026q4: small letters, digits and single hyphens")
        return f"{self.name}.{epoch}"

    def derived(self, epoch: str) -> bytes:
        """What hashes in an epoch.

        Raises:
            InvalidInputError: the epoch is malformed.
        """
        return hashed_account.derive(self.secret, self.key_id(epoch))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key as the store holds it."""

    name: str
    sealed: bytes = field(repr=False)
    created: int
    retired: int | None = None  # since when it is not chosen by itself any more


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """What anybody may be told of a key."""

    name: str
    fingerprint: str | None  # None: it was sealed under another root secret, and cannot be opened
    created: int
    retired: int | None


def new_key(name: str) -> Key:
    """One that nobody has.

    Raises:
        InvalidInputError: the name is malformed.
    """
    return Key(name=require_key_name(name), secret=secrets.token_bytes(SECRET_BYTES))


def read_key(text: str) -> Key:
    """The key that somebody handed over.

    Raises:
        InvalidInputError: it has another form, or a slip of the pen; the message does not repeat it.
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise InvalidInputError("this is no shared key", hint=f"give the whole line that begins with {_FORM}:")
    name, secret, checksum = match.groups()
    if checksum != _checksum(f"{_FORM}:{name}:{secret}"):
        raise InvalidInputError("the key has a slip of the pen: its checksum does not fit", hint="have it handed over again")
    return Key(name=require_key_name(name), secret=base64.urlsafe_b64decode(secret + "="))


def require_key_name(name: str) -> str:
    """The name of a key.

    Raises:
        InvalidInputError: it is malformed.
    """
    if _SLUG.fullmatch(name) is None or len(name) > _MAX_NAME:
        raise InvalidInputError(
            f"{name[:60]!r} cannot name a key", hint=f"use up to {_MAX_NAME} small letters, digits and single hyphens, such as community"
        )
    return name


def quarter_of(stamp: int) -> str:
    """The epoch that is used unless another one is named: "2026q4"."""
    day = text_of(stamp)
    return f"{day[:4]}q{(int(day[5:7]) + 2) // 3}"


def _checksum(body: str) -> str:
    return sha256(body.encode()).hexdigest()[:8]
