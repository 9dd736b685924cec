"""Shared keys, on both databases: kept encrypted, found by name, retired but not forgotten, and in every backup."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.postgres import new_database
from tocsin.errors import ConflictError, InvalidInputError, NotFoundError
from tocsin.model.key import Key, KnownKey, new_key
from tocsin.services.key import KeyService
from tocsin.services.maintenance import MaintenanceService, Restore
from tocsin.store import migration
from tocsin.store.database import Database
from tocsin.store.key import shared_key

ROOT, OTHER_ROOT = b"r" * 32, b"o" * 32


@pytest.fixture
def keys(empty_url: str) -> Iterator[KeyService]:
    """A store without any key."""
    database = Database(empty_url)
    migration.upgrade(database)
    yield KeyService(database=database, secret_key=ROOT)
    database.close()


def stored(keys: KeyService) -> list[tuple[str, bytes, int, int | None]]:
    with keys.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(shared_key).order_by(shared_key.c.name))]


def test_a_new_key_is_found_by_name_and_without(keys: KeyService) -> None:
    """As long as it is the only one."""
    made = keys.new("community", now=1)
    assert keys.find("community") == keys.find() == made
    assert keys.reveal("community") == made.text
    assert keys.listing() == [KnownKey(name="community", fingerprint=made.fingerprint, created=1, retired=None)]


def test_a_secret_is_stored_only_encrypted(keys: KeyService) -> None:
    """Not in any row, as bytes or as text."""
    made = keys.new("community", now=1)
    ((name, box, created, retired),) = stored(keys)
    assert (name, created, retired) == ("community", 1, None)
    assert made.secret not in box
    assert made.text.split(":")[2].encode() not in box


def test_a_name_is_taken_once(keys: KeyService) -> None:
    """The first key stays."""
    made = keys.new("community", now=1)
    with pytest.raises(ConflictError, match="there is a key 'community' already"):
        keys.new("community", now=2)
    assert keys.find("community") == made


def test_a_key_is_handed_over_whole(keys: KeyService) -> None:
    """Taking it over again changes nothing."""
    theirs = new_key("pair-with-beta")
    assert keys.take(theirs.text, now=1) == keys.take(f"{theirs.text}\n", now=2) == theirs
    assert keys.listing() == [KnownKey(name="pair-with-beta", fingerprint=theirs.fingerprint, created=1, retired=None)]


def test_another_secret_under_a_name_in_use_is_refused(keys: KeyService) -> None:
    """Retired or not: hashes of both would carry the same key id."""
    made = keys.new("community", now=1)
    keys.retire("community", now=2)
    with pytest.raises(ConflictError, match="there is another key 'community' here"):
        keys.take(new_key("community").text, now=3)
    assert keys.find("community") == made


def test_several_keys_in_use_must_be_named(keys: KeyService) -> None:
    """The message names them; one that is retired does not count."""
    made = {name: keys.new(name, now=1) for name in ("b", "a", "c")}
    keys.retire("c", now=2)
    with pytest.raises(InvalidInputError, match=r"it is not clear which key is meant; name one of: a, b$"):
        keys.find()
    keys.retire("a", now=3)
    assert keys.find() == made["b"]
    assert keys.find("a") == made["a"]


def test_a_retired_key_is_kept_and_can_be_taken_into_use_again(keys: KeyService) -> None:
    """What was hashed with it can still be looked for; retiring twice keeps the first instant."""
    made = keys.new("community", now=1)
    keys.retire("community", now=2)
    keys.retire("community", now=3)
    assert [one.retired for one in keys.listing()] == [2]
    keys.take(made.text, now=4)
    assert keys.listing() == [KnownKey(name="community", fingerprint=made.fingerprint, created=1, retired=None)]


def test_where_there_is_no_key_the_hint_makes_one(keys: KeyService) -> None:
    hint = "make one with: tocsin key new NAME, or take one over with: tocsin key import"
    for ask in (keys.find, lambda: keys.find("community"), lambda: keys.reveal("community")):
        with pytest.raises(NotFoundError) as raised:
            ask()
        assert raised.value.hint == hint
    with pytest.raises(NotFoundError, match="tocsin key list"):
        keys.retire("community", now=1)


@pytest.mark.parametrize("name", ["", "A b", "a\0b", "\ud800", "x" * 100])
def test_a_malformed_name_never_reaches_the_database(keys: KeyService, name: str) -> None:
    for ask in (keys.find, keys.reveal, lambda name: keys.new(name, now=1), lambda name: keys.retire(name, now=1)):
        with pytest.raises(InvalidInputError, match="cannot name a key"):
            ask(name)


def test_a_key_under_another_root_secret_is_told_and_can_be_imported_again(keys: KeyService) -> None:
    """It hinders no other one; its text, from whoever holds it, brings it back."""
    made = keys.new("community", now=1)
    other = replace(keys, secret_key=OTHER_ROOT)
    with pytest.raises(InvalidInputError, match="was stored under another root secret; restore that secret, or import the key again"):
        other.find()
    assert other.listing() == [KnownKey(name="community", fingerprint=None, created=1, retired=None)]
    other.take(made.text, now=2)
    assert other.find() == made


def test_a_box_under_another_name_does_not_open(keys: KeyService) -> None:
    """Whoever can write to the database cannot pass one key off as another."""
    keys.new("community", now=1)
    with keys.database.write() as connection:
        connection.execute(shared_key.update().values(name="other"))
    with pytest.raises(InvalidInputError, match="stored under another root secret"):
        keys.find("other")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_brings_keys_back_and_shows_none(keys: KeyService, tmp_path: Path, kind: str) -> None:
    """Into either database; without the root secret nobody reads one from the file."""
    made: Key = keys.new("community", now=1)
    file = tmp_path / "exchange.backup"
    MaintenanceService(database=keys.database).backup(file, secret=None, watch=lambda _done, _total: None)
    target = Database(new_database() if kind == "postgresql" else f"sqlite:///{tmp_path}/other.db")
    MaintenanceService(database=target).restore(Restore(file=file, scratch=tmp_path), watch=lambda _done, _total: None)
    assert KeyService(database=target, secret_key=ROOT).find() == made
    assert made.secret not in file.read_bytes()
    assert made.text.split(":")[2].encode() not in file.read_bytes()
    target.close()
