"""A pattern is taken exactly when the parser that readers use takes it, and never costs more than a fraction of a second."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stix2patterns.validator import run_validator

from tocsin.model import pattern
from tocsin.model.pattern import check_pattern

PIECES = ["[", "]", "(", ")", "a:b", "true", "a:hashes.MD5", "x.y[0]", "=", "!=", " ", "'x'", "'it\\'s'", "1", "01", " AND ", " OR ", "-"]


WORDS = ["value", "true", "false", "hashes", "t", "h", "b", "_x", "in", "and", "true_x"]
NAME = st.sampled_from(WORDS) | st.from_regex(r"[a-z_-]{1,4}", fullmatch=True)
STEP = st.sampled_from(["[*]", "[0]", "[12]", ".'x'"]) | NAME.map(".{}".format)
LITERAL = st.text(max_size=6).map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'") | st.integers().map(str)
DIGEST = st.sampled_from(["a:hashes.MD5 = ", "file:hashes.'MD5'=", "a:hashes.'SHA-1' != ", "a:hashes.SHA256 = ", "a:hashes.'SHA-256' = "])
STEPS = st.lists(STEP, max_size=3).map("".join)
TERM = st.builds("{}:{}{}{}{}".format, NAME, NAME, STEPS, st.sampled_from(["=", " = ", " != ", " =="]), LITERAL)
HASH = st.builds("{}'{}'".format, DIGEST, st.sampled_from([32, 40, 64]).map(lambda length: "aF" * (length // 2)))


def joined(parts: st.SearchStrategy[str], words: list[str]) -> st.SearchStrategy[str]:
    word = st.sampled_from(words)
    return st.lists(st.tuples(word, parts), min_size=1, max_size=3).map(lambda pairs: "".join(a + b for a, b in pairs)[len(pairs[0][0]) :])


BOXED = st.builds("[{}{}{}]".format, st.sampled_from(["", " "]), joined(TERM | HASH, [" AND ", " OR "]), st.sampled_from(["", " "]))


@given(joined(BOXED, [" AND ", " OR ", " FOLLOWEDBY "]))
@settings(max_examples=300)
def test_whatever_the_fast_path_takes_the_parser_takes(text: str) -> None:
    if pattern._PLAIN.fullmatch(text):
        assert run_validator(text, "2.1") == []


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
@settings(max_examples=150)
def test_any_short_text_is_judged_as_the_parser_judges_it(text: str) -> None:
    wrapped = f"[a:b = 'x'{text}]"

    assert (check_pattern(wrapped) is None) == (run_validator(wrapped, "2.1") == [])


@pytest.mark.parametrize(
    "text",
    [
        "[ipv4-addr:value = '198.51.100.7']",
        "[ domain-name:value='a.example' OR url:value = 'http://a.example/?q=it\\'s' ] FOLLOWEDBY [file:name != 'c:\\\\x']",
        "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
        "[file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']",
        "[network-traffic:dst_port = 443 AND network-traffic:protocols[*] = 'tcp']",
    ],
)
def test_common_shapes_do_not_need_the_parser(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pattern, "run_validator")

    assert check_pattern(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "([a:b > 5] AND [a:b LIKE 'x%']) WITHIN 5.5 SECONDS",
        "[a:b MATCHES '(a+)+$']",
        "[a:b IN ('x', 'y')] START t'2020-01-01T00:00:00Z' STOP t'2021-01-01T00:00:00Z'",
        "[a:b = 'x'] /* it's */ // and '",
        "[EXISTS a:b.'c-d'[0].e]",
        f"[a:b = '{'x' * 9000}']",
        " OR ".join(["[a:b = 1]"] * 500),
    ],
)
def test_what_the_parser_takes_is_taken(text: str) -> None:
    assert check_pattern(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a:b = 1", "does not parse: 'line 1:0. input is missing square brackets'"),
        ("[a:b = 'x' AND]", "does not parse: "),
        ("[a:true = 1]", "does not parse: "),
        ("[file:hashes.MD5 = 'abc']", "does not parse: \"'abc' is not a valid MD5 hash\""),
        ("[a:b = 'x]", "has a string or a comment that is not closed"),
        ("[a:b = 'x\\n']", "has a string or a comment that is not closed, or a backslash"),
        ("[a:b = 1] /* x", "has a string or a comment that is not closed"),
        ("[a:b = " + "0" * 41 + "]", "has a number of more than 40 digits"),
        ("(" * 101 + "[a:b = 1]" + ")" * 101, "is nested more than 100 levels deep"),
        ("[a:b" + ".c" * 4000 + " = 1]", "is nested too deeply, or one of its paths is too long"),
        ("[a:b = '" + "é" * 5000 + "']", "is longer than 10000 bytes"),
        ("", "cannot be parsed"),
    ],
)
def test_what_does_not_parse_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert (check_pattern(text) or "").startswith(reason)


def test_brackets_inside_strings_are_no_depth() -> None:
    assert check_pattern("([a:b > '" + "[(" * 200 + "'])") is None


def test_a_pattern_of_stix_2_0_is_judged_by_its_own_grammar() -> None:
    assert check_pattern("[EXISTS a:b]") is None
    assert check_pattern("[EXISTS a:b]", version="2.0") == "does not parse: \"line 1:8. no viable alternative at input 'EXISTSa'\""


def test_a_failure_inside_the_parser_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str, version: str) -> list[str]:
        raise KeyError(text)

    monkeypatch.setattr(pattern, "run_validator", broken)

    assert check_pattern("[a:b > 1]") == "cannot be parsed (KeyError)"


def test_what_a_reason_quotes_is_harmless() -> None:
    reason = check_pattern("[a:b = \x1b\u202e]") or ""

    assert reason.isprintable() and reason.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "[a:b = '" + "\\'" * 4900,
        "[a:b = " + "/* " * 3000,
        "[a:b = " + "0" * 9000 + "]",
        "(" * 9999,
        "[a:b = 'x'" + " AND a:b = 'x'" * 700 + "!",
    ],
)
def test_hostile_text_costs_little(text: str) -> None:
    started = time.perf_counter()

    assert check_pattern(text) is not None
    assert time.perf_counter() - started < 2
