"""Exchanges for the command line to work on; each test file has one of its own, and a test that breaks something takes a copy."""

import shutil
from pathlib import Path

import pytest

from tests.support.command import typed_json


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new exchange that nobody changes."""
    home = tmp_path_factory.mktemp("template") / "home"
    typed_json("init", str(home), "--organisation", "Acme AI", "--domain", "acme.example")
    return home


@pytest.fixture(scope="module")
def home(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exchange of one test file: tests add to it what is theirs."""
    return Path(shutil.copytree(template, tmp_path_factory.mktemp("exchange") / "home"))


@pytest.fixture
def fresh(template: Path, tmp_path: Path) -> Path:
    """An exchange that one test may break."""
    return Path(shutil.copytree(template, tmp_path / "home"))
