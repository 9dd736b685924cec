"""Accounts that providers can compare without showing them: a keyed hash in the place of the value (ADR 0014).

Only who holds the key can compute one or test a guess; a plain hash could be reversed by anybody with a list of addresses. The canonical
form is fixed by version, since two providers must hash the same bytes. Nothing here guesses: what has no certain form is refused.

Source: docs/hashed-accounts.md, with test vectors. RFC 5869 (HKDF), RFC 2104 (HMAC), ITU-T E.164, RFC 3490 (IDNA), UAX #15 (NFKC).
"""

import hmac
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.errors import InvalidInputError

ALGORITHM = "hmac-sha256"
CANONICALISATION = 1
MAX_CHARACTERS = 320  # 64 of a local part, @, 255 of a domain
_PURPOSE = "tocsin hashed account 1|"
_BLANKS = " \t\r\n"  # NFKC has turned the other blanks of a line into the first
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}  # general categories: controls, invisible, halves, unassigned, line ends
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DEVIATING = frozenset("ßẞς")  # another domain by IDNA 2003 than by IDNA 2008, as are two joiners, which are refused anyway
_NOT_LOCAL = frozenset(' \t\r\n()<>[]:;@\\,"')  # what RFC 5321 wants quoted; "mailto:" and display names come with them
_PHONE_MARKS = str.maketrans("", "", " .-()[]\u2010\u2011\u2012\u2013\u2212")
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
_USER_ID = re.compile(r"hmac-sha256:([a-z0-9-]{1,64}\.[a-z0-9-]{1,64}):([1-9][0-9]{0,3}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedAccount:
    """What a `user_id` says of how it was made, and the hash."""

    key_id: str
    canonicalisation: int
    digest: str  # 64 hexadecimal digits


def canonical(kind: str, value: str) -> str:
    """The one form of a value, version 1, in which everybody hashes it.

    Args:
        kind: email, phone, username or account-id.

    Raises:
        InvalidInputError: there is no such kind, or the value has no certain form; the message does not repeat it.
    """
    rule = _RULES.get(kind)
    if rule is None:
        raise InvalidInputError(f"there is no kind of account {kind[:40]!r}", hint=f"kinds: {', '.join(_RULES)}")
    text = value if kind == "account-id" else unicodedata.normalize("NFKC", value)
    text = text.strip(_BLANKS)
    if any(unicodedata.category(character) in _UNSEEN for character in text):
        raise InvalidInputError(f"the {kind} holds characters that cannot be seen", hint="write it by hand, one value a line")
    if len(text) > MAX_CHARACTERS:
        raise InvalidInputError(f"the {kind} is longer than {MAX_CHARACTERS} characters", hint="give the value alone")
    made = rule(text)
    if not made:
        raise InvalidInputError(f"the {kind} is empty", hint="give a value")
    return made


def derive(master: bytes, key_id: str) -> bytes:
    """The key of one epoch; those of different epochs say nothing about each other or the master secret."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=(_PURPOSE + key_id).encode()).derive(master)


def user_id(kind: str, value: str, *, key: bytes, key_id: str) -> str:
    """The `user_id` of a hashed account.

    Args:
        key: what `derive` gives for `key_id`, never the master secret.

    Raises:
        InvalidInputError: as `canonical`.
    """
    digest = hmac.digest(key, f"{kind}|{canonical(kind, value)}".encode(), "sha256").hex()
    return f"{ALGORITHM}:{key_id}:{CANONICALISATION}:{digest}"


def read_user_id(text: str) -> HashedAccount:
    """The parts of a `user_id`.

    Raises:
        InvalidInputError: it is none of a hashed account.
    """
    match = _USER_ID.fullmatch(text)
    if match is None:
        raise InvalidInputError(
            f"{text[:40]!r} is no user_id of a hashed account", hint=f"write {ALGORITHM}:KEY.EPOCH:{CANONICALISATION}:64 hexadecimal digits"
        )
    return HashedAccount(key_id=match[1], canonicalisation=int(match[2]), digest=match[3])


def _email(text: str) -> str:
    """Dots and plus tags stay: which of them mean nothing differs from provider to provider, and two people must not become one."""
    local, at, domain = text.partition("@")
    if not (local and at and domain) or _NOT_LOCAL & set(local):
        raise InvalidInputError("the email is no address", hint="write it like name@example.org, without a display name")
    return f"{_folded(local)}@{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    if _DEVIATING & set(domain):
        raise InvalidInputError("the domain of the email is two different ones by IDNA 2003 and 2008", hint="write it in its form xn--…")
    try:
        labels = _folded(domain).encode("idna").decode().lower().split(".")
    except UnicodeError as error:
        raise InvalidInputError("the domain of the email cannot be encoded", hint="write it in its form xn--…") from error
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidInputError("the domain of the email is no domain name", hint="write it like name@example.org")
    return ".".join(labels)


def _phone(text: str) -> str:
    if re.search(r"[(\[] ?0", text):
        raise InvalidInputError(
            "the phone number has a 0 in brackets", hint="leave out the 0 where it is not dialled from abroad, else the brackets"
        )
    digits = re.sub(r"\A00", "+", text.translate(_PHONE_MARKS))
    if _PHONE.fullmatch(digits) is None:
        raise InvalidInputError(
            "the phone number is not international", hint="write + (or 00), the code of the country and the number: 8 to 15 digits in all"
        )
    return digits


def _username(text: str) -> str:
    return _folded(text).lstrip("@ ")


def _account_id(text: str) -> str:
    return text


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())


_RULES: dict[str, Callable[[str], str]] = {"email": _email, "phone": _phone, "username": _username, "account-id": _account_id}
KINDS = tuple(_RULES)
