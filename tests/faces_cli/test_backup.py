"""`tocsin db backup` and `tocsin db restore` as an operator uses them."""

import json
import shutil
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from tests.support.command import refused, typed, typed_json
from tests.support.objects import indicator
from tests.support.postgres import new_database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "exchange.backup"


@pytest.fixture
def filled(fresh: Path, tmp_path: Path) -> Path:
    """An exchange with two indicators and the identity of its organisation."""
    objects = tmp_path / "objects.json"
    objects.write_text(json.dumps([indicator(1), indicator(2)]))
    typed_json("submit", str(objects), "--collection", "indicators", home=fresh)
    return fresh


def bodies(home: Path) -> int:
    with sqlite.connect(home / "tocsin.db") as connection:
        return int(connection.execute("SELECT count(body) FROM entry").fetchone()[0])


def test_a_backup_and_its_restore_are_one_line_each(filled: Path, file: Path) -> None:
    backed_up = typed("db", "backup", str(file), home=filled)
    restored = typed("db", "restore", str(file), "--replace", home=filled)
    assert (backed_up.stdout, restored.stdout) == (f"{file}: 3 entries\n", "3 entries restored\n")
    assert (backed_up.stderr, restored.stderr) == ("", "")


def test_a_backup_and_its_restore_as_json(filled: Path, file: Path) -> None:
    result = {"file": str(file), "entries": 3, "secret": True}
    assert typed_json("db", "backup", str(file), "--with-secret", home=filled) == result
    assert typed_json("db", "restore", str(file), "--replace", "--with-secret", home=filled) == result | {"faults": []}


def test_an_exchange_moves_to_postgresql_and_back(filled: Path, file: Path, tmp_path: Path) -> None:
    """The settings, the collections and the secret are files; the rest is in the backup. Logins stay valid."""
    typed_json("db", "backup", str(file), home=filled)
    moved = Path(shutil.copytree(filled, tmp_path / "moved", ignore=shutil.ignore_patterns("tocsin.db*")))
    (moved / "tocsin.toml").write_text(f'database = "{new_database()}"\n')
    assert typed_json("db", "restore", str(file), home=moved)["entries"] == 3
    again = tmp_path / "again.backup"
    typed_json("db", "backup", str(again), home=moved)
    (filled / "tocsin.db").unlink()
    assert typed_json("db", "restore", str(again), home=filled)["entries"] == 3
    assert bodies(filled) == 3
    assert typed_json("collection", "list", home=moved) == typed_json("collection", "list", home=filled)
    assert {one.stat().st_mode & 0o777 for one in (again, file, filled / "tocsin.db")} == {0o600}


def test_an_exchange_comes_back_whole_where_the_secret_is_lost_too(filled: Path, file: Path) -> None:
    """From settings, collections and a backup that holds the secret."""
    secret = (filled / "secret").read_text()
    typed_json("db", "backup", str(file), "--with-secret", home=filled)
    for lost in (filled / "secret", *filled.glob("tocsin.db*")):
        lost.unlink()
    done = typed("db", "restore", str(file), "--with-secret", home=filled)
    assert done.stdout == "3 entries restored\nand the secret: restart the exchange\n"
    assert (filled / "secret").read_text() == secret
    assert (filled / "secret").stat().st_mode & 0o777 == 0o600
    assert typed("db", "check", home=filled).returncode == 0


def test_the_secret_stays_where_it_is_unless_asked_for(filled: Path, file: Path) -> None:
    typed_json("db", "backup", str(file), "--with-secret", home=filled)
    (filled / "secret").write_text("ab" * 32 + "\n")
    typed_json("db", "restore", str(file), "--replace", home=filled)
    assert (filled / "secret").read_text() == "ab" * 32 + "\n"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ((), "the database holds entries; give --replace to put the backup in their place"),
        (("--replace", "--with-secret"), "{file} holds no secret; leave out --with-secret, or take one made with it"),
    ],
)
def test_a_restore_that_may_not_be_changes_nothing(filled: Path, file: Path, options: tuple[str, ...], line: str) -> None:
    typed_json("db", "backup", str(file), home=filled)
    (filled / "objects.json").write_text(json.dumps([indicator(3)]))
    typed_json("submit", str(filled / "objects.json"), "--collection", "indicators", home=filled)
    assert refused("db", "restore", str(file), *options, home=filled) == line.format(file=file)
    assert bodies(filled) == 4


@pytest.mark.parametrize(("content", "line"), [(b"backup", "is no backup of an exchange"), (None, "No such file or directory")])
def test_a_file_that_is_no_backup_is_named(fresh: Path, file: Path, content: bytes | None, line: str) -> None:
    if content is not None:
        file.write_bytes(content)
    said = refused("db", "restore", str(file), "--replace", home=fresh)
    assert said.startswith(str(file))
    assert line in said


def test_a_damaged_backup_is_refused_and_taken_only_when_told(filled: Path, file: Path) -> None:
    typed_json("db", "backup", str(file), home=filled)
    file.write_bytes(file.read_bytes().replace(b"n1.example.org", b"n1.exbmple.org"))
    assert "is damaged in 1 places: indicators: indicator--" in refused("db", "restore", str(file), "--replace", home=filled)
    done = typed("db", "restore", str(file), "--replace", "--damaged", home=filled)
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "3 entries restored")


@pytest.mark.parametrize(("place", "line"), [("tocsin.db", "is there already"), ("no/such/folder", "No such file or directory")])
def test_a_backup_that_cannot_be_written_is_wrong_input(fresh: Path, place: str, line: str) -> None:
    """Above all it does not go where the database is."""
    before = (fresh / "tocsin.db").read_bytes()
    assert line in refused("db", "backup", str(fresh / place), home=fresh)
    assert (fresh / "tocsin.db").read_bytes() == before
    assert not list(fresh.glob(".*"))
