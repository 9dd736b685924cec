"""Exchanges as their wiring builds them: one on SQLite, and three providers that notify each other, on both databases."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.office import Office, Pair
from tests.support.postgres import new_database
from tocsin.config import load_config
from tocsin.model.collection import Collection
from tocsin.model.marking import Level
from tocsin.model.member import OPERATOR, Caller, Role
from tocsin.services.collection import read_definitions
from tocsin.wiring import Exchange, build_exchange, make_secret

ROOT = Path(__file__).parents[2]


@dataclass
class House:
    """The exchange, and shorthand for what tests do with it."""

    exchange: Exchange

    @property
    def operator(self) -> Caller:
        return self.exchange.members.find(OPERATOR)

    def join(
        self, name: str, role: Role = Role.PEER, *, organisation: str = "Own", clearance: Level = Level.GREEN, password: str | None = None
    ) -> Caller:
        """A new member."""
        draft = Caller(number=0, name=name, organisation=organisation, is_own=False, role=role, clearance=clearance)
        return self.exchange.members.add_member(draft, password=password, now=self.exchange.now())

    def collection(self, alias: str) -> Collection:
        """As the operator sees it."""
        return self.exchange.collections.find(self.operator, alias)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """New for every test."""
    (tmp_path / "tocsin.toml").touch()
    config = load_config(tmp_path)
    make_secret(config.secret_path)
    exchange = build_exchange(config)
    exchange.maintenance.upgrade()
    exchange.collections.apply(read_definitions(ROOT / "collections"))
    exchange.organisations.establish("Own", domain="own.example.org", now=exchange.now())
    yield House(exchange)
    exchange.maintenance.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Shared by the tests of one file, each of which takes cases of its own."""
    folder = tmp_path_factory.mktemp("providers")
    make = new_database if request.param == "postgresql" else str
    made = Pair(*(Office.open(word, folder / word, database=make()) for word in ("alpha", "beta", "gamma")))
    for here, there in ((made.alpha, made.beta), (made.beta, made.alpha), (made.alpha, made.gamma), (made.beta, made.gamma)):
        here.take_in(there)
    yield made
    for office in (made.alpha, made.beta, made.gamma):
        office.close()
