"""An exchange made by the real command line and driven without a network: real settings, real rights, a real SQLite store.

The first test of a process makes it once; whoever needs one gets a copy of the folder, so no test sees what another one posted.
"""

import json
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.exchange import tocsin_json
from tests.support.objects import envelope
from tocsin.config import load_config
from tocsin.faces.app import create_app
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Role
from tocsin.services.collection import read_definitions
from tocsin.wiring import build_exchange

MEDIA_TYPE = "application/taxii+json;version=2.1"
STIX = "application/stix+json;version=2.1"
BASE_URL = "https://exchange.example.org"
NOBODY = "nobody"
HIDDEN = "hidden"
MISSING = "5f1a8c52-64b0-4a5e-9d0e-3a6c7b6f0000"  # no collection has this id
PASSWORD = "correct horse battery"  # of every member but the administrator

MEMBERS = {  # name: role, organisation, clearance
    "ana": (Role.ANALYST, "", Level.AMBER),
    "acme-peer": (Role.PEER, "Acme AI", Level.GREEN),
    "beta-peer": (Role.PEER, "Beta Labs", Level.AMBER),
    "watch": (Role.SOC, "Acme AI", Level.GREEN),
}
COLLECTIONS = {  # alias: max_tlp, read, write
    "amber": ("amber", ["analyst", "peer"], ["analyst", "peer"]),
    "board": ("clear", ["anonymous"], ["administrator", "analyst"]),
    "drop": ("green", ["administrator"], ["administrator", "peer"]),
    HIDDEN: ("green", ["administrator"], ["administrator"]),
    "notice": ("green", ["*"], ["administrator"]),
    "shared": ("green", ["*"], ["administrator", "analyst", "peer"]),
}
_NUMBERS = count(1)
IDS = {alias: f"5f1a8c52-64b0-4a5e-9d0e-3a6c7b6f000{number}" for number, alias in enumerate(COLLECTIONS, start=1)}


@dataclass(frozen=True)
class House:
    """One exchange under test, and the credentials of its members."""

    home: Path
    app: Flask
    admin_password: str
    tokens: dict[str, str]

    def visitor(self, name: str = NOBODY) -> "Visitor":
        """Somebody who logs in with a token; NOBODY shows none."""
        return Visitor(self.app, {} if name == NOBODY else {"Authorization": f"Bearer {self.tokens[name]}"})

    def reopened(self) -> "House":
        """The same exchange in a new app, as another server process would have it."""
        return House(self.home, create_app(load_config(self.home)), self.admin_password, self.tokens)


@dataclass(frozen=True)
class Visitor:
    """Sends requests as one caller."""

    app: Flask
    credential: dict[str, str]
    address: str = field(default_factory=lambda: f"2001:db8:{next(_NUMBERS):x}::1")  # its own: others' wrong logins do not count

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        """One request; `headers` are added to the credential."""
        headers = {**self.credential, **options.pop("headers", {})}
        options.setdefault("environ_base", {"REMOTE_ADDR": self.address})
        return self.app.test_client().open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Reads."""
        return self.ask("GET", path, **options)

    def post(self, body: bytes, *, to: str = "shared", content_type: str = MEDIA_TYPE, **options: Any) -> TestResponse:
        """Posts a body to a collection."""
        return self.ask("POST", objects_of(to), data=body, content_type=content_type, **options)

    def put(self, *objects: dict[str, Any], to: str = "shared") -> dict[str, Any]:
        """Posts objects; the status."""
        answer = self.post(envelope(*objects), to=to)
        assert answer.status_code == 202, answer.data
        return body_of(answer)

    def manifest(self, of: str = "shared") -> list[dict[str, Any]]:
        """Every version that this caller sees in a collection."""
        return list(body_of(self.get(f"/api/collections/{of}/manifest/?match[version]=all")).get("objects", []))


def objects_of(alias: str) -> str:
    """The path of a collection's objects."""
    return f"/api/collections/{alias}/objects/"


def body_of(answer: TestResponse) -> dict[str, Any]:
    """The JSON of an answer."""
    return dict(json.loads(answer.data))


def without_id(answer: TestResponse) -> tuple[int, dict[str, Any]]:
    """An error as it would be the same for everybody: all but the `error_id`, which is this request's."""
    return answer.status_code, {name: value for name, value in body_of(answer).items() if name != "error_id"}


def basic(name: str, password: str) -> dict[str, str]:
    """The header of a Basic login."""
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def define(folder: Path) -> Path:
    """Writes the collection files."""
    folder.mkdir()
    for alias, (level, read, write) in COLLECTIONS.items():
        lines = [f'id = "{IDS[alias]}"', f'alias = "{alias}"', f'title = "The {alias} collection"', f'max_tlp = "{level}"']
        (folder / f"{alias}.toml").write_text("\n".join([*lines, f"read = {json.dumps(read)}", f"write = {json.dumps(write)}"]) + "\n")
    return folder


def furnish(home: Path) -> dict[str, str]:
    """Adds organisations, members and collections to an exchange; a token of each member."""
    exchange = build_exchange(load_config(home))
    now = exchange.now()
    own = next(one.name for one in exchange.organisations.listing() if one.is_own)
    for name in ("Acme AI", "Beta Labs"):
        exchange.organisations.add(name, domain="", identity=None, now=now)
    for name, (role, organisation, clearance) in MEMBERS.items():
        draft = Caller(number=0, name=name, organisation=organisation or own, is_own=False, role=role, clearance=clearance)
        exchange.members.add_member(draft, password=PASSWORD, now=now)
    exchange.collections.apply(read_definitions(define(home / "collections-of-test")))
    tokens = {name: exchange.members.add_token(name, now=now) for name in ("admin", *MEMBERS)}
    exchange.maintenance.close()
    return tokens


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], House]:
    """Makes the exchange once, and gives out copies of it."""
    template = tmp_path_factory.mktemp("template") / "home"
    made = tocsin_json("init", str(template), "--base-url", BASE_URL)
    with (template / "tocsin.toml").open("a") as settings:
        settings.write("requests_per_second = 0\nanonymous_requests_per_second = 0\n")  # tests ask as fast as they can
    tokens = furnish(template)

    def copy() -> House:
        home = tmp_path_factory.mktemp("copy") / "home"
        shutil.copytree(template, home)
        return House(home, create_app(load_config(home)), made["administrator"]["password"], tokens)

    return copy


@pytest.fixture
def house(build: Callable[[], House]) -> Iterator[House]:
    """An exchange of this test alone."""
    yield build()


@pytest.fixture(scope="module")
def shared_house(build: Callable[[], House]) -> House:
    """An exchange for tests that only ask, or do not mind what else was posted."""
    return build()
