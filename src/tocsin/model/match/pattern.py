"""The STIX patterns that a record can answer exactly: one observation, `=` only, joined by OR alone or by AND alone.

What is not one of those, or says something that a record cannot tell, is not evaluated and says why: half a pattern would be another
pattern. A pattern is read by one linear expression; nothing in it is ever run.

Source: STIX 2.1 §9 (patterns), §6 (properties of observables).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import product
from typing import NamedTuple

from tocsin.errors import InvalidInputError
from tocsin.model.hashed_account import ALGORITHM, CANONICALISATION, read_user_id
from tocsin.model.match.value import address_of, email_of, is_domain, is_hash, name_of, network_of, url_of
from tocsin.model.pattern import MAX_BYTES

NOT_SIMPLE = "a pattern that is not simple"
NO_VALUE = "a value that its type cannot have"
TOO_WIDE = "a network that is too wide"
ELSEWHERE = "an account at another provider"
OTHER_FORM = "an account hashed in another form"
WIDEST = {4: 16, 6: 32}  # prefix lengths, as in case files

_PATH, _STEP, _OPERATOR = r"[a-z0-9-]++:[a-z_]++", r"(?:\.[A-Za-z0-9]++|\.'[A-Za-z0-9-]++')?+", r"=|ISSUBSET"
_STRING = r"(?:[^'\\]++|\\['\\])*+"
_BARE = rf"{_PATH}{_STEP}\s*+(?:{_OPERATOR})\s*+'{_STRING}'"
_TERM = rf"({_PATH})({_STEP})\s*+({_OPERATOR})\s*+'({_STRING})'"
_PATTERN = re.compile(rf"\s*+\[\s*+{_BARE}(?:(?:\s++AND\s++{_BARE})*+|(?:\s++OR\s++{_BARE})*+)\s*+\]\s*+")
_SINGLE = re.compile(rf"\s*+\[\s*+{_TERM}\s*+\]\s*+")  # as nearly all are
_TERMS = re.compile(rf"{_TERM}(\s++AND\b)?+")
_NO_MARKS = str.maketrans("", "", ".'-")
_ESCAPED = re.compile(r"\\(.)")
_ACCOUNT_TYPE = "user-account:account_type"
_ADDRESSES = {"ipv4-addr:value": 4, "ipv6-addr:value": 6}


class Slot(StrEnum):
    """Where a value is looked up."""

    HOST = "host"  # domain names and IP addresses
    NETWORK = "network"
    URL = "url"
    EMAIL = "email"
    HASH = "hash"
    ACCOUNT = "account"
    PERSON = "person"  # a hashed e-mail address or phone number, at whatever provider


class Term(NamedTuple):
    """One comparison: this value, there."""

    slot: Slot
    value: str

    @property
    def is_hashed(self) -> bool:
        """An account whose name is not told."""
        return self.slot is Slot.ACCOUNT and self.value.startswith(f"{ALGORITHM}:")


@dataclass(frozen=True, slots=True)
class Simple:
    """A pattern that was understood: of one of these alternatives, every term must hold of the same record."""

    alternatives: tuple[tuple[Term, ...], ...]
    key_ids: frozenset[str] = frozenset()  # of the keys with which its accounts are hashed


class _Comparison(NamedTuple):
    path: str
    algorithm: str  # of a file's hash, as it is written: ".'SHA-256'"
    operator: str
    value: str


class _UnanswerableError(Exception):
    """Says why a pattern is not evaluated."""


def read_pattern(text: str, *, own: frozenset[str]) -> Simple | str:
    """A pattern as it can be looked up, or why it cannot.

    Args:
        own: the names by which an `account_type` means our own service, in lower case.
    """
    try:
        return _read(text, own)
    except _UnanswerableError as reason:
        return str(reason)


def _read(text: str, own: frozenset[str]) -> Simple:
    single = _SINGLE.fullmatch(text) if len(text) <= MAX_BYTES else None
    if single is not None:
        return _any_of([_comparison(single.groups())])
    if len(text) > MAX_BYTES or _PATTERN.fullmatch(text) is None:
        raise _UnanswerableError(NOT_SIMPLE)
    found = _TERMS.findall(text)
    comparisons = [_comparison(parts) for parts in found]
    return _all_of(comparisons, own) if found[0][-1] else _any_of(comparisons)


def _comparison(parts: Sequence[str]) -> _Comparison:
    path, algorithm, operator, value, *_ = parts
    return _Comparison(path, algorithm, operator, _ESCAPED.sub(r"\1", value) if "\\" in value else value)


def _any_of(comparisons: list[_Comparison]) -> Simple:
    terms = [_term(one) for one in comparisons]
    return Simple(tuple((one,) for term in terms for one in _places(term)), _key_ids(terms))


def _all_of(comparisons: list[_Comparison], own: frozenset[str]) -> Simple:
    """One thing of a type has one value of a property, so two comparisons of one property are no question that a record answers."""
    properties = {(one.path, _name(one.algorithm)) for one in comparisons}
    if len(properties) < len(comparisons):
        raise _UnanswerableError(NOT_SIMPLE)
    providers = [one.value.lower() for one in comparisons if one.path == _ACCOUNT_TYPE and one.operator == "="]
    terms = [_term(one) for one in comparisons if one.path != _ACCOUNT_TYPE or one.operator != "="]
    if not any(term.slot is Slot.ACCOUNT for term in terms) and providers:
        raise _UnanswerableError(NOT_SIMPLE)
    places = _places if not providers or providers[0] in own else _elsewhere
    return Simple(tuple(product(*map(places, terms))), _key_ids(terms))


def _places(term: Term) -> tuple[Term, ...]:
    """A hashed account may have been made of an e-mail address or a phone number, or of a name at our own service."""
    return (term, Term(Slot.PERSON, term.value)) if term.is_hashed else (term,)


def _elsewhere(term: Term) -> tuple[Term, ...]:
    """Of an account at another provider only the person can be known here: names and numbers of there mean nothing here."""
    if term.slot is not Slot.ACCOUNT:
        return (term,)
    if not term.is_hashed:
        raise _UnanswerableError(ELSEWHERE)
    return (Term(Slot.PERSON, term.value),)


def _key_ids(terms: Iterable[Term]) -> frozenset[str]:
    return frozenset([read_user_id(term.value).key_id for term in terms if term.is_hashed])


def _term(comparison: _Comparison) -> Term:
    rule = _RULES.get(comparison.path)
    is_file, is_subset = comparison.path == "file:hashes", comparison.operator == "ISSUBSET"
    if rule is None or bool(comparison.algorithm) != is_file or (is_subset and comparison.path not in _ADDRESSES):
        raise _UnanswerableError(NOT_SIMPLE)
    term = rule(comparison)
    if term is None:
        raise _UnanswerableError(NO_VALUE)
    return term


def _domain(comparison: _Comparison) -> Term | None:
    name = name_of(comparison.value)
    return Term(Slot.HOST, name) if is_domain(name) else None


def _address(comparison: _Comparison, *, version: int) -> Term | None:
    """One address, or every address of a network; one that is both at once is neither."""
    value = comparison.value.removesuffix("/32" if version == 4 else "/128")
    address = address_of(value)
    if "%" in value:
        return None
    if address is not None:
        return Term(Slot.HOST, str(address)) if (":" in value) == (version == 6) else None
    network = network_of(comparison.value)
    if network is None or network.version != version:
        return None
    if network.prefixlen < WIDEST[version]:
        raise _UnanswerableError(TOO_WIDE)
    return Term(Slot.NETWORK, str(network))


def _url(comparison: _Comparison) -> Term | None:
    return Term(Slot.URL, url_of(comparison.value)[0]) if comparison.value else None


def _email(comparison: _Comparison) -> Term | None:
    address = email_of(comparison.value)
    return Term(Slot.EMAIL, address) if address else None


def _file(comparison: _Comparison) -> Term | None:
    digest = comparison.value.lower()
    return Term(Slot.HASH, digest) if is_hash(digest, _name(comparison.algorithm)) else None


def _account(comparison: _Comparison) -> Term | None:
    term = Term(Slot.ACCOUNT, comparison.value)
    if term.is_hashed:
        try:
            if read_user_id(term.value).canonicalisation != CANONICALISATION:
                raise _UnanswerableError(OTHER_FORM)
        except InvalidInputError:
            return None
    return term if term.value.strip() == term.value != "" else None


def _name(algorithm: str) -> str:
    """.'SHA-256' and .SHA256 are one algorithm."""
    return algorithm.upper().translate(_NO_MARKS)


_RULES: dict[str, Callable[[_Comparison], Term | None]] = {
    "domain-name:value": _domain,
    **{path: partial(_address, version=version) for path, version in _ADDRESSES.items()},
    "url:value": _url,
    "email-addr:value": _email,
    "file:hashes": _file,
    "user-account:user_id": _account,
    "user-account:account_login": _account,
}
