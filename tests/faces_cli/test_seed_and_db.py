"""`tocsin seed` and `tocsin db`: content that comes with the program, and care of the database."""

import json
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from tests.support.command import refused, typed, typed_json
from tests.support.objects import indicator, uuid
from tests.support.seeds import INDEX


@pytest.fixture
def own_seeds(fresh: Path) -> Path:
    """HOME/seeds with one bundle for one collection."""
    folder = fresh / "seeds"
    (folder / "mine.json").write_text(json.dumps({"objects": [indicator(1)]}))
    (folder / "index.toml").write_text('"mine.json" = ["indicators"]\n')
    return folder


def entries(home: Path) -> int:
    with sqlite.connect(home / "tocsin.db") as connection:
        return int(connection.execute("SELECT count(*) FROM entry").fetchone()[0])


def test_seeding_again_adds_nothing(fresh: Path) -> None:
    first = typed("seed", home=fresh)
    stored = entries(fresh)
    second = typed("seed", home=fresh)
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout == second.stdout
    assert entries(fresh) == stored


def test_the_seeds_of_the_home_come_after_those_of_the_program(fresh: Path, own_seeds: Path) -> None:
    result = typed_json("seed", home=fresh)
    assert result[-1] == {"file": "mine.json", "collection": "indicators", "taken": 1, "refused": 0}
    assert [(row["file"], row["collection"]) for row in result[:-1]] == [(file, alias) for file in INDEX for alias in INDEX[file]]


def test_a_seed_that_is_refused_in_part_is_named(fresh: Path, own_seeds: Path) -> None:
    (own_seeds / "mine.json").write_text(json.dumps([indicator(1), indicator(2, pattern="nope")]))
    done = typed("seed", home=fresh)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "mine.json -> indicators: 1 objects"
    assert done.stderr.startswith(f"mine.json: indicator--{uuid(2)}: $.pattern: ")


@pytest.mark.parametrize(
    ("index", "line"),
    [
        ("x = [", "Invalid value"),
        ('"missing.json" = ["indicators"]', "there is no file 'missing.json' beside it; name a bundle in this folder"),
        ('"../mine.json" = ["indicators"]', "there is no file '../mine.json' beside it; name a bundle in this folder"),
        ('"mine.json" = "indicators"', 'mine.json names no collections; write "file.json" = ["alias"]'),
    ],
)
def test_a_broken_index_is_named_before_anything_is_loaded(fresh: Path, own_seeds: Path, index: str, line: str) -> None:
    before = entries(fresh)
    (own_seeds / "index.toml").write_text(index)
    said = refused("seed", home=fresh)
    assert said.startswith(f"{own_seeds}/index.toml: ")
    assert line in said
    assert entries(fresh) == before


@pytest.mark.parametrize("content", ["nope", "[]"])
def test_a_seed_without_objects_is_named(fresh: Path, own_seeds: Path, content: str) -> None:
    (own_seeds / "mine.json").write_text(content)
    done = typed("seed", home=fresh)
    assert done.returncode == 2
    assert f"{own_seeds}/mine.json" in done.stderr


def test_a_seed_for_a_collection_that_is_not_there_is_wrong_input(fresh: Path, own_seeds: Path) -> None:
    (own_seeds / "index.toml").write_text('"mine.json" = ["nowhere"]')
    done = typed("seed", home=fresh)
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_a_whole_database_is_told_so(home: Path) -> None:
    assert typed("db", "check", home=home).stdout == "everything is as it should be\n"
    assert typed_json("db", "check", home=home) == {"faults": []}


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE entry SET body = replace(body, 'example', 'exbmple') WHERE id LIKE 'identity--%'", "its body is not what was hashed"),
        ("UPDATE entry SET is_last = 0", "its mark of first or last version is wrong; run db rebuild"),
        ("UPDATE entry SET version = '2020-01-01T00:00:00.000000Z'", "its id, type or version is not that of its body"),
        ("UPDATE collection SET last_added = 1", "its stamp is later than the last one of its collection"),
    ],
)
def test_what_is_wrong_in_a_log_is_named_entry_by_entry(fresh: Path, damage: str, fault: str) -> None:
    """Exit code 1: the command did its work, and part of the log is not well."""
    typed("seed", home=fresh)
    with sqlite.connect(fresh / "tocsin.db") as connection:
        connection.execute(damage.replace("replace(body", "CAST(replace(CAST(body AS TEXT)").replace("'exbmple')", "'exbmple') AS BLOB)"))
    done = typed("db", "check", home=fresh)
    assert done.returncode == 1
    assert fault in done.stdout
    checked = typed("db", "check", "--json", home=fresh)
    assert json.loads(checked.stdout)["faults"] == done.stdout.splitlines()


def test_a_rebuild_makes_the_marks_good_again(fresh: Path) -> None:
    typed("seed", home=fresh)
    with sqlite.connect(fresh / "tocsin.db") as connection:
        connection.execute("UPDATE entry SET is_last = 0, is_first = 0")
    assert typed_json("db", "rebuild", home=fresh) == {"rebuilt": True}
    assert typed("db", "rebuild", home=fresh).stdout == "rebuilt\n"
    assert typed("db", "check", home=fresh).returncode == 0


def test_an_upgrade_of_a_current_database_does_nothing(fresh: Path) -> None:
    before = entries(fresh)
    assert typed("db", "upgrade", home=fresh).stdout == "the database has this program's schema\n"
    assert typed_json("db", "upgrade", home=fresh) == {"upgraded": True}
    assert entries(fresh) == before
