"""Organisations: an identity in `providers`, and an outbox that only they read (docs/collections.md)."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.services.conftest import House
from tests.support.objects import INSTANT, indicator, uuid
from tocsin.errors import ConflictError, InvalidInputError, NotFoundError, TocsinError
from tocsin.model.collection import Collection
from tocsin.model.identifier import identity_id, object_id
from tocsin.model.marking import Level
from tocsin.model.member import ANONYMOUS, Organisation, Role
from tocsin.model.query import ObjectQuery
from tocsin.services.object import Reading

IDENTITY = {
    "type": "identity",
    "spec_version": "2.1",
    "id": f"identity--{uuid(5)}",
    "created": INSTANT,
    "modified": INSTANT,
    "name": "Acme AI",
    "identity_class": "organization",
}


def add(house: House, name: str = "Acme AI", *, domain: str = "", identity: object = None) -> tuple[Organisation, Collection]:
    given = json.dumps(identity).encode() if identity is not None else None
    return house.exchange.organisations.add(name, domain=domain, identity=given, now=house.exchange.now())


def providers(house: House) -> list[dict[str, object]]:
    """The identities that every member reads."""
    reading = Reading(endpoint="objects", query=ObjectQuery(), limit=100)
    page = house.exchange.objects.bodies(house.operator, house.collection("providers"), reading, now=house.exchange.now()).page
    return list(json.loads(b"[" + page.bodies + b"]"))


def everything(house: House) -> tuple[object, ...]:
    """What a refused organisation must leave alone."""
    return providers(house), house.exchange.organisations.listing(), house.exchange.collections.everything()


def test_our_own_organisation_is_published(house: House) -> None:
    """By itself, for everybody, under the id that follows from its domain."""
    (own,) = house.exchange.organisations.listing()
    (published,) = providers(house)
    assert (own.name, own.domain, own.is_own) == ("Own", "own.example.org", True)
    assert own.identity_id == published["id"] == published["created_by_ref"] == identity_id("OWN.example.org.")
    assert (published["type"], published["name"], published["identity_class"]) == ("identity", "Own", "organization")


def test_there_is_one_own_organisation(house: House) -> None:
    """A second one is refused, and the first stays."""
    before = everything(house)
    with pytest.raises(ConflictError):
        house.exchange.organisations.establish("Other", domain="other.example.org", now=1)
    assert everything(house) == before


def test_the_operator_is_an_administrator_without_a_login(house: House) -> None:
    """It is the local command line."""
    operator = house.operator
    assert (operator.role, operator.organisation, operator.is_own, operator.clearance) == (Role.ADMINISTRATOR, "Own", True, Level.RED)


def test_another_organisation_gets_an_identity_by_its_domain(house: House) -> None:
    """Whoever makes it, it has this id; without a domain it follows from the name and from us."""
    named, _ = add(house, domain="Acme.Example.org")
    nameless, _ = add(house, "Bank")
    assert (named.domain, named.identity_id) == ("acme.example.org", identity_id("acme.example.org"))
    assert nameless.identity_id == object_id("identity", identity_id("own.example.org"), key="Bank")
    assert {one["id"] for one in providers(house)} >= {named.identity_id, nameless.identity_id}


def test_an_organisation_may_bring_its_own_identity(house: House) -> None:
    """It is published as it is."""
    organisation, _ = add(house, identity=IDENTITY)
    assert organisation.identity_id == IDENTITY["id"]
    assert IDENTITY in providers(house)


def test_an_outbox_is_read_by_its_organisation_and_by_us(house: House) -> None:
    """By those of us that are cleared for it and wrote it, not by other peers; and only our staff writes."""
    _, outbox = add(house)
    add(house, "Bank")
    stored = next(one for one in house.exchange.collections.everything() if one.id == outbox.id)
    assert (stored.alias, stored.max_tlp, stored) == ("outbox-acme-ai", Level.AMBER, outbox)
    theirs = house.join("pia", organisation="Acme AI", clearance=Level.AMBER)
    others = [house.join("ann", Role.ANALYST, clearance=Level.RED), house.join("bo", organisation="Bank", clearance=Level.RED)]
    assert [stored.may_read(one) for one in (theirs, *others, house.operator, ANONYMOUS)] == [True, True, False, True, False]
    assert [stored.may_write(one) for one in (theirs, *others, house.operator, ANONYMOUS)] == [False, True, False, True, False]
    assert not stored.may_read(replace(theirs, clearance=Level.GREEN))
    ours = [house.join("amy", Role.ANALYST), house.join("sid", Role.SOC, clearance=Level.RED)]
    assert [stored.may_read(one) for one in ours] == [False, False]


REFUSED = [
    ({"name": "analyst"}, InvalidInputError),
    ({"name": "Operator"}, InvalidInputError),
    ({"name": "*"}, InvalidInputError),
    ({"name": "日本"}, InvalidInputError),  # no letter from which an alias could be made
    ({"name": "a:b"}, InvalidInputError),
    ({"domain": "not a domain"}, InvalidInputError),
    ({"domain": "localhost"}, InvalidInputError),
    ({"domain": f"{'a' * 64}.example.org"}, InvalidInputError),
    ({"name": "own"}, ConflictError),
    ({"name": "ann"}, ConflictError),
    ({"name": "acme-ai"}, ConflictError),  # another name with the same alias
    ({"name": "Acme, Inc", "domain": "acme.example.org"}, InvalidInputError),
    ({"name": "Acme Inc", "domain": "acme.example.org"}, ConflictError),
    ({"name": "Bank"}, ConflictError),  # its outbox has an alias that is taken
    ({"identity": indicator()}, InvalidInputError),
    ({"identity": {**IDENTITY, "identity_class": 5}}, InvalidInputError),
    ({"identity": [IDENTITY]}, InvalidInputError),
    ({"identity": {**IDENTITY, "id": identity_id("own.example.org")}}, ConflictError),
]


@pytest.mark.parametrize(("given", "error"), REFUSED)
def test_a_refused_organisation_changes_nothing(house: House, given: dict[str, object], error: type[TocsinError]) -> None:
    """No identity, no outbox, no row."""
    add(house, "Acme AI", domain="acme.example.org")
    house.join("ann")
    house.exchange.collections.apply([Collection(id=str(uuid4()), alias="outbox-bank", title="Taken")])
    before = everything(house)
    with pytest.raises(error):
        add(house, **{"name": "New", **given})  # type: ignore[arg-type]
    assert everything(house) == before


def test_without_a_place_for_identities_nobody_is_taken_in(house: House) -> None:
    """The error says how to make it."""
    moved = [replace(house.collection("providers"), alias="elsewhere")]
    house.exchange.collections.apply(moved)
    with pytest.raises(NotFoundError, match="collection apply"):
        add(house)
    assert [one.name for one in house.exchange.organisations.listing()] == ["Own"]
