"""`tocsin init`: a whole exchange or nothing."""

import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.command import refused, typed, typed_json
from tests.support.exchange import TOCSIN


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_init_makes_a_whole_exchange_and_says_what_it_made(tmp_path: Path) -> None:
    """The shape that programs read is this one."""
    made = typed_json(
        "init", str(tmp_path / "x"), "--base-url", "https://x.example.org/", "--organisation", "Acme", "--domain", "acme.example"
    )
    password = made["administrator"].pop("password")
    assert made == {
        "home": str(tmp_path / "x"),
        "base_url": "https://x.example.org",
        "administrator": {"name": "admin"},
        "organisation": {"name": "Acme", "domain": "acme.example", "identity": "identity--05c5620a-0972-53d5-a6c3-fafede128221"},
    }
    assert len(password) == 24
    assert {path.name for path in (tmp_path / "x").iterdir()} == {"tocsin.toml", "secret", "tocsin.db", "collections", "seeds"}
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_init_tells_a_person_the_login_and_what_to_do_next(tmp_path: Path) -> None:
    done = typed("init", str(tmp_path / "x"))
    assert re.fullmatch(
        rf"{tmp_path}/x holds a new exchange\.\nAdministrator: admin\nPassword: +[\w-]{{24}}   \(shown this once\)\n"
        rf"Start it with: tocsin --home {tmp_path}/x serve\n",
        done.stdout,
    )


def test_only_the_owner_can_read_what_init_makes(tmp_path: Path) -> None:
    """Secret, password hashes and everybody's objects, whatever the umask of the shell."""
    home = tmp_path / "x"
    typed("init", str(home))
    assert {name: mode(home / name) for name in (".", "secret", "tocsin.db", "tocsin.toml")} == {
        ".": "0o700",
        "secret": "0o600",
        "tocsin.db": "0o600",
        "tocsin.toml": "0o600",
    }


def test_no_password_and_no_secret_is_made_twice(tmp_path: Path) -> None:
    """There is no default login: two exchanges share nothing but the name of the administrator."""
    made = [typed_json("init", str(tmp_path / name)) for name in "ab"]
    assert made[0]["administrator"]["password"] != made[1]["administrator"]["password"]
    assert made[0]["organisation"]["identity"] != made[1]["organisation"]["identity"]
    assert (tmp_path / "a/secret").read_text() != (tmp_path / "b/secret").read_text()
    ids = [re.findall(r'^id = "(.*)"', (tmp_path / name / "collections/public.toml").read_text(), re.MULTILINE) for name in "ab"]
    assert ids[0] != ids[1]


def test_an_empty_folder_becomes_the_home_and_stays_the_same_folder(tmp_path: Path) -> None:
    """It may be a mounted volume, which nothing can be renamed over."""
    before = tmp_path.stat().st_ino
    typed_json("init", str(tmp_path))
    assert tmp_path.stat().st_ino == before
    assert {path.name for path in tmp_path.iterdir()} == {"tocsin.toml", "secret", "tocsin.db", "collections", "seeds"}
    assert mode(tmp_path) == "0o700"


def test_what_exists_is_never_overwritten(tmp_path: Path) -> None:
    """Not an exchange, not another folder, not a file."""
    typed("init", str(tmp_path / "x"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter").touch()
    (tmp_path / "file").touch()
    before = (tmp_path / "x/secret").read_text()
    for name in ("x", "folder", "file"):
        assert (
            refused("init", str(tmp_path / name))
            == f"{tmp_path}/{name} is not an empty folder; choose another one, or remove what is there"
        )
    assert (tmp_path / "x/secret").read_text() == before


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--base-url", "not a url"], "--base-url: 'not a url' is not an address like https://exchange.example.org"),
        (["--base-url", "ftp://x.example.org"], "--base-url: 'ftp://x.example.org' is not an address"),
        (["--base-url", "http://[::1"], "--base-url: 'http://[::1' is not an address"),
        (["--base-url", 'https://x"y'], "cannot stand in tocsin.toml"),
        (["--domain", "no domain"], "'no domain' is not a DNS domain; write it like provider.example.org"),
        (["--organisation", "peer"], "'peer' cannot name an organisation: it has a meaning"),
        (["--database", "mysql://x/y"], "database is of no known kind; use sqlite:///path or postgresql://user@host/name"),
        (["--database", "gibberish"], "database is not a URL"),
        (["--database", "sqlite://"], "database names no file"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_named_and_leaves_nothing(tmp_path: Path, options: list[str], line: str) -> None:
    """And the line never speaks of the folder in which the home was being made."""
    said = refused("init", str(tmp_path / "x"), *options)
    assert line in said
    assert "/.x-" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = refused("init", str(tmp_path / "file" / "x"))
    assert line == f"{tmp_path}/file/x cannot be made: File exists; choose a folder that you may write to"


def test_a_database_that_is_away_is_ours_to_mend_and_leaves_nothing(tmp_path: Path) -> None:
    """Exit code 5: the same command may work later."""
    line = refused("init", str(tmp_path / "x"), "--database", "postgresql://nobody@127.0.0.1:1/x", code=5)
    assert line.startswith("the database is away or busy (connection failed: ")
    assert line.endswith("; try again shortly")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_init_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C at any moment: either there is no home, or it is whole."""
    for milliseconds in (300, 400, 500, 600):
        home = tmp_path / str(milliseconds)
        process = subprocess.Popen(
            [TOCSIN, "init", str(home), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        time.sleep(milliseconds / 1000)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
        assert not home.exists() or typed("db", "check", home=home).returncode == 0
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
