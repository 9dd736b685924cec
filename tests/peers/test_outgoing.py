"""Objects to push as slices, and slices as envelopes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import stix2

from tests.peers.hostile import thing
from tocsin.errors import InvalidInputError
from tocsin.peers.interface import Outgoing, PushedObject
from tocsin.peers.outgoing import OutgoingEnvelope, envelopes, outgoing


def item(number: int, size: int = 0) -> Outgoing:
    return outgoing({**thing(number), "x": "x" * size})


def sizes(*items: Outgoing, max_bytes: int = 1_000_000) -> list[int]:
    return [len(part.objects) for part in envelopes(items, max_bytes=max_bytes) if isinstance(part, OutgoingEnvelope)]


def test_bytes_go_out_as_they_are() -> None:
    body = b'{ "id": "a--1", "x": 1.0e0 }'
    assert outgoing(body) == Outgoing(id="a--1", version=None, body=body)


def test_a_dict_and_a_stix2_object_are_written_once() -> None:
    identity = stix2.Identity(name="Providér", identity_class="organization")
    assert json.loads(outgoing(identity).body)["name"] == "Providér"
    assert outgoing({**thing(1), "name": "é"}).body.endswith('"name":"é"}'.encode())


def test_the_version_is_modified_or_created() -> None:
    assert outgoing({"id": "a", "created": "c", "modified": "m"}).version == "m"
    assert outgoing({"id": "a", "created": "c"}).version == "c"


@pytest.mark.parametrize(
    "given",
    [
        "text",
        7,
        None,
        [thing(1)],
        {},
        {"id": 7},
        {**thing(1), "x": float("nan")},
        {**thing(1), "x": "\ud800"},
        {**thing(1), "x": datetime.now(UTC)},
        b"",
        b"{}",
        b"[]",
        b'{"id":"a","id":"b"}',
        {"type": "bundle", "id": "bundle--1", "objects": []},
    ],
    ids=lambda given: repr(given)[:12],
)
def test_what_is_no_object_is_the_callers_fault(given: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        outgoing(given)
    assert caught.value.hint


def test_an_envelope_holds_at_most_a_thousand_objects() -> None:
    assert sizes(*map(item, range(2001))) == [1000, 1000, 1]


def test_an_envelope_stays_below_the_peers_limit() -> None:
    parts = list(envelopes((item(number, 300) for number in range(20)), max_bytes=2000))
    bodies = [part.body for part in parts if isinstance(part, OutgoingEnvelope)]
    assert all(len(body) <= 1875 for body in bodies)
    assert [each["id"] for body in bodies for each in json.loads(body)["objects"]] == [thing(number)["id"] for number in range(20)]


def test_an_object_that_is_too_large_fails_alone() -> None:
    parts = list(envelopes([item(1), item(2, 5000), item(3)], max_bytes=4000))
    assert isinstance(parts[0], PushedObject)
    assert parts[0].id == thing(2)["id"]
    assert "4,000" in str(parts[0].message)
    assert sizes(item(1), item(2, 5000), item(3), max_bytes=4000) == [2]


def test_a_large_object_goes_alone_when_the_peer_would_take_it() -> None:
    assert sizes(item(1), item(2, 9 * 1024**2), item(3), max_bytes=100 * 1024**2) == [1, 1, 1]


def test_nothing_makes_no_envelope() -> None:
    assert sizes() == []
