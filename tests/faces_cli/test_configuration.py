"""What is broken in a home: one line that names the file and what to do, exit code 2, never a traceback."""

import os
import shutil
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from tests.support.command import refused, typed

COMMANDS = [["serve"], ["collection", "list"], ["member", "add", "x", "--role", "peer"], ["seed"], ["db", "check"], ["db", "rebuild"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_home_each_command_asks_for_one(command: list[str]) -> None:
    assert refused(*command) == "no exchange is named; give --home FOLDER before the command, or set TOCSIN_HOME"


def test_a_home_may_come_from_the_environment(home: Path) -> None:
    assert typed("db", "check", TOCSIN_HOME=str(home)).stdout == "everything is as it should be\n"


def test_a_folder_without_an_exchange_is_told_how_to_become_one(tmp_path: Path) -> None:
    line = refused("serve", home=tmp_path / "nowhere")
    assert line == f"{tmp_path}/nowhere holds no exchange: tocsin.toml is missing; make one with: tocsin init {tmp_path}/nowhere"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (b"title = [", "Invalid value (at end of document); write it as TOML"),
        (b'title = "a"\ntitle = "b"', "Cannot overwrite a value (at end of document); write it as TOML"),
        (b"\xff\xfe", "'utf-8' codec can't decode byte 0xff in position 0"),
        (
            b'titel = "x"',
            "unknown setting 'titel'; known settings: acknowledge_hours, anonymous_requests_per_second, base_url, body_min_rate,",
        ),
        (b"title = 5", "title: Input should be a valid string; correct it, or the TOCSIN_ variable of that name"),
        (b'max_page_size = "many"', "max_page_size: Input should be a valid integer"),
        (b"max_page_size = 0", "max_page_size: Input should be greater than or equal to 1"),
        (b'base_url = "exchange.example.org"', "base_url: is not an address like https://exchange.example.org; correct it"),
        (b'base_url = "http://[::1"', "base_url: is not an address like https://exchange.example.org; correct it"),
    ],
)
def test_a_broken_setting_is_named_with_its_file(fresh: Path, settings: bytes, line: str) -> None:
    """`serve` says the same as any other command."""
    (fresh / "tocsin.toml").write_bytes(settings)
    for command in (["serve"], ["db", "check"]):
        said = refused(*command, home=fresh)
        assert said.startswith(f"{fresh}/tocsin.toml: ")
        assert line in said


def test_the_environment_wins_over_the_file_and_is_checked_alike(fresh: Path) -> None:
    (fresh / "tocsin.toml").write_text("max_page_size = 7\n")
    assert typed("db", "check", home=fresh, TOCSIN_MAX_PAGE_SIZE="8").returncode == 0
    assert "max_page_size: Input should be a valid integer" in refused("db", "check", home=fresh, TOCSIN_MAX_PAGE_SIZE="x")


@pytest.mark.parametrize(
    ("secret", "line"),
    [
        (None, "the secret in {} cannot be read; restore it, or point TOCSIN_SECRET_FILE to it"),
        (b"\xff", "the secret in {} cannot be read; restore it, or point TOCSIN_SECRET_FILE to it"),
        (b"not hexadecimal", "the secret in {} cannot be read; restore it, or point TOCSIN_SECRET_FILE to it"),
        (b"00ff", "the secret in {} is too short; it needs 32 bytes in hexadecimal"),
    ],
)
def test_without_its_secret_nothing_starts(fresh: Path, secret: bytes | None, line: str) -> None:
    """A new one would void every `next`, so none is made quietly."""
    (fresh / "secret").unlink()
    if secret is not None:
        (fresh / "secret").write_bytes(secret)
    assert refused("serve", home=fresh) == line.format(fresh / "secret")
    assert refused("submit", __file__, "--collection", "actors", home=fresh) != ""


def test_the_secret_may_lie_elsewhere(fresh: Path, tmp_path: Path) -> None:
    shutil.move(fresh / "secret", tmp_path / "elsewhere")
    assert typed("db", "check", home=fresh, TOCSIN_SECRET_FILE=str(tmp_path / "elsewhere")).returncode == 0


@pytest.mark.parametrize("command", [*COMMANDS, ["db", "upgrade"]], ids=" ".join)
def test_a_file_that_is_no_database_is_said_to_be_none(fresh: Path, command: list[str]) -> None:
    (fresh / "tocsin.db").write_bytes(os.urandom(5_000))
    line = refused(*command, home=fresh)
    assert line == "the database cannot be used: file is not a database; restore it, or run: tocsin db upgrade"


def test_a_database_that_is_damaged_inside_is_said_to_be(fresh: Path) -> None:
    """Its first page is whole, the rest is not: what a failing disk leaves."""
    with (fresh / "tocsin.db").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom((fresh / "tocsin.db").stat().st_size - 4096))
    for command in (["db", "check"], ["collection", "list"], ["serve"]):
        assert refused(*command, home=fresh).startswith("the database cannot be used: database disk image is malformed")


@pytest.mark.parametrize("command", [["serve"], ["db", "check"], ["member", "add", "x", "--role", "peer"]], ids=" ".join)
def test_a_database_that_is_gone_is_missed(fresh: Path, command: list[str]) -> None:
    """Not one command goes on with an empty one."""
    (fresh / "tocsin.db").unlink()
    line = refused(*command, home=fresh)
    assert line == "the database is empty, this program needs revision 0005; restore it, or run: tocsin db upgrade"


def test_a_schema_without_an_exchange_is_no_exchange(fresh: Path) -> None:
    """The upgrade of an empty database makes tables, and no organisation to add members to."""
    (fresh / "tocsin.db").unlink()
    typed("db", "upgrade", home=fresh)
    line = refused("member", "add", "x", "--role", "peer", home=fresh)
    assert line == "the database holds no exchange; restore it, or make a new exchange with: tocsin init"


@pytest.mark.parametrize("command", [["serve"], ["db", "check"], ["seed"]], ids=" ".join)
def test_a_database_of_another_program_is_not_touched(fresh: Path, command: list[str]) -> None:
    with sqlite.connect(fresh / "tocsin.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    line = refused(*command, home=fresh)
    assert line == "the database is at revision 9999, this program needs revision 0005; restore it, or run: tocsin db upgrade"
    assert refused("db", "upgrade", home=fresh) == "the database is at a revision that this program does not know; use a later program"


def test_a_database_that_is_a_folder_cannot_be_opened(fresh: Path) -> None:
    (fresh / "tocsin.db").unlink()
    (fresh / "tocsin.db").mkdir()
    assert refused("db", "check", home=fresh).startswith("the database cannot be used: unable to open database file")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--host", "999.1.1.1"], "cannot listen on 999.1.1.1 port 8000: "),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1 port 8000: Cannot assign requested address; choose another --host or --port"),
    ],
)
def test_an_address_that_is_not_ours_is_named(home: Path, options: list[str], line: str) -> None:
    assert line in refused("serve", *options, home=home)
