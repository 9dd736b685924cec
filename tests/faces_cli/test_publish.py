"""`tocsin organisation publish`: our identity with the keys that we sign with, as its reader gets it."""

from pathlib import Path
from typing import Any

from tests.support.command import refused, typed, typed_json
from tocsin.model.identifier import identity_id

OWN = identity_id("acme.example")


def identity(home: Path, *more: str, **environment: str) -> Any:
    """What is told of it."""
    told = typed_json("organisation", "publish", *more, home=home, **environment)
    assert told["identity"] == OWN
    return told


def test_the_first_publication_makes_a_key(fresh: Path) -> None:
    """The second one has nothing to add."""
    first, again = identity(fresh), identity(fresh)
    (key,) = first["public_keys"]
    assert (first["is_new"], again) == (True, {**first, "is_new": False})
    assert (sorted(key), key["algorithm"]) == (["algorithm", "key_id", "public_key", "valid_from"], "ed25519")


def test_an_old_key_stays_published_with_its_end(fresh: Path) -> None:
    """Where the new one begins."""
    (old,) = identity(fresh)["public_keys"]
    rotated = identity(fresh, "--rotate-key")
    before, after = rotated["public_keys"]
    assert rotated["is_new"]
    assert before == {**old, "valid_until": after["valid_from"]}
    assert after["public_key"] != old["public_key"]


def test_what_a_person_reads(fresh: Path) -> None:
    """A line for the identity, and one a key."""
    identity(fresh)
    rotated = identity(fresh, "--rotate-key")["public_keys"]
    assert typed("organisation", "publish", home=fresh).stdout == (
        f"{OWN} is published as it is\n"
        f"key {rotated[0]['key_id']}  from {rotated[0]['valid_from']}  until {rotated[0]['valid_until']}\n"
        f"key {rotated[1]['key_id']}  from {rotated[1]['valid_from']}\n"
    )
    assert typed("organisation", "publish", "--rotate-key", home=fresh).stdout.startswith(f"{OWN} is published anew\n")


def test_settings_are_published(fresh: Path) -> None:
    """The address and the principles; again when they change."""
    environment = {"TOCSIN_BASE_URL": "https://exchange.example.org", "TOCSIN_PRINCIPLES": '["collaborate"]'}
    assert identity(fresh, **environment)["is_new"]
    assert not identity(fresh, **environment)["is_new"]
    assert identity(fresh)["is_new"]


def test_a_principle_that_there_is_not_is_refused(fresh: Path) -> None:
    """Before anything is done; so is a variable that is no JSON."""
    wrong, broken = (refused("organisation", "publish", home=fresh, TOCSIN_PRINCIPLES=words) for words in ('["obedience"]', "obedience"))
    assert "principles: may hold these words: identify-and-act, notify-providers, collaborate, transparency; correct it" in wrong
    assert "principles" in broken
    assert broken.endswith("; a variable holds a list or a table as JSON")


def test_a_lost_secret_is_told_with_the_way_out(fresh: Path) -> None:
    """Which then works."""
    identity(fresh)
    (fresh / "secret").write_text("ab" * 32)
    message = refused("organisation", "publish", home=fresh)
    assert message.startswith("the signing key ")
    assert message.endswith("make a new key with: tocsin organisation publish --rotate-key")
    assert len(identity(fresh, "--rotate-key")["public_keys"]) == 2
