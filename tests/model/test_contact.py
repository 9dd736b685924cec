"""Whom to write to: what an identity may say, and what nobody can make it say."""

from typing import Any

import pytest

from tocsin.model.contact import EXTENSION, contact_of, is_address
from tocsin.model.identifier import observable_id

RANDOM = "email-addr--035f27c3-0bb7-4400-b270-46cba4a86663"  # of version 4, as in the extension's own example


def address(value: Any, id: str = "") -> dict[str, Any]:
    made = id or observable_id("email-addr", {"value": value})
    return {"type": "email-addr", "spec_version": "2.1", "id": made, "value": value}


def entry(reference: Any, kind: str = "organizational", **properties: Any) -> dict[str, Any]:
    return {"email_address_ref": reference, "digital_contact_type": kind, **properties}


def identity(*entries: Any, **properties: Any) -> dict[str, Any]:
    extension = {"extension_type": "property-extension", "email_addresses": list(entries)}
    return {"type": "identity", "name": "Example AI", "extensions": {EXTENSION: extension}, **properties}


def held(*objects: dict[str, Any]) -> dict[str, Any]:
    return {one["id"]: one for one in objects}


def test_the_address_is_that_of_the_object_that_the_extension_names() -> None:
    """By a random id, as others make it, and by the id that STIX makes from the value."""
    for mail in (address("soc@ai.example.org"), address("soc@ai.example.org", RANDOM)):
        assert contact_of(identity(entry(mail["id"])), held(mail)) == "soc@ai.example.org"


def test_a_shared_mailbox_comes_before_a_person() -> None:
    """Whatever the order; a kind that we do not know stands between work and personal."""
    kinds = ["personal", "on-call", "work", "organizational"]
    mails = {kind: address(f"{kind}@example.org") for kind in kinds}
    for dropped in range(4):
        left = kinds[: 4 - dropped]
        assert contact_of(identity(*(entry(mails[kind]["id"], kind) for kind in left)), held(*mails.values())) == f"{left[-1]}@example.org"


def test_a_classified_address_is_not_used() -> None:
    """It is reached on another network; what is neither true nor false is not understood."""
    mail = address("soc@ai.example.org")
    assert contact_of(identity(entry(mail["id"], classified=False)), held(mail)) == "soc@ai.example.org"
    for classified in (True, "false", None, 0):
        assert contact_of(identity(entry(mail["id"], classified=classified)), held(mail)) is None


def test_nobody_can_put_another_value_under_an_id_that_is_made_from_the_value() -> None:
    """An exchange that is told so would send its escalations to somebody else."""
    told = address("soc@ai.example.org")
    assert contact_of(identity(entry(told["id"])), held({**told, "value": "mallory@example.net"})) is None


def test_without_the_extension_the_plain_property_counts_where_it_is_an_address() -> None:
    """`contact_information` is free text in STIX."""
    assert contact_of({"type": "identity", "contact_information": "soc@ai.example.org"}, {}) == "soc@ai.example.org"
    assert contact_of({"type": "identity", "contact_information": "Call us, or write to soc@ai.example.org"}, {}) is None
    assert contact_of(identity(entry(RANDOM), contact_information="desk@ai.example.org"), {}) == "desk@ai.example.org"


@pytest.mark.parametrize(
    "extensions",
    [None, [], "x", {EXTENSION: None}, {EXTENSION: []}, {EXTENSION: {"email_addresses": {"email_address_ref": RANDOM}}}],
    ids=str,
)
def test_a_hostile_shape_of_the_extension_names_nobody(extensions: Any) -> None:
    assert (
        contact_of({"type": "identity", "extensions": extensions, "contact_information": 5}, held(address("a@b.example", RANDOM))) is None
    )


@pytest.mark.parametrize(
    "entries", [[None], ["x"], [[]], [{}], [entry(None)], [entry(5)], [entry([RANDOM])], [entry("identity--1")]], ids=str
)
def test_a_hostile_entry_is_passed_over(entries: list[Any]) -> None:
    """The good one beside it counts."""
    mail = address("soc@ai.example.org", RANDOM)
    assert contact_of(identity(*entries), held(mail)) is None
    assert contact_of(identity(*entries, entry(RANDOM)), held(mail)) == "soc@ai.example.org"


@pytest.mark.parametrize("value", [None, 5, ["a@b.example"], "", "soc@ai.example.org\r\nBcc: x@y.example", "\ud800@b.example", "a" * 300])
def test_a_value_that_is_no_address_is_passed_over(value: Any) -> None:
    mail = {"type": "email-addr", "id": RANDOM, "value": value}
    assert contact_of(identity(entry(RANDOM)), held(mail)) is None
    made = observable_id("email-addr", {"value": "x"})
    assert contact_of(identity(entry(made)), held({**mail, "id": made})) is None


def test_an_object_of_another_type_gives_no_address() -> None:
    domain = {"type": "domain-name", "id": "domain-name--035f27c3-0bb7-4400-b270-46cba4a86663", "value": "soc@ai.example.org"}
    assert contact_of(identity(entry(domain["id"])), held(domain)) is None


@pytest.mark.parametrize(
    "value", ["a@b.example", "first.last+tag@sub.b.example", "o'neil@b-c.example", "x@xn--bcher-kva.example", f"{'a' * 64}@b.example"]
)
def test_common_addresses_are_addresses(value: str) -> None:
    assert is_address(value)


@pytest.mark.parametrize(
    "value",
    [
        "", "a", "@b.example", "a@", "a@b", "a@b.e", "a@b.1", "a@-b.example", "a@b-.example", "a@b..example", "a@b.example.",
        "a b@c.example", ".a@b.example", "a.@b.example", "a..b@c.example", '"a"@b.example', "a@[192.0.2.1]", "a@192.0.2.1", "a@b@c.example",
        "a@b.example\n", "\na@b.example", "a@b.example,c@d.example", "<a@b.example>", "A <a@b.example>", "ä@b.example", "a@bücher.example",
        "a@b.example\0", "a@b.ex\tample", f"{'a' * 65}@b.example", f"a@{'b' * 64}.example", f"a@{'b.' * 126}example", "a%0d%0a@b .example",
        "a(comment)@b.example", "a;b@c.example", "a:b@c.example", "a\\b@c.example",
    ],
)  # fmt: skip
def test_everything_else_is_none(value: str) -> None:
    """What a header or an envelope could take for more than one mailbox, first of all."""
    assert not is_address(value)
