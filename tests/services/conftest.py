"""An exchange as its wiring builds it, on SQLite, with the collections that are shipped and members of two organisations."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

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
