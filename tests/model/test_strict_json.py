"""What strict_json promises: slices as they arrived, one reading that every reader agrees with, one hash a value."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import MalformedJsonError, NotAnEnvelopeError
from tocsin.model import strict_json
from tocsin.model.strict_json import MAX_DEPTH, MAX_VALUES, Number

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
LEAF = st.none() | st.booleans() | NUMBER | TEXT
VALUE = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12)
OBJECT = st.dictionaries(TEXT, VALUE, max_size=5)


def content_hash(text: str) -> bytes:
    return strict_json.read(text.encode()).content_hash


def model(value: Any) -> Any:
    """The value with every number exact and every kind told apart, which Python's == does not do (True == 1)."""
    match value:
        case dict():
            return {key: model(item) for key, item in value.items()}
        case list():
            return [model(item) for item in value]
        case bool() | str() | None:
            return (type(value).__name__, value)
        case Number():
            return ("number", Decimal(str(value)))
    return ("number", Decimal(repr(value)))


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """Two ways to write one number."""
    digits, power = draw(st.integers(-(10**20), 10**20)), draw(st.integers(-30, 30))
    zeros = draw(st.integers(0, 20)) if digits else 0  # JSON writes no zeros before a number
    as_decimal = f"{Decimal(digits).scaleb(power):f}"
    return as_decimal, f"{digits}{'0' * zeros}{draw(st.sampled_from('eE'))}{power - zeros:+}"


@given(OBJECT)
def test_any_object_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    assert model(strict_json.read(json.dumps(value).encode()).value) == model(value)


@given(VALUE, st.randoms())
def test_order_of_keys_escapes_and_spaces_do_not_change_the_hash(value: Any, random: Any) -> None:
    def shuffled(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: shuffled(item[key]) for key in random.sample(sorted(item), len(item))}
        return [shuffled(each) for each in item] if isinstance(item, list) else item

    assert content_hash(json.dumps(value)) == content_hash(json.dumps(shuffled(value), ensure_ascii=False, indent=1))


@given(VALUE, VALUE)
def test_hashes_are_equal_exactly_when_values_are(one: Any, other: Any) -> None:
    assert (content_hash(json.dumps(one)) == content_hash(json.dumps(other))) == (model(one) == model(other))


@given(spellings())
def test_the_same_number_spelt_otherwise_has_the_same_hash(texts: tuple[str, str]) -> None:
    assert content_hash(texts[0]) == content_hash(texts[1])


@given(spellings(), st.integers(1, 9), st.integers(-40, 20))
def test_another_number_has_another_hash(texts: tuple[str, str], digit: int, power: int) -> None:
    exact = Decimal(texts[0])
    other = exact + Decimal(digit).scaleb(power) if power + 28 > exact.adjusted() else exact * 2 + 1

    assert (content_hash(texts[0]) == content_hash(str(other))) == (exact == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1", "1e0"),
        ("1", "10e-1"),
        ("0", "-0"),
        ("0", "-0.0e99999999999999999999"),
        ("0.1", "0.1000000000000000000000000"),
        ("1e18", "1000000000000000000"),
        ("10e5000", "1" + "0" * 5001),
        ("1e1", "1e0000000000000000000000001"),
        ('"\\u0041"', '"A"'),
        ('"\\ud83d\\ude00"', '"😀"'),
    ],
)
def test_equal_values_hash_alike(one: str, other: str) -> None:
    assert content_hash(one) == content_hash(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("0", "false"),
        ("0", "null"),
        ("1", '"1"'),
        ("0.1", "0.10000000000000000001"),
        ("0.1", "0.1000000000000000055"),
        ("1e999999999", "1e999999998"),
        ("1e999999999", '"1e999999999"'),
        ("9007199254740992", "9007199254740993"),
        ("18446744073709551616", "18446744073709551617"),
        ("[]", "{}"),
        ("[[]]", "[]"),
        ('"é"', '"e\\u0301"'),
    ],
)
def test_different_values_hash_differently(one: str, other: str) -> None:
    assert content_hash(one) != content_hash(other)


@pytest.mark.parametrize("text", ["1" * 5000, "1e999999999", "-1e-999999999", "0.1000000000000000055", "1e" + "9" * 5000, "1.5e300"])
def test_a_number_of_any_size_is_carried_and_never_expanded(text: str) -> None:
    started = time.perf_counter()

    value = strict_json.read(text.encode()).value

    assert isinstance(value, Number)
    assert len(str(value)) <= len(text) + 24
    assert time.perf_counter() - started < 0.1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1" * 30, 10**18),
        ("-1e400", -(10**18)),
        ("99.99999999999999999999", 99.5),
        ("-1e-999", -0.5),
        ("123456789012345678.5", 10**14 + 0.5),
    ],
)
def test_a_stand_in_is_on_the_same_side_of_every_bound(text: str, expected: float) -> None:
    assert strict_json.read(text.encode()).value.stand_in() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a":1,"a":1}', "the key 'a' stands twice in one object"),
        (b'[{"b":[{"a":1,"\\u0061":2}]}]', "the key 'a' stands twice in one object"),
        (b"[NaN]", "NaN is not a JSON number"),
        (b"-Infinity", "-Infinity is not a JSON number"),
        (b'"a\\u0000"', "a string holds U+0000"),
        (b'{"\\u0000":1}', "a string holds U+0000"),
        (b'"\\\\\\u0000"', "a string holds U+0000"),
        (b'"\\ud800"', "a string holds a lone surrogate"),
        (b'{"\\udfff":1}', "a string holds a lone surrogate"),
        (b'"\xff"', "not UTF-8 (byte 1)"),
        (b"", "not JSON: expecting value (character 0)"),
        (b'{"a":01}', "not JSON: expecting ',' delimiter (character 6)"),
        (b"[1] 2", "not JSON: extra data (character 4)"),
    ],
)
def test_what_readers_disagree_about_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(MalformedJsonError) as caught:
        strict_json.read(text)

    assert caught.value.message == message
    assert caught.value.hint


def test_a_raw_nul_is_refused() -> None:
    with pytest.raises(MalformedJsonError):
        strict_json.read(b'"\0"')


def test_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert strict_json.read(rb'"\\u0000"').value == "\\u0000"


def test_depth_up_to_the_limit_is_read_and_one_more_is_refused() -> None:
    strict_json.read(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)

    with pytest.raises(MalformedJsonError, match="nested more than 100 levels"):
        strict_json.read(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


def test_brackets_in_strings_are_no_depth() -> None:
    text = json.dumps({"a": '["{' * 500, "b": [[]] * 200}).encode()

    assert strict_json.read(text).value["a"] == '["{' * 500


def test_values_up_to_the_limit_are_read_and_one_more_is_refused() -> None:
    strict_json.read(b"[" + b"{ }, " * (MAX_VALUES - 2) + b"{}]")

    with pytest.raises(MalformedJsonError, match="more than 100000 JSON values"):
        strict_json.read(b"[" + b"{}," * (MAX_VALUES - 1) + b"{}]")


@pytest.mark.parametrize("text", [b"[" * 10**6, b'"' + b'\\"' * 10**6, b'["' + b"\\\\" * 10**6, b'{"a":' * 10**5, b"[0," * 10**5])
def test_hostile_text_is_refused_in_linear_time(text: bytes) -> None:
    started = time.perf_counter()

    with pytest.raises(MalformedJsonError):
        strict_json.read(text)

    assert time.perf_counter() - started < 1


def test_an_envelope_is_cut_into_slices_as_they_arrived() -> None:
    body = b'{ "more": false, "objects" : [ {"a": 1.0} ,{"b":"\xc3\xa9"}, 5 ] }'

    assert strict_json.cut_envelope(body) == [b'{"a": 1.0}', b'{"b":"\xc3\xa9"}', b"5"]


def test_a_bundle_is_unwrapped() -> None:
    body = b'{"type":"bundle","id":"bundle--x","objects":[{"a":1}]}'

    assert strict_json.cut_envelope(body) == [b'{"a":1}']


@given(st.lists(VALUE, min_size=1, max_size=4), st.integers(0, 3) | st.none())
def test_what_is_cut_is_what_was_sent(objects: list[Any], indent: int | None) -> None:
    body = json.dumps({"next": '"objects":[1]', "objects": objects, "more": {"objects": objects}}, indent=indent).encode()

    assert [json.loads(item) for item in strict_json.cut_envelope(body)] == objects


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON: input data was truncated"),
        (b'{"objects":[01]}', "not JSON: invalid number (byte 13)"),
        (b'{"objects":["\xff"]}', "not UTF-8 (byte 13)"),
        (b'\xef\xbb\xbf{"objects":[1]}', "not JSON: invalid character (byte 0)"),
        (b'{"objects":[1]', "not JSON: input data was truncated"),
        (b"[1,", "not JSON: input data was truncated"),
        (b'{"objects":[1],"more":true,"more":false}', "the key 'more' stands twice in one object"),
        (b'{"objects":[{"a":1}],"objects":[{"a":1}]}', "the key 'objects' stands twice in one object"),
        (b'{"objects":[1],"\\u006fbjects":[2]}', "the key 'objects' stands twice in one object"),
        (b'{"next":"\\"objects\\":[1]","objects":[2],"objects":[1]}', "the key 'objects' stands twice in one object"),
        (b'{"objects":' + b"[" * 10**6, "nested too deeply"),
    ],
)
def test_a_body_that_is_not_strict_json_is_malformed(body: bytes, message: str) -> None:
    with pytest.raises(MalformedJsonError) as caught:
        strict_json.cut_envelope(body)

    assert caught.value.message == message


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        (b"[1]", "not an object", 'send {"objects": [...]}'),
        (b"5", "not an object", 'send {"objects": [...]}'),
        (b"{}", "there is no `objects`", 'send {"objects": [...]} with at least one object'),
        (b'{"type":"bundle"}', "there is no `objects`", 'send {"objects": [...]} with at least one object'),
        (b'{"type":"file"}', "there is no `objects`", 'put the object into an envelope: {"objects": [...]}'),
        (b'{"objects":null}', "`objects` is not a list", 'send {"objects": [...]}'),
        (b'{"objects":{}}', "`objects` is not a list", 'send {"objects": [...]}'),
        (b'{"objects":[]}', "`objects` is empty", "an envelope needs at least one object"),
        (b'{"type":"bundle","objects":[ ]}', "`objects` is empty", "a bundle needs at least one object"),
    ],
)
def test_json_without_objects_is_not_an_envelope(body: bytes, message: str, hint: str) -> None:
    with pytest.raises(NotAnEnvelopeError) as caught:
        strict_json.cut_envelope(body)

    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_the_text_of_the_list_standing_elsewhere_does_not_mislead() -> None:
    body = b'{"x":"[","]y":1,"objects":[","],"z":{"objects":[","]}}'

    assert strict_json.cut_envelope(body) == [b'","']


def test_an_escaped_key_objects_is_still_the_key() -> None:
    assert strict_json.cut_envelope(b'{"\\u006fbjects":[1]}') == [b"1"]


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        (b'{"type":"bundle","objects":[{"a":1}]}', [b'{"a":1}']),
        (b'\xef\xbb\xbf{"objects":[{"a":1}]}\n', [b'{"a":1}']),
        (b'[{"a":1}, {"a":2}]', [b'{"a":1}', b'{"a":2}']),
        (b"[]", []),
        (b'{\n"type": "grouping", "objects": [1]}\n', [b'{\n"type": "grouping", "objects": [1]}']),
        (b'{"a":1}\r\n\n  {"a":2}\n', [b'{"a":1}', b'{"a":2}']),
    ],
)
def test_a_file_may_hold_objects_in_any_usual_way(text: bytes, objects: list[bytes]) -> None:
    assert strict_json.cut_file(text) == objects


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a":1}\n\n{"a":}\n', "line 3: not JSON: invalid character (byte 5)"),
        (b'{"a":1,\n"b"}\n', "not JSON: expected ':' (byte 11)"),
        (b"", "not JSON: input data was truncated"),
    ],
)
def test_a_broken_file_says_where(text: bytes, message: str) -> None:
    with pytest.raises(MalformedJsonError) as caught:
        strict_json.cut_file(text)

    assert caught.value.message == message
