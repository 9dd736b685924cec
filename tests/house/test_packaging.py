"""What is shipped is what is in the checkout: the wheel, the installed package and the locks."""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MIGRATIONS = "src/tocsin/store/migrations"
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^\s;]+)(?P<marker> ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
NAME = re.compile(r"[A-Za-z0-9._-]+")
ADDRESS_OR_PATH = re.compile(r"[a-z]+://|file:|@ |(^|[\s=])[./~]+/|(^|\s)-(f|i|e)\b|--(index|extra-index|find-links)")


def shipped() -> Iterator[tuple[Path, str]]:
    """Each file of the checkout that must be shipped, with its place in the wheel."""
    for folder, place in (("src/tocsin", "tocsin"), ("collections", "tocsin/data/collections"), ("seeds", "tocsin/data/seeds")):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path, f"{place}/{path.relative_to(ROOT / folder).as_posix()}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel as it is built from the checkout now."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_the_wheel_holds_every_file_as_it_is_in_the_checkout(wheel: zipfile.ZipFile) -> None:
    """Code, migrations, collections and seeds, byte for byte."""
    held = set(wheel.namelist())
    offenders = [place for path, place in shipped() if place not in held or wheel.read(place) != path.read_bytes()]
    assert not offenders, offenders


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    """No cache, no secret, no file that was left lying about."""
    expected = {place for _, place in shipped()}
    offenders = [name for name in wheel.namelist() if name not in expected and ".dist-info/" not in name]
    assert not offenders, offenders


@pytest.mark.parametrize("pattern", ["collections/*.toml", "seeds/*.json", f"{MIGRATIONS}/versions/*.py"])
def test_there_is_data_to_ship(pattern: str) -> None:
    """An empty folder would make the tests above pass without a word."""
    assert list(ROOT.glob(pattern)), pattern


def test_the_installed_package_is_the_checkout() -> None:
    """Tests run on the installed wheel (`make test`); one that is older than the sources would test something else."""
    package = files("tocsin")
    offenders = [
        place
        for path, place in shipped()
        if not (installed := package.joinpath(place.removeprefix("tocsin/"))).is_file() or installed.read_bytes() != path.read_bytes()
    ]
    assert not offenders, f"not installed as in the checkout, run make test: {offenders}"


def test_the_program_is_named_tocsin(wheel: zipfile.ZipFile) -> None:
    """One console script."""
    (entry_points,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert wheel.read(entry_points).decode() == "[console_scripts]\ntocsin = tocsin.faces.cli.main:main\n"


def pins(lock: str) -> dict[str, str]:
    """Name to version; fails on a line that is neither a pin, a hash nor a comment, and on a pin without hashes."""
    found: dict[str, str] = {}
    hashes: dict[str, int] = {}
    name = ""
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            name = match["name"]
            found[name], hashes[name] = match["version"], 0
        elif HASH.match(line):
            hashes[name] += 1
        else:
            assert line.lstrip().startswith("#"), f"{lock}: {line}"
    assert [each for each, count in hashes.items() if not count] == []
    return found


def declared(*extras: str) -> set[str]:
    """The names that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [each for extra in extras for each in project["optional-dependencies"][extra]]
    return {re.sub(r"[-_.]+", "-", match[0].lower()) for each in wanted if (match := NAME.match(each))}


def test_the_locks_pin_and_hash_all_that_is_declared() -> None:
    """A dependency that was added without `make lock` is found here."""
    assert declared("build") <= pins("requirements.lock").keys()
    assert declared("build", "dev") <= pins("requirements-dev.lock").keys()


def test_the_development_lock_holds_the_runtime_lock_whole() -> None:
    """What is tested is what runs, version for version; the Makefile counts on it."""
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_the_locks_hold_no_address_and_no_path(lock: str) -> None:
    """They install from whatever registry the reader's machine is set up for."""
    offenders = [line for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if ADDRESS_OR_PATH.search(line)]
    assert not offenders, offenders
