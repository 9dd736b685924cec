"""A shared key as it is handed over: complete or refused, and never seen by accident."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import InvalidInputError
from tocsin.model.key import Key, new_key, quarter_of, read_key
from tocsin.model.stamp import stamp_of

KEY = Key(name="example", secret=bytes(range(32)))
TEXT = "tocsin-key-1:example:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8:9a0b8399"
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:"


def test_a_key_is_written_as_one_line_and_read_back() -> None:
    """Blanks and a line end around it do not matter."""
    assert KEY.text == TEXT
    assert read_key(f" {TEXT}\r\n") == KEY


@given(st.binary(min_size=32, max_size=32), st.from_regex(r"[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,3}", fullmatch=True))
def test_every_key_comes_back(secret: bytes, name: str) -> None:
    key = Key(name=name, secret=secret)
    assert read_key(key.text) == key


@given(st.integers(0, len(TEXT) - 1), st.sampled_from(ALPHABET))
def test_a_slip_of_the_pen_is_found(place: int, letter: str) -> None:
    """Any one character, of the name too; the message does not hold the secret."""
    wrong = TEXT[:place] + letter + TEXT[place + 1 :]
    if wrong == TEXT:
        return
    with pytest.raises(InvalidInputError) as raised:
        read_key(wrong)
    assert TEXT[25:60] not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "example", TEXT[:-1], TEXT + "0", TEXT.replace("-1:", "-2:"), f"{TEXT}\n{TEXT}", "tocsin_" + "a" * 43]
)
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"this is no shared key; give the whole line that begins with tocsin-key-1:"):
        read_key(text)


def test_no_representation_of_a_key_shows_its_secret() -> None:
    """Logs and tracebacks print representations."""
    assert repr(KEY) == str(KEY) == "Key(name='example')"


def test_a_fingerprint_is_of_the_secret_and_tells_nothing_of_it() -> None:
    """Eight digits of a derived value: the same under any name, and no part of what the text or a hash shows."""
    assert KEY.fingerprint == dataclasses.replace(KEY, name="other").fingerprint == "009c91f6"
    assert new_key("example").fingerprint != KEY.fingerprint
    assert KEY.fingerprint not in TEXT + KEY.secret.hex() + KEY.derived("2026q4").hex()


def test_two_new_keys_have_nothing_in_common() -> None:
    assert new_key("example").secret != new_key("example").secret


@pytest.mark.parametrize("name", ["", "Example", "a b", "-a", "a-", "a--b", "a.b", "a:b", "a" * 41, "ä", "a\n"])
def test_a_name_is_a_slug(name: str) -> None:
    """It stands in the id of the key, between a colon and a dot."""
    with pytest.raises(InvalidInputError, match="cannot name a key"):
        new_key(name)


@pytest.mark.parametrize("epoch", ["", "2026Q4", "2026 q4", "2026.q4", "2026:q4", "q" * 21, "2026q4\n"])
def test_an_epoch_is_a_slug(epoch: str) -> None:
    with pytest.raises(InvalidInputError, match="is no epoch"):
        KEY.key_id(epoch)


def test_an_epoch_is_the_quarter_unless_another_is_named() -> None:
    """The first and the last instant of each."""
    edges = ["2026-01-01T00:00:00Z", "2026-03-31T23:59:59Z", "2026-04-01T00:00:00Z", "2026-09-30T23:59:59Z", "2026-12-31T23:59:59Z"]
    assert [quarter_of(stamp_of(edge)) for edge in edges] == ["2026q1", "2026q1", "2026q2", "2026q3", "2026q4"]
    assert KEY.key_id("2026q4") == "example.2026q4"
