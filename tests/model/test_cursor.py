"""`next`: sealed, and bound to one place (ADR 0004)."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import InvalidInputError
from tocsin.model.cursor import Cursor, Place, seal, unseal
from tocsin.model.query import ObjectQuery

KEY = b"k" * 32
PLACE = Place(endpoint="objects", collection="c1", epoch=0, reader=3, clearance=1)
CURSOR = Cursor(place=PLACE, position=1_769_851_800_000_001, query=ObjectQuery(types=("malware",)), expires=1_000)

TEXTS = st.none() | st.lists(st.text(max_size=20), max_size=3).map(tuple)
PLACES = st.builds(
    Place, endpoint=st.text(), collection=st.text(), epoch=st.integers(0, 9), reader=st.integers(0, 1 << 31), clearance=st.integers(0, 4)
)
QUERIES = st.builds(
    ObjectQuery,
    added_after=st.none() | st.integers(-(1 << 62), 1 << 62),
    ids=TEXTS,
    types=TEXTS,
    versions=st.lists(st.text(max_size=9), max_size=3).map(tuple),
    spec_versions=TEXTS,
)
CURSORS = st.builds(Cursor, place=PLACES, position=st.integers(0, 1 << 62), query=QUERIES, expires=st.integers(0, 1 << 62))


@given(cursor=CURSORS)
def test_a_token_carries_everything(cursor: Cursor) -> None:
    """Place, position, filters and expiry come back; its text needs no escaping in a URL."""
    token = seal(cursor, KEY)
    assert unseal(token, KEY, place=cursor.place, now=cursor.expires) == cursor
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)


@pytest.mark.parametrize("name", [field.name for field in fields(Place)])
def test_every_part_of_the_place_binds(name: str) -> None:
    """One other value, and the token is void."""
    value: Any = getattr(PLACE, name)
    other = replace(PLACE, **{name: f"{value}x" if isinstance(value, str) else value + 1})
    with pytest.raises(InvalidInputError):
        unseal(seal(CURSOR, KEY), KEY, place=other, now=0)


def test_a_token_ends_with_its_expiry() -> None:
    """To the microsecond."""
    assert unseal(seal(CURSOR, KEY), KEY, place=PLACE, now=1_000) == CURSOR
    with pytest.raises(InvalidInputError):
        unseal(seal(CURSOR, KEY), KEY, place=PLACE, now=1_001)


def test_another_key_does_not_open_it() -> None:
    """Nor does it seal what this one opens."""
    with pytest.raises(InvalidInputError):
        unseal(seal(CURSOR, KEY), b"x" * 32, place=PLACE, now=0)


@given(bit=st.integers(min_value=0))
def test_a_token_with_any_bit_changed_is_refused(bit: int) -> None:
    """Its seal covers the form, the payload and itself."""
    sealed = bytearray(urlsafe_b64decode(seal(CURSOR, KEY) + "=="))
    position = bit % (len(sealed) * 8)
    sealed[position // 8] ^= 1 << position % 8
    with pytest.raises(InvalidInputError):
        unseal(urlsafe_b64encode(sealed).decode(), KEY, place=PLACE, now=0)


@given(token=st.text() | st.binary().map(lambda noise: urlsafe_b64encode(noise).decode()))
def test_noise_is_refused(token: str) -> None:
    """Never an error of ours."""
    with pytest.raises(InvalidInputError):
        unseal(token, KEY, place=PLACE, now=0)


def test_every_refusal_says_the_same_and_what_to_do() -> None:
    """Which of its bonds was broken is not told."""
    told = set()
    for token, key, place, now in [
        ("x", KEY, PLACE, 0),
        (seal(CURSOR, KEY), b"x" * 32, PLACE, 0),
        (seal(CURSOR, KEY), KEY, replace(PLACE, reader=9), 0),
        (seal(CURSOR, KEY), KEY, PLACE, 9_999),
    ]:
        with pytest.raises(InvalidInputError) as raised:
            unseal(token, key, place=place, now=now)
        told.add(str(raised.value))
    assert told == {"this `next` is not valid (any more); ask again with added_after and your filters"}
