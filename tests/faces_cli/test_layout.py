"""Text from outside on its way to a person: one line stays one, nothing commands a terminal, nothing is without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tocsin.faces.cli.layout import LONGEST, MOST, WIDTH, listed, many, one_line, paragraphs


@given(some.text())
def test_whatever_a_text_holds_it_is_printable_in_lines_of_a_known_width(text: str) -> None:
    lines = [*paragraphs(text), *listed([text, text], head="head: "), one_line(text)]
    assert all(line.isprintable() and len(line) <= WIDTH for line in lines)


def test_a_line_break_in_a_name_is_a_space() -> None:
    """Of every kind that terminals and editors know."""
    assert one_line("a\nb\r\nc\u2028d\u2029e\x85f\tg  h") == "a b c d e f g h"
    assert one_line("a\x1b[2Jb\u202ec") == "a\\u001b[2Jb\\u202ec"


def test_a_long_name_is_cut_and_says_so() -> None:
    assert one_line("x" * 80) == "x" * 80
    assert one_line("x" * 81) == "x" * 79 + "…"
    assert one_line("word " * 10_000_000, longest=9) == "word wor…"


def test_paragraphs_are_kept_wrapped_and_cut() -> None:
    assert paragraphs("one\ntwo\n\n\n\nthree") == ["  one two", "", "  three"]
    assert paragraphs("word " * 30, indent=4) == ["    " + " ".join(["word"] * 19), "    " + " ".join(["word"] * 11)]
    assert "".join(paragraphs("x" * 5_000)).replace(" ", "") == "x" * LONGEST + "…"
    assert paragraphs("") == []


def test_a_list_leaves_out_what_is_empty_and_counts_what_it_does_not_show() -> None:
    assert listed(["a", "", "b"], head="head: ") == ["  head: a, b"]
    assert listed([], head="head: ") == listed([""], head="head: ") == []
    assert listed([str(number) for number in range(MOST + 2)])[-1].endswith("39, and 2 more")


@pytest.mark.parametrize(("number", "expected"), [(0, "0 uses"), (1, "1 use"), (2, "2 uses")])
def test_one_is_not_many(number: int, expected: str) -> None:
    assert many(number, "use") == expected
