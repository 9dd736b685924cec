"""What is said in our extensions has the form that was published, and others' extensions are left alone."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.extension import BY_SLUG, IDS, JUNK, NAMES, each_extension, example
from tests.support.objects import attack_pattern, indicator
from tocsin.model import admission
from tocsin.model.extension import check, extended, unknown
from tocsin.model.extension.interface import Extension
from tocsin.model.schema import Fault
from tocsin.model.stamp import NEVER_TOO_LATE
from tocsin.model.stix import Refusal, StixObject

STRANGE = "extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
LEAVE_OUT = "give it a value, or leave the property out"
NOT_THE_FORM = "has not the form that is asked for"
INDICATOR = indicator()["id"]
IDENTIFIER = 'write it like "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff" (type--UUID)'
TIMESTAMP = 'write it like "2026-01-31T09:30:00.000Z" (RFC 3339, UTC, an instant that exists)'


def use(**properties: Any) -> dict[str, Any]:
    """A relationship `uses` with the extension LLM technique."""
    ends = {"relationship_type": "uses", "source_ref": indicator()["id"], "target_ref": attack_pattern()["id"]}
    shared = {name: each for name, each in BY_SLUG["derivation"].example.items() if name in ("spec_version", "created", "modified")}
    identifier = BY_SLUG["derivation"].example["id"].replace("indicator", "relationship")
    return {**shared, "type": "relationship", "id": identifier, **ends, "extensions": extended("llm-technique", **properties)}


def judge(value: object) -> StixObject | Refusal:
    return admission.read(json.dumps(value).encode(), now=NEVER_TOO_LATE, position=0)


def at(slug: str, path: str = "") -> str:
    return f"$.extensions.{IDS[slug]}{path}"


@each_extension
def test_nothing_may_be_null_empty_or_of_another_kind(extension: Extension) -> None:
    for name in extension.properties:
        for nothing in (None, "", [], {}, [[]], 1.5, -1):
            value = example(extension.slug)
            value["extensions"][extension.id][name] = nothing
            fault = check(value)

            assert fault is not None, (name, nothing)
            assert fault.path.startswith(at(extension.slug, f".{name}"))


@each_extension
def test_what_is_required_is_missed_by_name(extension: Extension) -> None:
    for name in ("extension_type", *extension.required):
        fault = Fault(at(extension.slug), f"the property {name} is missing", f"add {name}")
        assert check(example(extension.slug, **{name: None})) == fault


@each_extension
def test_an_extension_that_says_nothing_is_refused(extension: Extension) -> None:
    value = example(extension.slug)
    value["extensions"] = {extension.id: {"extension_type": "property-extension"}}

    assert check(value) is not None


@each_extension
@pytest.mark.parametrize("content", [None, [], "x", 5, ["extension_type"], True])
def test_an_extension_is_an_object_and_nothing_else(extension: Extension, content: object) -> None:
    value = {**extension.example, "extensions": {extension.id: content}}

    assert check(value) is not None
    assert isinstance(judge(value), Refusal)


BREACHES: dict[str, list[tuple[dict[str, Any], str, str, str]]] = {  # what is changed, and path, reason and hint
    "actor-profile": [
        ({"actor_class": "apt"}, ".actor_class", "'apt' is not allowed", 'write one of ["nation-state-apt","apm","cybercrime-syndicate"]'),
        ({"sponsor_country": "zz"}, ".sponsor_country", f"'zz' {NOT_THE_FORM}", "it must match ^[A-Z]{2}$"),
        ({"sponsor": ""}, ".sponsor", "an empty text is not allowed here", LEAVE_OUT),
        ({"sponsor": "x" * 301}, ".sponsor", f"'{'x' * 60}'... is too long", "write 300 characters or fewer"),
        ({"extension_type": "new-sdo"}, ".extension_type", "'new-sdo' is not allowed", 'write "property-extension"'),
    ],
    "provider": [
        ({"principles": []}, ".principles", "an empty list is not allowed here", LEAVE_OUT),
        ({"principles": ["transparency"] * 2}, ".principles", "an item of the list occurs twice", "write each item once"),
        ({"public_keys": [{}]}, ".public_keys[0]", "the property key_id is missing", "add key_id"),
        ({"discovery_url": "javascript:x"}, ".discovery_url", f"'javascript:x' {NOT_THE_FORM}", r"it must match ^https?://\S+$"),
    ],
    "enforcement-action": [
        ({"told": ["x"] * 1001}, ".told", "the list is too long", "write 1000 items or fewer"),
        ({"account_count": -1}, ".account_count", "the number is too small", "write 0 or more"),
        ({"account_count": 2**53}, ".account_count", "the number is too large", "write 9007199254740991 or less"),
        ({"action_time": "2026-02-30T00:00:00Z"}, ".action_time", "'2026-02-30T00:00:00Z' is not an instant that exists", TIMESTAMP),
        ({"action_time": "2026-02-01"}, ".action_time", f"'2026-02-01' {NOT_THE_FORM}", TIMESTAMP),
        ({"taken_by_ref": "identity--1"}, ".taken_by_ref", f"'identity--1' {NOT_THE_FORM}", IDENTIFIER),
        ({"taken_by_ref": INDICATOR}, ".taken_by_ref", f"'{INDICATOR}' {NOT_THE_FORM}", "it must match ^identity--"),
    ],
    "notification-answer": [
        ({"verdict": None}, "", "the property verdict is missing", "add verdict"),
        ({"answer_kind": "hold"}, "", "the property hold_until is missing", "add hold_until"),
    ],
    "llm-technique": [({"slug": None}, "", "the property slug is missing", "add slug")],
}


@pytest.mark.parametrize("slug", BREACHES)
def test_a_breach_is_told_with_its_place_and_what_to_write(slug: str) -> None:
    for changes, path, reason, hint in BREACHES[slug]:
        value = example(slug, **changes)

        assert check(value) == Fault(at(slug, path), reason, hint)
        assert isinstance(judge(value), Refusal)


def test_an_extension_that_says_nothing_is_told_so() -> None:
    value = {**example("provider"), "extensions": {IDS["provider"]: {"extension_type": "property-extension"}}}
    reason, hint = "fewer than 2 properties are not allowed here", "add what there is to say, or leave the whole out"

    assert check(value) == Fault(at("provider"), reason, hint)


@each_extension
def test_an_extension_on_another_type_is_refused_with_the_types_that_it_is_for(extension: Extension) -> None:
    wanted = " or ".join(extension.hosts)
    for base in (indicator(), attack_pattern(), {**attack_pattern(), "type": "x-thing"}):
        if base["type"] not in extension.hosts:
            fault = check(base | {"extensions": extension.example["extensions"]})
            reason = f"the extension {extension.title} is not made for the type '{base['type']}'"
            assert fault == Fault(at(extension.slug), reason, f"put it on an object of type {wanted}")


@pytest.mark.parametrize("kind", ["receipt", "acknowledgement", "outcome", "recall", "purge"])
def test_only_a_verdict_and_a_hold_need_more_than_their_kind(kind: str) -> None:
    assert check(example("notification-answer", answer_kind=kind, verdict=None)) is None


def test_a_use_tells_how_a_technique_was_used_and_not_what_it_is() -> None:
    seen = {"novelty": "adapted", "uplift": "limited", "autonomy": "supervised", "services": ["EXAMPLE Assistant"]}

    assert check(use(**seen)) is None
    assert isinstance(judge(use(**seen)), StixObject)
    for name in ("slug", "mappings"):
        given = {name: BY_SLUG["llm-technique"].example["extensions"][IDS["llm-technique"]][name]}
        assert check(use(**seen, **given)) == Fault(at("llm-technique", f".{name}"), "the property is not allowed here", "leave it out")


def test_only_a_use_carries_the_llm_technique_of_a_use() -> None:
    value = use(novelty="known") | {"relationship_type": "targets"}

    assert check(value) == Fault("$.relationship_type", "'targets' is not allowed", 'write "uses"')


@pytest.mark.parametrize("name", ["account_login", "credential", "display_name"])
def test_nothing_beside_a_hash_tells_whose_account_it_is(name: str) -> None:
    value = example("hashed-account") | {name: "someone@example.org"}

    assert check(value) == Fault(f"$.{name}", "the property is not allowed here", "leave it out")
    assert isinstance(judge(value), Refusal)


@pytest.mark.parametrize(
    "user_id", ["someone@example.org", "a" * 64, f"sha256:k:1:{'a' * 64}", f"hmac-sha256:k:0:{'a' * 64}", f"hmac-sha256:k:1:{'A' * 64}"]
)
def test_a_hashed_account_holds_a_keyed_hash_and_nothing_like_it(user_id: str) -> None:
    fault = check(example("hashed-account") | {"user_id": user_id})

    assert fault is not None
    assert fault.path == "$.user_id"


@pytest.mark.parametrize("number", ["1" * 5000, "1e999999999", "9007199254740992.0000000000000001", "0.5", "-1e-999999999"])
def test_numbers_of_any_size_are_held_to_the_bounds(number: str) -> None:
    body = json.dumps(example("enforcement-action", account_count=7777777)).replace("7777777", number).encode()
    verdict = admission.read(body, now=NEVER_TOO_LATE, position=0)

    assert isinstance(verdict, Refusal)
    assert verdict.path == at("enforcement-action", ".account_count")


# -- what passes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        {"extension_type": "property-extension", "slug": 5, "x_list": [[[]], None], "text": {"\u202e": "\x1b[2J"}},
        {"extension_type": "toplevel-property-extension"},
        {"extension_type": "new-sdo", "verdict": {"extensions": {IDS["provider"]: None}}},
        {"extension_type": "property-extension", "big": [2**70, 1e300], "deep": {"a": {"b": {"c": {"": None}}}}},
    ],
)
def test_an_unknown_extension_passes_untouched(content: dict[str, Any]) -> None:
    for base in (indicator(), dict(BY_SLUG["notification"].example)):
        body = json.dumps(base | {"extensions": base.get("extensions", {}) | {STRANGE: content}}).encode()
        verdict = admission.read(body, now=NEVER_TOO_LATE, position=0)

        assert isinstance(verdict, StixObject), verdict
        assert (verdict.body, verdict.warnings) == (body, ())


@pytest.mark.parametrize("extensions", [None, [], "x", 5, [IDS["provider"]], {"": None}, {STRANGE: None}])
def test_a_type_without_a_schema_may_hold_anything_under_extensions(extensions: object) -> None:
    custom = {**attack_pattern(), "type": "x-thing", "id": attack_pattern()["id"].replace("attack-pattern", "x-thing")}

    assert isinstance(judge(custom | {"extensions": extensions}), StixObject)


@each_extension
def test_a_property_of_a_later_version_is_carried_with_a_remark(extension: Extension) -> None:
    for later in ({}, "x", [1], {"deep": None}):
        verdict = judge(example(extension.slug, later_than_this=later))

        assert isinstance(verdict, StixObject), verdict
        assert verdict.warnings == (f"version 1.0.0 of the extension {extension.title} does not define 'later_than_this'",)


def test_a_remark_is_short_and_harmless() -> None:
    value = example("provider", **{f"x{number}\x1b[2J{'y' * 10_000}": 1 for number in range(1000)})
    (remark,) = unknown(value)

    assert len(remark) < 200
    assert remark.isprintable()


# -- making one -----------------------------------------------------------------------------------------------------------


def test_what_is_none_or_empty_is_left_out_and_zero_and_false_are_not() -> None:
    made = extended("enforcement-action", action_type="account-disabled", account_count=0, told=[], taken_by="", asset_count=None)

    assert made == {
        IDS["enforcement-action"]: {"extension_type": "property-extension", "action_type": "account-disabled", "account_count": 0}
    }
    assert extended("notification", is_drill=False)[IDS["notification"]]["is_drill"] is False
    assert extended("provider", discovery_url="", principles=()) == {}


@pytest.mark.parametrize(("slug", "properties"), [("provider", {"inbox": "x"}), ("providers", {})])
def test_a_name_that_we_do_not_have_is_the_mistake_of_who_calls(slug: str, properties: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        extended(slug, **properties)


@given(st.sampled_from(list(BY_SLUG)), st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=3), JUNK)
def test_whatever_an_extension_holds_there_is_a_verdict_that_can_be_told(slug: str, change: dict[str, Any], second: object) -> None:
    value = example(slug)
    value["extensions"] = {IDS[slug]: value["extensions"][IDS[slug]] | change, STRANGE: second}
    match judge(value):
        case Refusal() as refusal:
            assert refusal.path.startswith("$")
            assert refusal.reason and refusal.hint
            assert "breaks the schema of the type" not in refusal.reason or STRANGE in refusal.path
        case StixObject() as taken:
            assert json.loads(taken.body) == value
