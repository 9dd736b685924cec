"""Whether a STIX pattern can be read by those who receive it.

Readers refuse a whole page over one indicator whose pattern does not parse, so the judge here is the parser that they use
(stix2-patterns). It takes milliseconds, hence the common shapes are recognised by one linear expression first; whatever that takes,
the parser takes as well. What would make the parser slow (quadratic in unclosed literals and in runs of zeros) is refused before it
runs. Nothing here executes a pattern, and the argument of MATCHES is never compiled.

Source: STIX 2.1 §9.
"""

import re
from itertools import accumulate
from threading import Lock

from stix2patterns.validator import run_validator

MAX_BYTES = 10_000
MAX_DEPTH = 100
VERSION = "2.1"

_STRING = r"'[^'\\]*+(?:\\['\\][^'\\]*+)*+'"
_LEXABLE = re.compile(rf"(?:{_STRING}|/\*.*?\*/|//[^\r\n]*+|[^'/]|/(?!\*))*+", re.DOTALL)
_OPAQUE = re.compile(rf"{_STRING}|/\*.*?\*/|//[^\r\n]*+", re.DOTALL)
_MANY_DIGITS = re.compile(r"[0-9]{41}")
_NOT_A_BRACKET = re.compile(r"[^\[\]()]++")

# Words that the grammar keeps for itself are left to the parser, and so is `hashes` where the digest does not fit its algorithm.
_NAME = r"(?!(?:true|false|hashes)\b)[a-z_][a-z0-9_]{0,60}+"
_TYPE = r"(?!(?:true|false)\b)[a-z][a-z0-9-]{0,248}+"
_STEP = rf"\.{_NAME}|\[(?:\*|0|[1-9][0-9]{{0,3}}+)\]"
_DIGITS = {"(?:MD5|'MD5')": 32, "'SHA-1'": 40, "'SHA-256'": 64, "'SHA-512'": 128}  # an algorithm and the length of its digest
_DIGEST = "|".join(rf"{algorithm} ?!?= ?'[0-9a-fA-F]{{{length}}}'" for algorithm, length in _DIGITS.items())
_TERM = rf"{_TYPE}:(?:hashes\.(?:{_DIGEST})|{_NAME}(?:{_STEP}){{0,8}}+ ?!?= ?(?:{_STRING}|0|[1-9][0-9]{{0,17}}+))"
_OBSERVATION = rf"\[ ?{_TERM}(?: (?:AND|OR) {_TERM})*+ ?\]"
_PLAIN = re.compile(rf"{_OBSERVATION}(?: (?:AND|OR|FOLLOWEDBY) {_OBSERVATION})*+", re.DOTALL)

_parser = Lock()  # the parser's tables are shared by all threads and grow as it runs


def check_pattern(text: str, *, version: str = VERSION) -> str | None:
    """Why a STIX pattern cannot be taken, or None.

    Args:
        version: the indicator's `pattern_version`; readers parse anything but 2.1 by the grammar of STIX 2.0.
    """
    if len(text) > MAX_BYTES or len(text.encode()) > MAX_BYTES:
        return f"is longer than {MAX_BYTES} bytes"
    if version == VERSION and _PLAIN.fullmatch(text):
        return None
    return _unreadable(text) or _parse(text, version)


def _unreadable(text: str) -> str | None:
    """What must not reach the parser."""
    if _LEXABLE.fullmatch(text) is None:
        return "has a string or a comment that is not closed, or a backslash before something other than ' and \\"
    outside = _OPAQUE.sub("''", text)
    if _MANY_DIGITS.search(outside):
        return "has a number of more than 40 digits"
    steps = (1 if bracket in "[(" else -1 for bracket in _NOT_A_BRACKET.sub("", outside))
    if max(accumulate(steps), default=0) > MAX_DEPTH:
        return f"is nested more than {MAX_DEPTH} levels deep"
    return None


def _parse(text: str, version: str) -> str | None:
    """Any failure of the parser is a reason: it is third-party code at work on hostile text."""
    try:
        with _parser:
            errors = run_validator(text, version)
    except RecursionError:
        return "is nested too deeply, or one of its paths is too long"
    except Exception as error:
        return f"cannot be parsed ({type(error).__name__})"
    if not errors:
        return None
    first = errors[0].removeprefix("FAIL: ").removeprefix("Error found at ")
    return f"does not parse: {first[:160]!a}"
