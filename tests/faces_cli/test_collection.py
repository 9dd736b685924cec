"""`tocsin collection`: definitions in files, their difference to what is in effect, and what is wrong in them."""

import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.support.command import refused, typed, typed_json

ALIASES = ["actors", "drafts", "inbox", "indicators", "providers", "public", "restricted", "sightings", "submissions"]
DEFINITION = f"""
id = "{UUID(int=0x4 << 76 | 0x8 << 60)}"
alias = "drills"
title = "Drills"
read = ["analyst"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one definition, in drills.toml."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "drills.toml").write_text(DEFINITION)
    return folder


def edit(file: Path, pattern: str, replacement: str) -> None:
    file.write_text(re.sub(pattern, replacement, file.read_text(), flags=re.MULTILINE))


def test_a_new_exchange_has_its_collections_in_effect(home: Path) -> None:
    listed = typed_json("collection", "list", home=home)
    assert sorted(one["alias"] for one in listed) == ALIASES
    assert typed_json("collection", "apply", home=home) == [{"alias": alias, "change": "unchanged", "fields": []} for alias in ALIASES]


def test_the_list_is_of_this_shape(home: Path) -> None:
    """What scripts look ids up in."""
    inbox = next(one for one in typed_json("collection", "list", home=home) if one["alias"] == "inbox")
    assert UUID(inbox.pop("id")).version == 4
    assert inbox == {
        "alias": "inbox",
        "title": "Inbox",
        "max_tlp": "red",
        "rights": {"read": ["administrator", "analyst"], "write": ["administrator", "analyst", "peer"]},
    }
    text = typed("collection", "list", home=home).stdout
    assert re.search(r"^inbox  \S+  up to TLP:RED  read: administrator, analyst  write: administrator, analyst, peer$", text, re.MULTILINE)


def test_a_change_is_shown_before_it_is_made(fresh: Path) -> None:
    """--dry-run shows what apply does, and does not do it; a second apply has nothing to do."""
    edit(fresh / "collections/public.toml", "^write = .*", 'write = ["administrator"]')
    line = "public: changed (write: administrator, analyst -> administrator)"
    before = typed("collection", "list", home=fresh).stdout
    assert line in typed("collection", "apply", "--dry-run", home=fresh).stdout.splitlines()
    assert typed("collection", "list", home=fresh).stdout == before
    assert line in typed("collection", "apply", home=fresh).stdout.splitlines()
    assert line not in typed("collection", "apply", home=fresh).stdout.splitlines()


def test_another_folder_adds_to_what_is_there(fresh: Path, folder: Path) -> None:
    """Collections without a file there stay as they are."""
    assert typed_json("collection", "apply", str(folder), home=fresh) == [{"alias": "drills", "change": "new", "fields": []}]
    assert sorted(one["alias"] for one in typed_json("collection", "list", home=fresh)) == sorted([*ALIASES, "drills"])


@pytest.mark.parametrize(
    ("pattern", "replacement", "line"),
    [
        ("$", "colour = 1", "unknown key 'colour'; known keys: id, alias, title, description, max_tlp, read, write, authors, default_tlp,"),
        ("$", "moderated = true", "moderated = True asks for a rule that is not built yet; leave moderated out"),
        ("$", 'authors = "own"', "authors = 'own' asks for a rule that is not built yet; leave authors out"),
        ("$", 'default_tlp = "green"', "default_tlp = 'green' asks for a rule that is not built yet; leave default_tlp out"),
        ("$", 'retention = "1y"', "retention = '1y' asks for a rule that is not built yet; leave retention out"),
        ("$", 'max_tlp = "pink"', "max_tlp: 'pink' is not a TLP level (known: clear, green, amber, amber+strict, red); write one of those"),
        ("^read.*", 'read = "analyst"', 'read is not a list of texts; write read = ["analyst", "peer"]'),
        ("^id.*", 'id = "drills"', "id 'drills' is not a UUIDv4; make one with: python3 -c"),
        ("^alias.*", "", 'alias is missing; add alias = "..."'),
        ("^alias.*", 'alias = "Two Words"', "alias 'Two Words' is not usable; use lower case words joined by hyphens"),
        ("^title.*", 'title = "a, b."', "title 'a, b.' is not usable; use a text without dot or comma"),
        ("^read.*", "read = [", "write it as TOML"),
    ],
)
def test_a_broken_definition_is_named_with_its_file(home: Path, folder: Path, pattern: str, replacement: str, line: str) -> None:
    edit(folder / "drills.toml", pattern, replacement) if pattern != "$" else (folder / "drills.toml").write_text(DEFINITION + replacement)
    said = refused("collection", "apply", str(folder), home=home)
    assert said.startswith(f"{folder}/drills.toml: ")
    assert line in said


def test_one_broken_file_holds_up_all_of_them(fresh: Path) -> None:
    """Nothing is half applied, and `serve` does not start either."""
    (fresh / "collections/a.toml").write_text(DEFINITION)
    edit(fresh / "collections/public.toml", "^title", "titel")
    for command in (["collection", "apply"], ["serve"]):
        assert "/collections/public.toml: unknown key 'titel'" in refused(*command, home=fresh)
    assert sorted(one["alias"] for one in typed_json("collection", "list", home=fresh)) == ALIASES


@pytest.mark.parametrize("key", ["id", "alias", "title"])
def test_two_collections_are_never_called_alike(fresh: Path, folder: Path, key: str) -> None:
    """Neither two files, nor a file and a collection that is there."""
    typed("collection", "apply", str(folder), home=fresh)
    twin = folder / "twin.toml"
    others = {"id": f'id = "{uuid4()}"', "alias": 'alias = "twin"', "title": 'title = "Twin"'}
    twin.write_text(DEFINITION)
    for other in set(others) - {key}:
        edit(twin, f"^{other} = .*", others[other])
    assert refused("collection", "apply", str(folder), home=fresh).startswith(f"two collections have the {key} ")


def test_a_folder_without_definitions_is_named(home: Path, tmp_path: Path) -> None:
    for name in (tmp_path, tmp_path / "nowhere"):
        assert refused("collection", "apply", str(name), home=home) == f"{name} holds no collection files; give a folder with *.toml files"
