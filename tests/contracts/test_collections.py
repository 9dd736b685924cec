"""Collections in the store: definitions are applied idempotently, the logs stay (docs/collections.md)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.contracts.ground import Ground
from tests.support.objects import indicator
from tocsin.errors import ConflictError
from tocsin.model.collection import Collection
from tocsin.model.marking import Level
from tocsin.services.collection import Change, CollectionService
from tocsin.store.database import Database


def defined(**properties: object) -> Collection:
    name = uuid4().hex
    values = {"id": str(uuid4()), "alias": name, "title": f"Title {name}", "read": ("analyst",), "write": ("*", "ann"), **properties}
    return Collection(**values)


@pytest.fixture
def collections(ground: Ground) -> CollectionService:
    """A process that remembers nothing yet."""
    return CollectionService(database=ground.database)


def stored(collections: CollectionService, definition: Collection) -> Collection:
    return next(one for one in collections.everything() if one.id == definition.id)


def test_a_definition_is_stored_whole(collections: CollectionService) -> None:
    """Every key comes back, lists in their order."""
    definition = defined(description="What it is for,\nin two lines.", max_tlp=Level.AMBER_STRICT, read=("peer", "Acme AI", "anonymous"))
    assert collections.apply([definition]) == [Change(alias=definition.alias, kind="new")]
    assert stored(collections, definition) == definition
    assert stored(collections, definition).number > 0


def test_applying_again_changes_nothing(collections: CollectionService) -> None:
    """The difference is empty, and the store's number stays."""
    definitions = [defined(), defined()]
    collections.apply(definitions)
    before = [stored(collections, one).number for one in definitions]
    assert [change.kind for change in collections.apply(definitions)] == ["unchanged", "unchanged"]
    assert [stored(collections, one).number for one in definitions] == before


def test_a_dry_run_tells_the_difference_and_changes_nothing(collections: CollectionService) -> None:
    """Field by field, before and after."""
    there, new = defined(read=("analyst",)), defined()
    collections.apply([there])
    changed = replace(there, max_tlp=Level.CLEAR, read=("analyst", "peer"), write=())
    changes = collections.apply([changed, new], is_dry_run=True)
    fields = ("max_tlp: green -> clear", "read: analyst -> analyst, peer", "write: *, ann -> ")
    assert changes == [Change(alias=there.alias, kind="changed", fields=fields), Change(alias=new.alias, kind="new")]
    assert stored(collections, there) == there
    assert new.id not in {one.id for one in collections.everything()}
    assert collections.apply([changed, new]) == changes


def test_a_changed_definition_keeps_its_log(ground: Ground, collections: CollectionService) -> None:
    """Objects, stamps and number stay under the new alias."""
    shelf = ground.collection()
    ground.add(shelf, indicator(1))
    before = ground.rows(shelf)
    collections.apply([replace(shelf, alias=f"new-{shelf.alias}", title="Another title")])
    renamed = stored(collections, shelf)
    assert (renamed.alias, renamed.number) == (f"new-{shelf.alias}", shelf.number)
    assert ground.rows(renamed) == before


def test_collections_that_are_not_among_them_stay_as_they_are(collections: CollectionService) -> None:
    """Applying one file does not take the others away."""
    kept = defined()
    collections.apply([kept])
    collections.apply([defined()])
    assert stored(collections, kept) == kept


def test_two_collections_may_change_places(collections: CollectionService) -> None:
    """What counts is that the outcome is distinct, not every step on the way."""
    left, right, new = defined(), defined(), defined()
    collections.apply([left, right])
    moved = [replace(left, alias=right.alias, title=right.title), replace(right, alias="moved", title="Moved")]
    collections.apply([replace(new, alias=left.alias, title=left.title), *moved])
    assert [stored(collections, one).alias for one in (new, left, right)] == [left.alias, right.alias, "moved"]


@pytest.mark.parametrize("key", ["id", "alias", "title"])
def test_two_definitions_of_one_name_are_refused_together(collections: CollectionService, key: str) -> None:
    """Neither of them, nor what came with them, is stored."""
    one, other, third = defined(), defined(), defined()
    with pytest.raises(ConflictError):
        collections.apply([third, one, replace(other, **{key: getattr(one, key)})])
    assert {third.id, one.id, other.id}.isdisjoint(each.id for each in collections.everything())


@pytest.mark.parametrize("key", ["alias", "title"])
def test_a_name_that_the_store_holds_already_is_refused(collections: CollectionService, key: str) -> None:
    """Under another id it is another collection."""
    there, new = defined(), defined()
    collections.apply([there])
    with pytest.raises(ConflictError):
        collections.apply([replace(new, **{key: getattr(there, key)})])
    assert new.id not in {one.id for one in collections.everything()}


def test_processes_that_start_at_once_apply_one_definition_once(ground: Ground) -> None:
    """Each looks first, and one of them is first."""
    for _ in range(5):
        definition, services = defined(), [CollectionService(database=Database(ground.database.url)) for _ in range(4)]
        with ThreadPoolExecutor() as pool:
            changes = [change for changes in pool.map(lambda each: each.apply([definition]), services) for change in changes]  # noqa: B023
        assert sorted(change.kind for change in changes) == ["new", "unchanged", "unchanged", "unchanged"]
        for service in services:
            service.database.close()
