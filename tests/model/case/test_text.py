"""YAML as a case file uses it: what a person wrote is what is read, and whatever YAML can do besides is refused with its line."""

import warnings
from typing import Any

import pytest

from tocsin.model.case.text import Document, Problem, read_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T09:30:00Z", "2026-11-20T09:30:00Z"),
        ("12", 12),
        ("-1", -1),
        ("'12'", "12"),
        ("0", 0),
        ("012", "012"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("9999999999999999999", "9999999999999999999"),
        ("1.5", "1.5"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("No", "No"),
        ("'true'", "true"),
        ("", None),
        ("~", None),
        ("null", None),
        ("'null'", "null"),
        ("=", "="),
        ("<<", "<<"),
        ("[a, 2026-11-20]", ["a", "2026-11-20"]),
        ("{a: 1}", {"a": 1}),
        ("|\n  one\n  two\n\n", "one\ntwo"),
        (">\n  one\n  two\n\n  three\n", "one two\nthree"),
        ("one\n  two", "one two"),
        ('"a\\tb\\u00e9"', "a\tb\u00e9"),
        ("\U0001f3f4 é", "\U0001f3f4 é"),
    ],
)
def test_a_value_is_what_was_written(text: str, value: Any) -> None:
    """Text unless it can be nothing else: a whole number, true, false, nothing."""
    document = read_text(f"key: {text}\n".encode())
    assert isinstance(document, Document), document
    assert document.value == {"key": value}


@pytest.mark.parametrize("directive", ["%YAML 1.1\n---\n", "%TAG ! tag:example.org,2026:\n---\n"])
def test_a_directive_changes_nothing(directive: str) -> None:
    """In YAML 1.1 these would be true and 10."""
    document = read_text(f"{directive}a: yes\nb: 0o12\n".encode())
    assert isinstance(document, Document)
    assert document.value == {"a": "yes", "b": "0o12"}


ANCHOR = "anchors and aliases are not used in case files"
TAG = "tags are not used in case files"
SEEN = "the character U+{} cannot be seen by a reader"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the file holds no case"),
        ("- a\n", 1, "the file holds no case"),
        ("\n\n5\n", 1, "the file holds no case"),
        ("a: 1\n---\nb: 2\n", 2, "this is not YAML: but found another document"),
        ("a: 1\n\tb: 2\n", 2, "this is not YAML: found character '\\t' that cannot start any token"),
        ("a: 1\nb: [1\n", 3, "this is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: b: c\n", 1, "this is not YAML: mapping values are not allowed here"),
        ("a: 1\n b: 2\n", 2, "this is not YAML: mapping values are not allowed here"),
        ("a: 1\nb: 2\na: 3\n", 3, "'a' is given twice"),
        ("a: 1\nb: &x 2\n", 2, ANCHOR),
        ("a: &x 1\nb: &x 2\n", 1, ANCHOR),
        ("&x a: 1\n", 1, ANCHOR),
        ("a: 1\nb: *x\n", 2, "this is not YAML: found undefined alias 'x'"),
        ("a: 1\nb: !!str 2\n", 2, TAG),
        ("a: 1\nb: !<tag:yaml.org,2002:str> 2\n", 2, TAG),
        ("a: 1\nb: !!binary aGk=\n", 2, TAG),
        ("a: 1\nb: !x {c: d}\n", 2, TAG),
        ("a: 1\n!!str b: 2\n", 2, TAG),
        ("a: 1\n? [b]\n: 2\n", 2, "a key is one word"),
        (f"a: 1\n{'b' * 101}: 2\n", 2, "a key is one word"),
        ("a: 1\nb: \x1b[2J\n", 2, SEEN.format("001B")),
        ("a: 1\nb: c\x85d\n", 2, SEEN.format("0085")),
        ("a: 1\n# \u202e\n", 2, SEEN.format("202E")),
        ("a: 1\rb: 2\n", 1, SEEN.format("000D")),
        ("a: 1\nb: \ufeffc\n", 2, SEEN.format("FEFF")),
        ('a: 1\nb: "\\0"\n', 2, SEEN.format("0000")),
        ('a: 1\nb: "\\ud800"\n', 2, SEEN.format("D800")),
        ('a: 1\n"\\x1c": 2\n', 2, SEEN.format("001C")),
        ('a: "\\UFFFFFFFF"\n', 1, "this is not YAML: OverflowError"),
        ("[" * 2_000, 1, "the file is nested too deeply"),
        (f"a:\n  {'[' * 13}{']' * 13}\n", 2, "this is nested too deeply"),
        (f"a: [{'b,' * 50_001}]\n", 1, "the file holds more than 50000 values"),
        ("a: " + "b" * 1_000_000, 1, "the file is longer than 1000000 bytes"),
    ],
)
def test_what_a_reader_would_not_see_through_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    """And with what to do instead; the parser itself says nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        problem = read_text(text.encode(errors="surrogatepass"))
    assert isinstance(problem, Problem)
    assert (problem.line, problem.message, bool(problem.hint)) == (line, message, True)


def test_bytes_that_are_not_utf_8_are_named_by_their_line() -> None:
    problem = read_text("a: 1\nb: Größe\n".encode("latin-1"))
    assert problem == Problem(line=2, path="", message="the file is not UTF-8", hint="save it as UTF-8")


def test_line_ends_and_a_mark_of_windows_are_fine() -> None:
    document = read_text(b"\xef\xbb\xbfa: 1\r\nb: |\r\n  one\r\n  two\r\n")
    assert isinstance(document, Document)
    assert document.value == {"a": 1, "b": "one\ntwo"}


def test_every_value_knows_its_line_and_a_missing_one_that_of_what_should_hold_it() -> None:
    document = read_text(b"a: 1\nb:\n  - c: 2\n    d: >\n      text\n  - {e: 3}\n")
    assert isinstance(document, Document)
    places = [("a",), ("b",), ("b", 0, "c"), ("b", 0, "d"), ("b", 1, "e"), ("b", 0, "x"), ("x",), ()]
    assert [document.line_of(place) for place in places] == [1, 2, 3, 4, 6, 3, 1, 1]
