"""Any JSON that admission takes comes out as it went in (ADR 0002): the same value, and the same bytes."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faces.conftest import House, body_of, objects_of
from tests.support.objects import INSTANT, uuid

SHARED = objects_of("shared")
NAMES = st.from_regex(r"[a-z][a-z0-9_]{2,20}", fullmatch=True).map(lambda name: f"x_{name}")
CHARACTERS = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")
TEXTS = st.text(CHARACTERS, max_size=20)
DECIMALS = st.from_regex(r"-?(0|[1-9][0-9]{0,25})\.[0-9]{1,25}([eE][+-]?[0-9]{1,3})?", fullmatch=True).map(Decimal)
INTEGERS = st.one_of(st.integers(), st.integers(-(10**80), 10**80), st.sampled_from([2**53 + 1, 2**63, 2**64, -(2**64) - 1]))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), INTEGERS, DECIMALS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=15,
)
SPACES = st.sampled_from(["", " ", "\n", "\t", "\r\n  "])


def written(value: Any, space: str, *, is_ascii: bool) -> str:
    """JSON text with space around every sign, and every digit of a Decimal."""
    if isinstance(value, dict):
        pairs = (
            f"{space}{written(key, '', is_ascii=is_ascii)}{space}:{written(each, space, is_ascii=is_ascii)}" for key, each in value.items()
        )
        return f"{space}{{{','.join(pairs)}{space}}}{space}"
    if isinstance(value, list):
        return f"{space}[{','.join(written(each, space, is_ascii=is_ascii) for each in value)}{space}]"
    if isinstance(value, Decimal):
        return f"{space}{value}"
    return f"{space}{json.dumps(value, ensure_ascii=is_ascii)}"


@st.composite
def custom_objects(draw: st.DrawFn) -> tuple[dict[str, Any], bytes]:
    """A custom object and one spelling of it."""
    kind = draw(st.sampled_from(["x-thing", "x-acme-note", "zz9"]))
    properties = draw(st.dictionaries(NAMES, VALUES, max_size=6))
    one = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid(draw(st.integers(0, 2**60 - 1)))}", **properties}
    one |= {"created": INSTANT, "modified": INSTANT} if draw(st.booleans()) else {}
    shuffled = dict(draw(st.permutations(list(one.items()))))
    text = written(shuffled, draw(SPACES), is_ascii=draw(st.booleans())).strip()
    return shuffled, text.encode()


def exactly(text: bytes) -> Any:
    """Parsed with every digit; pairs, so that even the order of keys counts."""
    return json.loads(text, parse_float=Decimal)


@settings(max_examples=150)
@given(sent=st.lists(custom_objects(), min_size=1, max_size=3, unique_by=lambda each: each[0]["id"]))
def test_whatever_json_goes_in_comes_out_equal(shared_house: House, sent: list[tuple[dict[str, Any], bytes]]) -> None:
    """Integers and decimals of any size, any Unicode, any nesting: equal as a value, and byte for byte."""
    peer = shared_house.visitor("acme-peer")
    answer = peer.post(b'{"objects":[' + b",".join(text for _value, text in sent) + b"]}")
    assert (answer.status_code, body_of(answer).get("failures")) == (202, None)
    for value, text in sent:
        path = f"{SHARED}{value['id']}/"
        got = peer.get(path).data
        assert got == b'{"more":false,"objects":[' + text + b"]}"
        assert exactly(got)["objects"] == [value]
        assert peer.ask("DELETE", path).status_code == 200


@settings(max_examples=60)
@given(sent=custom_objects(), again=st.booleans())
def test_what_was_deleted_can_be_posted_again(shared_house: House, sent: tuple[dict[str, Any], bytes], again: bool) -> None:
    """And an equal value in another spelling is the same content: the first spelling stays."""
    peer = shared_house.visitor("acme-peer")
    value, text = sent
    path = f"{SHARED}{value['id']}/"
    peer.post(b'{"objects":[' + text + b"]}")
    if again:
        peer.ask("DELETE", path)
        peer.post(b'{"objects":[' + text + b"]}")
    reordered = written(dict(reversed(value.items())), " ", is_ascii=True).strip().encode()
    assert body_of(peer.post(b'{"objects":[' + reordered + b"]}"))["success_count"] == 1
    assert peer.get(path).data == b'{"more":false,"objects":[' + text + b"]}"
    assert peer.ask("DELETE", path).status_code == 200
