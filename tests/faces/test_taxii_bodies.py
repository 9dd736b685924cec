"""What may be posted, and that everything else is refused without a trace in the collection (TAXII 2.1 §3.7, §5.5)."""

import json
from io import BytesIO
from typing import Any

import pytest

from tests.faces.conftest import MEDIA_TYPE, House, Visitor, body_of, objects_of
from tests.support.objects import INSTANT, domain_name, envelope, indicator, text

GOOD = text(indicator(1))[0]


def within(part: bytes) -> bytes:
    """An envelope with one indicator, in which one custom property is this JSON text."""
    return envelope(indicator(1, x_value="@@@")).replace(b'"@@@"', part)


REFUSED: dict[str, tuple[bytes, int]] = {  # whole bodies
    "nothing": (b"", 400),
    "blank": (b" \r\n", 400),
    "a list": (b"[" + GOOD + b"]", 422),
    "a text": (b'"objects"', 422),
    "a number": (b"7", 422),
    "null": (b"null", 422),
    "true": (b"true", 422),
    "an empty object": (b"{}", 422),
    "no objects": (b'{"objects": []}', 422),
    "objects null": (b'{"objects": null}', 422),
    "objects a mapping": (b'{"objects": {}}', 422),
    "an empty bundle": (b'{"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001"}', 422),
    "a bare object": (GOOD, 422),
    "cut": (envelope(indicator(1))[:-1], 400),
    "two values": (envelope(indicator(1)) * 2, 400),
    "a byte order mark": (b"\xef\xbb\xbf" + envelope(indicator(1)), 400),
    "UTF-16": (envelope(indicator(1)).decode().encode("utf-16"), 400),
    "a trailing comma": (b'{"objects": [' + GOOD + b",]}", 400),
    "single quotes": (b"{'objects': []}", 400),
    "a comment": (b'{"objects": [' + GOOD + b"] /* yes */}", 400),
    "a duplicate key": (b'{"objects": [' + GOOD + b'], "objects": []}', 400),
    "another duplicate key": (b'{"objects": [' + GOOD + b'], "more": true, "more": false}', 400),
    "NaN beside objects": (b'{"objects": [' + GOOD + b'], "x": NaN}', 400),
    "invalid UTF-8": (within(b'"\xff"'), 400),
    "invalid UTF-8 outside": (b'{"\xff": 1, "objects": [' + GOOD + b"]}", 400),
    "a lone surrogate inside": (within(b'"\\ud800"'), 400),  # no parser that cuts at our speed gets past it
    "NaN inside": (within(b"NaN"), 400),
    "Infinity inside": (within(b"-Infinity"), 400),
    "a number with a leading zero": (within(b"01"), 400),
    "a bare control character": (within(b'"\n"'), 400),
    "depth of 100,000": (b'{"objects": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
}
FAILING: dict[str, tuple[bytes, str]] = {  # one bad object among good ones
    "a duplicate key": (b'{"type": "indicator", "type": "indicator"}', "$: the key 'type' stands twice in one object"),
    "U+0000": (b'{"type": "indicator", "x_a": "\\u0000"}', "$: a string holds U+0000"),
    "depth above 100": (b'{"x_a": ' + b"[" * 100 + b"]" * 100 + b"}", "$: nested more than 100 levels deep"),
    "too many values": (b'{"x_a": [' + b"0," * 100_000 + b"0]}", "$: more than 100000 JSON values in one object"),
    "a list": (b"[1, 2]", "$: a list is not a STIX object"),
    "a text": (b'"x"', "$: 'x' is not a STIX object"),
    "null": (b"null", "$: null is not a STIX object"),
    "no type": (b"{}", "$.type: the property type is missing"),
    "a bundle": (b'{"type": "bundle"}', "$.type: a bundle is not an object of an envelope"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_body_that_is_no_envelope_is_refused_and_changes_nothing(shared_house: House, case: str) -> None:
    """400 where it is not JSON that everybody reads alike, 422 where it is JSON without objects; always with what to send."""
    peer = shared_house.visitor("acme-peer")
    before = peer.manifest()
    answer = peer.post(REFUSED[case][0])
    assert (answer.status_code, body_of(answer)["http_status"]) == (REFUSED[case][1], str(REFUSED[case][1]))
    assert "; " in body_of(answer)["description"]
    assert peer.manifest() == before


@pytest.mark.parametrize("case", FAILING)
def test_one_bad_object_fails_alone_and_is_named(house: House, case: str) -> None:
    """The others are taken; the status has path, reason and hint, and the object's place where it has no id."""
    peer = house.visitor("acme-peer")
    bad, words = FAILING[case]
    answer = peer.post(b'{"objects": [' + b", ".join([text(indicator(1))[0], bad, text(indicator(2))[0]]) + b"]}")
    status = body_of(answer)
    assert (answer.status_code, status["total_count"], status["success_count"], status["failure_count"]) == (202, 3, 2, 1)
    assert [one["id"] for one in status["successes"]] == [indicator(1)["id"], indicator(2)["id"]]
    assert status["failures"][0]["id"] == "objects[1]"
    assert status["failures"][0]["message"].startswith(words) and "; " in status["failures"][0]["message"]
    assert body_of(peer.get(objects_of("shared")))["objects"] == [indicator(1), indicator(2)]


def test_a_failure_is_told_with_id_version_path_and_hint(house: House) -> None:
    """The whole status of an envelope in which one object breaks its schema and one a rule of the collection."""
    marked = indicator(3, object_marking_refs=["marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"])
    status = house.visitor("beta-peer").put(indicator(1), indicator(2, valid_from="yesterday"), marked)
    del status["id"], status["request_timestamp"]
    assert [failure.pop("message") for failure in status["failures"]] == [
        "$.valid_from: 'yesterday' has not the form that is asked for; "
        'write it like "2026-01-31T09:30:00.000Z" (RFC 3339, UTC, an instant that exists)',
        "$.object_marking_refs: it is marked TLP:AMBER+STRICT, and shared holds nothing above GREEN; send it to a stricter collection",
    ]
    assert status == {
        "status": "complete",
        "total_count": 3,
        "success_count": 1,
        "failure_count": 2,
        "pending_count": 0,
        "successes": [{"id": indicator(1)["id"], "version": INSTANT}],
        "failures": [{"id": indicator(number)["id"], "version": INSTANT} for number in (2, 3)],
    }


def test_a_bundle_is_unwrapped(house: House) -> None:
    """Many tools send what they would write to a file; the bundle itself is not kept (STIX 2.1 §8)."""
    peer = house.visitor("acme-peer")
    bundle = {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": [indicator(1), domain_name(2)]}
    assert peer.post(json.dumps(bundle).encode()).status_code == 202
    assert body_of(peer.get(objects_of("shared"))) == {"more": False, "objects": [indicator(1), domain_name(2)]}


def test_members_of_an_envelope_that_are_not_objects_are_ignored(house: House) -> None:
    """`more` and `next` belong to answers; a client that posts a page as it got it is understood."""
    body = json.dumps({"more": True, "next": "x", "objects": [indicator(1)], "x_more": [1]}).encode()
    assert house.visitor("acme-peer").post(body).status_code == 202


def test_the_same_again_is_a_success_without_a_new_entry(house: House) -> None:
    """A client that does not know whether its POST arrived sends it again; what differs under one version fails."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1))
    before = peer.manifest()
    again, other = peer.put(indicator(1)), peer.put(indicator(1, name="another"))
    assert again["successes"] == [{"id": indicator(1)["id"], "version": INSTANT, "message": "this content was here already"}]
    assert (other["success_count"], other["failure_count"]) == (0, 1)
    assert peer.manifest() == before


def chunked(visitor: Visitor, body: bytes, **headers: str) -> Any:
    """A POST without Content-Length, as a server hands on a chunked one."""
    environ: dict[str, Any] = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    return visitor.ask(
        "POST",
        objects_of("shared"),
        input_stream=BytesIO(body),
        content_type=MEDIA_TYPE,
        environ_overrides=environ,
        headers=headers,
    )


def test_a_chunked_body_is_taken(house: House) -> None:
    """No length is known before it ends."""
    assert chunked(house.visitor("acme-peer"), envelope(indicator(1))).status_code == 202
    assert len(house.visitor("acme-peer").manifest()) == 1


@pytest.mark.parametrize("body", [b"", b"{", envelope(indicator(1))[:-1]])
def test_a_chunked_body_that_is_not_json_is_400(shared_house: House, body: bytes) -> None:
    """As with one of known length."""
    assert chunked(shared_house.visitor("acme-peer"), body).status_code == 400


def test_a_chunked_body_above_the_limit_is_413_wherever_it_ends(shared_house: House) -> None:
    """It is counted as it comes; one byte less is judged."""
    spaces = 10_000_000 - len(envelope(indicator(7)))
    assert chunked(shared_house.visitor("acme-peer"), b" " * spaces + envelope(indicator(7))).status_code == 202
    assert chunked(shared_house.visitor("acme-peer"), b" " * (spaces + 1) + envelope(indicator(7))).status_code == 413


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, identity", "GZIP", "x"])
def test_a_compressed_body_is_refused(shared_house: House, coding: str) -> None:
    """Its size is not what it seems (decompression bombs); plain bytes under that name are refused too."""
    answer = shared_house.visitor("acme-peer").post(envelope(indicator(1)), headers={"Content-Encoding": coding})
    assert answer.status_code == 400
    assert body_of(answer)["description"] == "compressed bodies are not taken; send the body without Content-Encoding"


@pytest.mark.parametrize("length", ["abc", "-1", "1_0", "0x10", "9" * 30, "\u0665"])
def test_a_length_that_is_no_length_is_refused(shared_house: House, length: str) -> None:
    """A server in front may let it through."""
    answer = shared_house.visitor("acme-peer").post(envelope(indicator(1)), environ_overrides={"CONTENT_LENGTH": length})
    assert answer.status_code in (400, 413)


def test_a_body_that_ends_before_its_length_is_400_and_changes_nothing(shared_house: House) -> None:
    """The connection broke: even if what came is valid, it is not what was meant."""
    peer = shared_house.visitor("acme-peer")
    body = envelope(indicator(77))
    answer = peer.post(body, environ_overrides={"CONTENT_LENGTH": str(len(body) + 1)})
    assert (answer.status_code, body_of(answer)["description"]) == (400, "the body ends before its Content-Length; send it whole")
    assert indicator(77)["id"] not in [entry["id"] for entry in peer.manifest()]


def test_a_post_without_a_body_says_what_to_send(shared_house: House) -> None:
    """With length 0 and without any length."""
    for length in ("0", ""):
        answer = shared_house.visitor("acme-peer").post(b"", environ_overrides={"CONTENT_LENGTH": length})
        assert (answer.status_code, body_of(answer)["description"]) == (400, 'the body is empty; send an envelope: {"objects": [...]}')
