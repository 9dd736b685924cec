"""Passwords and tokens: how they look, how they are made, and what is kept of them (ADR 0006); how a secret is stored that we must know."""

import secrets
from hashlib import sha256

from argon2 import PasswordHasher
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tocsin.errors import InvalidInputError

TOKEN_PREFIX = "tocsin_"  # noqa: S105 - lets a person, and a scanner for leaked secrets, see what it is
MIN_PASSWORD = 12  # characters
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NONCE_BYTES = 12


def new_token() -> str:
    """One that nobody has."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def new_password() -> str:
    """One that nobody guesses."""
    return secrets.token_urlsafe(18)


def token_hash(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode(errors="surrogatepass")).digest()


def password_hash(password: str) -> str:
    """What is stored of a password.

    Raises:
        InvalidInputError: it is too short, or shaped like a token.
    """
    if len(password) < MIN_PASSWORD:
        raise InvalidInputError("the password is too short", hint=f"use {MIN_PASSWORD} characters or more")
    if password.startswith(TOKEN_PREFIX):
        raise InvalidInputError(f"a password cannot begin with {TOKEN_PREFIX}: it would be taken for a token", hint="choose another")
    return HASHER.hash(password)


def sealed(key: bytes, secret: bytes, *, label: str) -> bytes:
    """A secret encrypted (AES-256-GCM); it opens with the same key and under the same label alone."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, label.encode())


def opened(key: bytes, box: bytes, *, label: str) -> bytes | None:
    """What was sealed; None when it was with another key or label."""
    try:
        return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], label.encode())
    except InvalidTag:
        return None
