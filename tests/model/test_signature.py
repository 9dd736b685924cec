"""Signatures: the canonical text of RFC 8785, the signature of RFC 8032, and no change that goes unseen."""

import json
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.extension import BY_SLUG, IDS, JUNK, example
from tocsin.errors import InvalidInputError
from tocsin.model import strict_json
from tocsin.model.signature import PublicKey, Seal, SigningKey, canonical, judge, keys_in, new_key, published, sign
from tocsin.model.stamp import stamp_of

# Test 1 of RFC 8032 §7.1.
PRIVATE = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = PublicKey(
    key_id="2026-1",
    public_key=bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    valid_from=stamp_of("2026-01-15T09:00:00Z"),
    valid_until=stamp_of("2026-01-15T10:00:00Z"),
)
KEY = SigningKey(public=PUBLIC, private=PRIVATE)
ANSWER = IDS["notification-answer"]
NOTE: dict[str, Any] = {
    "type": "note",
    "id": "note--65dffb94-708a-55be-87cb-9ec5b9501fe4",
    "created": "2026-01-15T09:00:00.000Z",
    "modified": "2026-01-15T09:30:00.000Z",
    "extensions": {
        ANSWER: {
            "extension_type": "property-extension",
            "answer_kind": "verdict",
            "notification_ref": "grouping--021742ad-a17a-5cdb-8510-8977b46e2842",
            "notification_modified": "2026-01-15T09:00:00.000Z",
            "verdict": "successful-attempt",
            "count": 2,
        }
    },
}
TEXT = (
    b'{"created":"2026-01-15T09:00:00.000Z","extensions":{"extension-definition--967abd7b-3cbf-5988-afee-adba8aff0dc9":'
    b'{"answer_kind":"verdict","count":2,"extension_type":"property-extension","notification_modified":"2026-01-15T09:00:00.000Z",'
    b'"notification_ref":"grouping--021742ad-a17a-5cdb-8510-8977b46e2842","verdict":"successful-attempt"}},'
    b'"id":"note--65dffb94-708a-55be-87cb-9ec5b9501fe4","modified":"2026-01-15T09:30:00.000Z","type":"note"}'
)
# Made of that text by another program (OpenSSL).
SIGNATURE = "xBY1YQJ6MimaYzifshumSqsKE_Dys6Ggy8YdOUWS2x_Z_ubJ6x2MAX5mohzvCitfYFY1orLRnlNtj9-jLTIhBQ"
SIGNED = sign({**BY_SLUG["notification"].example, "modified": "2026-01-15T09:30:00.000Z", "confidence": 15}, KEY)

Path = tuple[str | int, ...]


def parsed(value: object) -> Any:
    """As an exchange reads it."""
    return strict_json.read(json.dumps(value).encode()).value


def with_signature(**changes: object) -> dict[str, Any]:
    """The note with a signature of another form; None takes a property of it away."""
    said = {"algorithm": "ed25519", "key_id": "2026-1", "value": SIGNATURE} | changes
    signature = {name: each for name, each in said.items() if each is not None}
    return {**NOTE, "extensions": {ANSWER: {**NOTE["extensions"][ANSWER], "signature": signature}}}


def paths(value: Any, above: Path = ()) -> list[Path]:
    """Every place in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above] * bool(above) + [path for step, each in inner for path in paths(each, (*above, step))]


def changed(value: Any, path: Path, new: object) -> Any:
    """A copy with another value in one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


OUTSIDE = [path for path in paths(SIGNED) if "signature" not in path and path not in (("extensions",), ("extensions", IDS["notification"]))]


def test_the_example_of_the_standard_is_canonical_as_it_says() -> None:
    """RFC 8785 §3.2.2 and §3.2.3."""
    given = json.loads(
        r"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"""
    )
    assert canonical(given).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_in_the_order_of_their_utf_16_units() -> None:
    """RFC 8785 §3.2.3: not in that of their characters."""
    keys = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "ö": 7}
    assert list(json.loads(canonical(keys))) == ["\r", "1", "\u0080", "ö", "€", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_the_standard_writes_them(bits: str, text: str) -> None:
    """RFC 8785, appendix B."""
    assert canonical({"n": struct.unpack(">d", bytes.fromhex(bits))[0]}) == f'{{"n":{text}}}'.encode()


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), parsed(0.1234567890123456789), parsed(10**30), "\ud800", {"\udfff": 1}, float("nan")], ids=repr
)
def test_what_has_no_canonical_form_is_refused_by_name(value: object) -> None:
    """Never rounded: two values would have one signature."""
    with pytest.raises(InvalidInputError, match="the object has no canonical form; whole numbers stay within 2\\^53"):
        canonical({"value": value})


def test_a_signature_is_that_of_the_canonical_text_without_itself() -> None:
    """Word for word, as any other program makes it; the object itself stays as it was."""
    before = json.dumps(NOTE)
    assert canonical(NOTE) == TEXT
    assert sign(NOTE, KEY) == with_signature()
    assert judge(with_signature(), [PUBLIC]) is Seal.VERIFIED
    assert json.dumps(NOTE) == before


def test_signing_again_puts_the_new_signature_in_the_place_of_the_old() -> None:
    other = new_key("2026-2", now=PUBLIC.valid_from)
    assert judge(sign(with_signature(), other), [PUBLIC, other.public]) is Seal.VERIFIED
    assert sign(sign(NOTE, other), KEY) == with_signature()


@given(st.sampled_from(OUTSIDE), JUNK)
def test_any_change_outside_the_signature_is_seen(path: Path, new: object) -> None:
    """Of any value, to any other; also one that no exchange would admit."""
    value = changed(SIGNED, path, new)
    text = json.dumps(value)
    if text == json.dumps(SIGNED):
        return
    assert judge(value, [PUBLIC]) is not Seal.VERIFIED
    assert "\\u0000" in text or judge(parsed(value), [PUBLIC]) is not Seal.VERIFIED


@given(st.sampled_from([path for path in OUTSIDE if isinstance(path[-1], str)]), st.data())
def test_what_is_added_or_taken_away_is_seen(path: Path, data: st.DataObject) -> None:
    """Beside any property, in the extension too."""
    above = SIGNED
    for step in path[:-1]:
        above = above[step]
    less = {name: each for name, each in above.items() if name != path[-1]}
    more = {**above, data.draw(st.text(min_size=1, max_size=5)): data.draw(JUNK)}
    for value in (less, more):
        if value != above:
            assert judge(changed(SIGNED, path[:-1], value), [PUBLIC]) is not Seal.VERIFIED


@given(st.randoms(use_true_random=False), st.sampled_from([None, 0, 1, "\t"]), st.booleans())
def test_the_order_of_keys_and_white_space_do_not_matter(random: Any, indent: Any, is_ascii: bool) -> None:
    """Nor do escapes."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffled(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {name: shuffled(value[name]) for name in random.sample(list(value), len(value))}

    text = json.dumps(shuffled(sign({**SIGNED, "name": "größer €"}, KEY)), indent=indent, ensure_ascii=is_ascii)
    assert judge(strict_json.read(text.encode()).value, [PUBLIC]) is Seal.VERIFIED


def test_what_carries_no_signature_is_unsigned() -> None:
    """And so is what is no notification and no answer, whatever it carries."""
    assert judge(NOTE, [PUBLIC]) is Seal.UNSIGNED
    assert judge({**with_signature(), "type": "opinion"}, [PUBLIC]) is Seal.UNSIGNED
    assert judge({}, [PUBLIC]) is Seal.UNSIGNED


@pytest.mark.parametrize(
    "changes",
    [
        {"value": SIGNATURE[:-1] + "R"},  # the same bytes in another spelling
        {"value": SIGNATURE + "=="},
        {"value": SIGNATURE + "\n"},
        {"value": SIGNATURE.replace("_", "/")},
        {"value": "A" * 86},
        {"value": None},
        {"value": 5},
        {"algorithm": "rsa"},
        {"algorithm": None},
    ],
    ids=str,
)
def test_a_signature_of_another_form_is_forged(changes: dict[str, object]) -> None:
    """One signature has one spelling."""
    assert judge(with_signature(**changes), [PUBLIC]) is Seal.FORGED


@pytest.mark.parametrize("signature", [None, "text", [], 5])
def test_a_signature_of_any_shape_is_forged(signature: object) -> None:
    value = {**NOTE, "extensions": {ANSWER: {**NOTE["extensions"][ANSWER], "signature": signature}}}
    assert judge(value, [PUBLIC]) is Seal.FORGED


def test_what_cannot_have_been_signed_is_forged() -> None:
    """Numbers beyond what a double holds; with no key to prove it either."""
    for odd in (2**53, 10**30, 0.12345678901234567):
        assert judge(parsed({**with_signature(), "x_odd": odd}), [PUBLIC]) is Seal.FORGED
    assert judge({**with_signature(), "x_odd": "\ud800"}, []) is Seal.FORGED


def test_the_signature_of_another_is_forged() -> None:
    """Under the same name of a key."""
    other = new_key("2026-1", now=PUBLIC.valid_from)
    assert judge(sign(NOTE, other), [PUBLIC]) is Seal.FORGED
    assert judge(sign(NOTE, other), [PUBLIC, other.public]) is Seal.VERIFIED
    no_point = replace(PUBLIC, public_key=b"\xff" * 32)
    assert judge(with_signature(), [no_point]) is Seal.FORGED


def test_a_key_that_nobody_knows_proves_nothing() -> None:
    assert judge(with_signature(), []) is Seal.UNKNOWN_KEY
    assert judge(with_signature(key_id="2026-2"), [PUBLIC]) is Seal.UNKNOWN_KEY
    assert judge(with_signature(key_id=None), [PUBLIC]) is Seal.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("modified", "seal"),
    [
        ("2026-01-15T08:59:59.999Z", Seal.UNKNOWN_KEY),
        ("2026-01-15T09:00:00.000Z", Seal.VERIFIED),
        ("2026-01-15T10:00:00.000Z", Seal.VERIFIED),
        ("2026-01-15T10:00:00.001Z", Seal.UNKNOWN_KEY),
    ],
)
def test_a_key_counts_for_what_was_made_in_its_time(modified: str, seal: Seal) -> None:
    """Both ends included; `modified` is signed too, so nobody moves it."""
    endless = replace(KEY, public=replace(PUBLIC, valid_from=0, valid_until=None))
    assert judge(sign({**NOTE, "modified": modified}, endless), [PUBLIC]) is seal


def test_nothing_is_signed_that_nobody_could_prove() -> None:
    """Another type, another time, an odd number."""
    with pytest.raises(InvalidInputError, match="only notifications and answers to them are"):
        sign(example("derivation"), KEY)
    with pytest.raises(InvalidInputError, match="the key 2026-1 does not count at the object's `modified`; correct the clock"):
        sign({**NOTE, "modified": "2026-01-15T10:00:00.001Z"}, KEY)
    with pytest.raises(InvalidInputError, match="no canonical form"):
        sign({**NOTE, "x_odd": 2**53}, KEY)


@given(JUNK, JUNK, JUNK)
def test_no_object_makes_the_judge_fail(first: object, second: object, third: object) -> None:
    """Of whatever shape."""
    hostile = {"type": "note", "modified": first, "extensions": {ANSWER: second}}
    signed = {"type": "grouping", "modified": "2026-01-15T09:30:00Z", "extensions": {IDS["notification"]: {"signature": third}}}
    for value in (hostile, signed, {"type": first, "extensions": second}, {"type": "note", "extensions": third}):
        assert judge(value, [PUBLIC]) is not Seal.VERIFIED


def test_keys_are_published_and_read_back() -> None:
    """As the provider extension has them."""
    endless = replace(PUBLIC, key_id="2026-2", valid_until=None)
    identity = example("provider", public_keys=published([PUBLIC, endless]))
    assert keys_in(identity) == (PUBLIC, endless)
    assert published([PUBLIC]) == [
        {
            "key_id": "2026-1",
            "algorithm": "ed25519",
            "public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "valid_from": "2026-01-15T09:00:00.000Z",
            "valid_until": "2026-01-15T10:00:00.000Z",
        }
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"key_id": ""},
        {"key_id": 5},
        {"algorithm": "rsa"},
        {"public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"},  # the same bytes in another spelling
        {"public_key": "AAAA"},
        {"valid_from": "2026-02-30T00:00:00Z"},
        {"valid_until": None},
        {"valid_until": "soon"},
    ],
    ids=str,
)
def test_a_malformed_key_is_left_out_and_the_others_are_read(changes: dict[str, object]) -> None:
    """An end that cannot be read is not taken for none."""
    (good,) = published([PUBLIC])
    assert keys_in(example("provider", public_keys=[good | changes, good, "text"])) == (PUBLIC,)


@given(JUNK)
def test_an_identity_of_any_shape_gives_the_keys_that_can_be_read(said: object) -> None:
    assert keys_in({"type": "identity", "extensions": {IDS["provider"]: {"public_keys": said}}}) == ()
    assert keys_in({"type": "identity", "extensions": said}) == ()


def test_no_representation_of_a_key_shows_its_private_half() -> None:
    """Logs and tracebacks print representations."""
    assert PRIVATE.hex() not in repr(KEY)
    assert str(PRIVATE) not in repr(KEY)
