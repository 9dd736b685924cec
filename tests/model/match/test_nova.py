"""NOVA rules: only those of plain keywords reach the package that evaluates them, and without it none is evaluated."""

import time
from importlib.util import find_spec

import pytest

from tocsin.model.match.nova import MAX_KEYWORDS, NOT_INSTALLED, NOT_KEYWORDS, is_plain, read_rule
from tocsin.model.pattern import MAX_BYTES

RULE = """rule Kit
{
    meta:
        description = "Finds: a kit."
    // a comment
    keywords:
        $kit = "paper lantern kit"
        $more = 'second'
    condition:
        %s
}"""
PLAIN = {  # condition: whether it holds of both keywords, of the first alone, of none
    "keywords.$kit": (True, True, False),
    "$kit": (True, True, False),
    "any of keywords": (True, True, False),
    "all of keywords.*": (True, False, False),
    "2 of keywords": (True, False, False),
    "keywords.*": (True, True, False),
    "any of keywords.$k*": (True, True, False),
    "not $kit": (False, False, True),
    "keywords.$kit and (keywords.$more or not $kit)": (True, False, False),
}
NOT_PLAIN = [
    "$kit AND $more",
    "semantics.$kit",
    "llm.$x",
    "$kit $more",
    "$kit and",
    "any of keywords or",
    "(",
    "true",
    "kit",
    "",
    "$kit and __import__('os')",
]
LINES = [  # in the place of a keyword
    "$kit = /(a+)+$/",
    "$kit = /kit/i",
    '$kit = "kit" // and',
    "kit = 'x'",
    "$kit = kit",
    "semantics:",
    "llm:",
    "keyword:",
    '$kit = ""',
]
needs_package = pytest.mark.skipif(find_spec("nova") is None, reason="the extra nova is not installed")


@pytest.mark.parametrize("condition", PLAIN)
def test_a_rule_of_plain_keywords_is_plain(condition: str) -> None:
    assert is_plain(RULE % condition)


@pytest.mark.parametrize("condition", NOT_PLAIN)
def test_a_condition_about_more_than_keywords_is_not(condition: str) -> None:
    assert not is_plain(RULE % condition)


@pytest.mark.parametrize("line", LINES)
def test_a_keyword_that_is_no_text_in_quotes_is_not_plain(line: str) -> None:
    assert not is_plain((RULE % "$more").replace('$kit = "paper lantern kit"', line))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rule",
        "rule X {",
        "x",
        "rule X\nkeywords:\n$a = 'x'\ncondition:\n$a\n" + "// " + "x" * MAX_BYTES,
        "rule X\nkeywords:\n" + "".join(f"$a{number} = 'x'\n" for number in range(MAX_KEYWORDS + 1)) + "condition:\n$a1",
        "rule X\nkeywords:\n$a = 'x'\ncondition:\n" + "(" * 4_000 + "$a" + ")" * 4_000,
        "rule X\nkeywords:\n$a = 'x'\ncondition:\n" + "not " * 2_400 + "$a b",
        "rule X\nkeywords:\n$a = 'x'\ncondition:\n" + "$a" * 4_900 + "!",
    ],
    ids=range(9),
)
def test_what_is_no_rule_or_too_large_is_not_plain(text: str) -> None:
    """Found out in no time."""
    began = time.process_time()
    assert not is_plain(text)
    assert time.process_time() - began < 0.2


@pytest.mark.skipif(find_spec("nova") is not None, reason="the extra nova is installed")
def test_without_the_package_no_rule_is_evaluated() -> None:
    assert read_rule(RULE % "$kit") == NOT_INSTALLED


@needs_package
@pytest.mark.parametrize(("condition", "expected"), PLAIN.items())
def test_the_package_evaluates_a_plain_rule(condition: str, expected: tuple[bool, ...], capfd: pytest.CaptureFixture[str]) -> None:
    """And says nothing meanwhile."""
    rule = read_rule(RULE % condition)
    assert not isinstance(rule, str)
    prompts = ("a SECOND Paper Lantern kit", "the paper lantern KIT", "paper lantern")
    assert tuple(map(rule, prompts)) == expected
    assert capfd.readouterr() == ("", "")


@needs_package
@pytest.mark.parametrize("condition", NOT_PLAIN)
def test_a_rule_that_is_not_plain_never_reaches_the_package(condition: str) -> None:
    assert read_rule(RULE % condition) == NOT_KEYWORDS
