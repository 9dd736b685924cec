"""Strict reading of what a peer sends, and the cut of a page into the bytes of its objects."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.peers.wire import MAX_COMMAS, read_envelope, read_json

LONE = rb'{"name":"cut in the middle of an emoji \ud83d"}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b'{"objects":[{"a":NaN}]}',
        b'{"objects":[{"a":-Infinity}]}',
        b'{"objects":[{"a":"\xff"}]}',
        b'{"\xff":1}',
        b'{"objects":[{"a":1,}]}',
        b'{"objects":[{}],"objects":[]}',
        b'{"objects":[],"objects":[]}',
        b'{"objects":[], "objec\\u0074s":[]}',
        b'{"x":12,"x":1}',
        b'{"x":1,"x":12}',
        b'{"more":true,"more":true}',
        b'{"objects":{}}',
        b'{"objects":null}',
        b'{"objects":[1]}',
        b'{"objects":[null]}',
        b'{"objects":[[]]}',
        b'{"objects":["{}"]}',
        b'{"more":1}',
        b'{"more":"true"}',
        b'{"next":1}',
        b'{"next":{"a":1,"a":2}}',
        b'{"next":"\\ud800"}',
        b"[]",
        b"null",
        b'"{}"',
        b'{"objects":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
    ],
    ids=lambda body: body[:40],
)
def test_what_is_not_an_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_envelope(body)


def test_the_slices_are_the_bytes_that_arrived() -> None:
    body = b' {"x": [1, {"objects": []}] ,\n"objects" : [ {"a" : 1.0e0} ,{"b":"\\u00e9","c":{}}\t] , "next":"n", "more":true } '
    envelope = read_envelope(body)
    assert envelope.bodies == (b'{"a" : 1.0e0}', b'{"b":"\\u00e9","c":{}}')
    assert (envelope.more, envelope.next) == (True, "n")


@pytest.mark.parametrize("body", [b"{}", b'{"more":false}', b'{"objects":[]}', b'{"objects":[],"next":null}', b'{"next":""}'])
def test_an_empty_page_has_many_forms(body: bytes) -> None:
    envelope = read_envelope(body)
    assert (envelope.bodies, envelope.more, envelope.next) == ((), False, None)


def test_one_lone_surrogate_does_not_hide_the_rest_of_the_page() -> None:
    body = b'{"objects":[{"a":1}, ' + LONE + b' ,{"b":"\\\\ud83d \\uD83D\\uDE00"}],"more":false}'
    assert read_envelope(body).bodies == (b'{"a":1}', LONE, b'{"b":"\\\\ud83d \\uD83D\\uDE00"}')


def test_duplicate_keys_inside_an_object_are_left_to_whoever_judges_it() -> None:
    assert read_envelope(b'{"objects":[{"a":1,"a":2}]}').bodies == (b'{"a":1,"a":2}',)


def test_a_flood_of_values_is_refused_before_it_takes_memory() -> None:
    body = b'{"objects":[' + b"{}," * (MAX_COMMAS + 1) + b"{}]}"
    started = time.monotonic()
    with pytest.raises(ValueError, match="more than"):
        read_envelope(body)
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":1}', b'[{"a":{"b":1,"b":2}}]', b"NaN", b"[Infinity]", b'"\xff"', b"[" * 200_000, b"1" * 5000]
)
def test_json_that_is_not_strict_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=4), values, max_size=4), max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_every_object_comes_back_as_it_was_written(objects: list[dict[str, object]], more: bool, indent: int | None) -> None:
    """Escapes, surrogates, blanks: each slice decodes to its object, and the slices lie in the body."""
    body = json.dumps({"more": more, "objects": objects, "next": "n"}, indent=indent).encode()
    envelope = read_envelope(body)
    assert [json.loads(each) for each in envelope.bodies] == objects
    assert all(each in body for each in envelope.bodies)
