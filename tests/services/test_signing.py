"""Our keys and our identity, and whose word it is that a key belongs to somebody (ADR 0017)."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.services.conftest import House
from tests.support.extension import IDS, example
from tests.support.notice import DRAFT
from tests.support.objects import text
from tocsin.errors import InvalidInputError, NotFoundError
from tocsin.model.identifier import identity_id
from tocsin.model.letter import grouping_of
from tocsin.model.member import Caller
from tocsin.model.query import ObjectQuery
from tocsin.model.signature import PublicKey, Seal, judge, new_key, published, sign
from tocsin.model.stamp import stamp_of, stix_text
from tocsin.services.signing import SigningService

NOW = stamp_of("2026-01-15T09:00:00.123456Z")
SECOND = 1_000_000  # microseconds
ACME = identity_id("acme.example.com")
INBOX = "67acc9e3-f967-47a1-a3f1-6c38595b220d"


@pytest.fixture
def signing(house: House) -> SigningService:
    return house.exchange.signing


def identities(house: House, identity: str) -> list[dict[str, Any]]:
    """Every version in `providers`."""
    entries = house.exchange.objects.entries(house.operator, house.collection("providers"), ObjectQuery(ids=(identity,)))
    return [json.loads(one.body) for one in entries]


def post(house: House, caller: Caller, alias: str, *bodies: dict[str, Any]) -> None:
    status, _resource = house.exchange.objects.add(caller, house.collection(alias), text(*bodies), now=house.exchange.now())
    assert status.failures == ()


def identity(minute: int, *keys: PublicKey, of: str = ACME, **properties: Any) -> dict[str, Any]:
    """A version of an identity that publishes keys."""
    modified = f"2026-01-15T09:{minute:02}:00.000Z"
    head = {"id": of, "created_by_ref": of, "created": "2026-01-15T09:00:00.000Z", "modified": modified}
    return {**example("provider", public_keys=published(keys) or None), **head, **properties}


def key(name: str) -> PublicKey:
    return new_key(name, now=NOW - NOW % 1_000).public


def grouping(minute: int) -> dict[str, Any]:
    made = NOW + minute * 60 * SECOND
    return grouping_of(DRAFT, created=made, modified=made)


def test_the_first_key_is_made_when_it_is_needed(signing: SigningService) -> None:
    """Once; to the millisecond, as it is published."""
    assert signing.public_keys() == []
    first = signing.current(now=NOW)
    assert signing.current(now=NOW + SECOND) == first
    assert signing.public_keys() == [first.public]
    assert (first.public.key_id, first.public.valid_from, first.public.valid_until) == (
        "2026-1",
        stamp_of("2026-01-15T09:00:00.123Z"),
        None,
    )


def test_what_was_signed_with_an_old_key_stays_proved(signing: SigningService) -> None:
    """And the old key proves nothing that is newer."""
    old = signing.current(now=NOW)
    before = sign(grouping(0), old)
    new = signing.rotate(now=NOW + 60 * SECOND)
    keys = signing.public_keys()
    assert signing.current(now=NOW + 90 * SECOND) == new
    assert keys == [replace(old.public, valid_until=new.public.valid_from), new.public]
    assert [judge(one, keys) for one in (before, sign(grouping(1), new), sign(grouping(2), old))] == [
        Seal.VERIFIED,
        Seal.VERIFIED,
        Seal.UNKNOWN_KEY,
    ]


def test_keys_are_numbered_by_the_year(signing: SigningService) -> None:
    """No name is used twice, whatever the clock says."""
    made = [signing.rotate(now=stamp_of(f"{year}-06-01T00:00:00Z")).public for year in (2026, 2026, 2027, 2026)]
    assert [one.key_id for one in made] == ["2026-1", "2026-2", "2027-1", "2027-2"]
    assert [one.valid_from for one in made] == sorted(one.valid_from for one in made)


def test_a_key_under_another_root_secret_is_named_with_the_way_out(signing: SigningService) -> None:
    """Its public half proves what it signed all the same."""
    lost = signing.current(now=NOW)
    other = replace(signing, secret_key=b"o" * 32)
    with pytest.raises(InvalidInputError, match=r"the signing key 2026-1 was stored under another root secret; .* --rotate-key"):
        other.current(now=NOW)
    made = other.rotate(now=NOW + SECOND)
    assert other.current(now=NOW + SECOND) == made
    assert [one.public_key for one in other.public_keys()] == [lost.public.public_key, made.public.public_key]


def test_our_identity_tells_how_to_reach_us(house: House, signing: SigningService) -> None:
    """What it said before stays; a new version only when something changed."""
    first = replace(signing, base_url="https://exchange.example.org").identity(now=house.exchange.now())
    (before, after) = identities(house, identity_id("own.example.org"))
    assert first.is_new
    assert (
        json.loads(first.body)
        == after
        == {
            **before,
            "modified": after["modified"],
            "extensions": {
                IDS["provider"]: {
                    "extension_type": "property-extension",
                    "public_keys": published(signing.public_keys()),
                    "discovery_url": "https://exchange.example.org/taxii2/",
                    "inbox_collection": INBOX,
                    "principles": ["identify-and-act", "notify-providers", "collaborate", "transparency"],
                }
            },
        }
    )
    assert after["modified"] > before["modified"]


def test_our_identity_is_published_again_only_when_it_says_something_else(house: House, signing: SigningService) -> None:
    """A key, an address or a principle more or less."""
    first, again = (signing.identity(now=house.exchange.now()) for _ in range(2))
    assert (first.is_new, again.is_new, again.body) == (True, False, first.body)
    signing.rotate(now=house.exchange.now())
    assert signing.identity(now=house.exchange.now()).is_new
    fewer = replace(signing, principles=("collaborate",)).identity(now=house.exchange.now())
    assert json.loads(fewer.body)["extensions"][IDS["provider"]]["principles"] == ["collaborate"]
    assert len(identities(house, identity_id("own.example.org"))) == 4


def test_what_our_identity_says_beside_it_stays(house: House, signing: SigningService) -> None:
    """A contact that an administrator wrote, and extensions of others."""
    (before,) = identities(house, identity_id("own.example.org"))
    strange = {"extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f": {"extension_type": "property-extension", "colour": "blue"}}
    written = {**before, "modified": stix_text(house.exchange.now()), "contact_information": "desk@own.example.org", "extensions": strange}
    post(house, house.operator, "providers", written)
    made = json.loads(signing.identity(now=house.exchange.now()).body)
    assert (made["contact_information"], list(made["extensions"])) == ("desk@own.example.org", [*strange, IDS["provider"]])
    assert made["modified"] > written["modified"]


def test_without_our_identity_there_is_nothing_to_publish(house: House, signing: SigningService) -> None:
    """It was deleted."""
    own = identity_id("own.example.org")
    house.exchange.objects.delete(house.operator, house.collection("providers"), own, query=ObjectQuery(versions=("all",)), now=NOW)
    with pytest.raises(NotFoundError, match=f"our identity {own} is not in providers; put it there with: tocsin submit"):
        signing.identity(now=house.exchange.now())


# The keys of others


@pytest.fixture
def acme(house: House) -> Caller:
    """A member of an organisation whose identity we made, without keys."""
    house.exchange.organisations.add("Acme AI", domain="acme.example.com", identity=None, now=NOW)
    return house.join("acme", organisation="Acme AI")


@pytest.fixture
def stranger(house: House) -> Caller:
    house.exchange.organisations.add("Stranger AI", domain="stranger.example.com", identity=None, now=NOW)
    return house.join("stranger", organisation="Stranger AI")


def test_the_keys_of_a_provider_are_those_that_its_member_posted(house: House, signing: SigningService, acme: Caller) -> None:
    """In whatever collection, with a notification into the inbox too."""
    assert signing.keys_of(ACME) == ()
    first, second = key("a"), key("b")
    post(house, acme, "indicators", identity(10, first))
    assert signing.keys_of(ACME) == (first,)
    post(house, acme, "inbox", identity(20, first, second))
    assert signing.keys_of(ACME) == (first, second)


def test_the_last_version_counts_in_whatever_order_they_come(house: House, signing: SigningService, acme: Caller) -> None:
    """A key that it no longer names is no longer its key; who revokes his identity has none."""
    old, new = key("a"), key("b")
    post(house, acme, "inbox", identity(20, new))
    post(house, acme, "indicators", identity(10, old))
    assert signing.keys_of(ACME) == (new,)
    post(house, acme, "indicators", identity(30, new, revoked=True))
    assert signing.keys_of(ACME) == ()


def test_an_identity_that_somebody_else_posts_has_no_keys(house: House, signing: SigningService, acme: Caller, stranger: Caller) -> None:
    """However late its version is: an object that says whose it is proves nothing."""
    right, wrong = key("a"), key("a")
    post(house, stranger, "indicators", identity(50, wrong))
    assert signing.keys_of(ACME) == ()
    post(house, acme, "indicators", identity(10, right))
    assert signing.keys_of(ACME) == (right,)
    post(house, stranger, "inbox", identity(51, wrong))
    assert signing.keys_of(ACME) == (right,)


def test_we_may_say_which_keys_a_provider_has(house: House, signing: SigningService, acme: Caller) -> None:
    """An administrator who compared them by telephone; as well for an identity of nobody here."""
    told, other = key("a"), key("b")
    post(house, acme, "inbox", identity(10, other))
    post(house, house.operator, "providers", identity(20, told), identity(20, other, of=identity_id("far.example.com")))
    assert signing.keys_of(ACME) == (told,)
    assert signing.keys_of(identity_id("far.example.com")) == (other,)


def test_our_own_keys_are_known_before_they_are_published(signing: SigningService) -> None:
    """Nobody else has a say in them."""
    assert signing.keys_of(identity_id("own.example.org")) == ()
    made = signing.current(now=NOW)
    assert signing.keys_of(identity_id("own.example.org")) == (made.public,)


@pytest.mark.parametrize("page", [1, 2])
def test_identities_are_found_on_pages_of_any_size(
    house: House, signing: SigningService, acme: Caller, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Every version counts until the last is found."""
    monkeypatch.setattr("tocsin.services.object.PAGE", page)
    keys = [key(f"k{minute}") for minute in range(5)]
    post(house, acme, "inbox", *(identity(minute, one) for minute, one in enumerate(keys)))
    assert signing.keys_of(ACME) == (keys[-1],)
