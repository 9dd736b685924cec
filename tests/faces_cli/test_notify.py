"""`tocsin notify`: whole outputs, what is refused and with which words, and texts from outside that a terminal must not obey."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.hostile import OTHER_ID, Answer, HostilePeer, status
from tests.support.command import refused, typed, typed_json
from tests.support.objects import indicator
from tests.support.office import NUMBERS, Office, carry, lantern, report_id
from tocsin.model.notification import Kind
from tocsin.wiring import Exchange

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z")
MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@pytest.fixture(scope="module")
def alpha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office.open("alpha", tmp_path_factory.mktemp("cli") / "alpha")
    yield made
    made.close()


@pytest.fixture(scope="module")
def beta(alpha: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office.open("beta", tmp_path_factory.mktemp("cli") / "beta")
    for here, there in ((alpha, made), (made, alpha)):
        here.take_in(there)
    yield made
    made.close()


@pytest.fixture
def home(alpha: Office, beta: Office) -> Path:
    """Of Alpha, who knows Beta."""
    return alpha.exchange.config.home


def case(office: Office) -> str:
    """The report of a new case."""
    number = next(NUMBERS)
    office.post("submissions", *lantern(office.identity, number))
    return report_id(number)


def drafted(home: Path, report: str, *more: str) -> str:
    return str(typed_json("notify", "draft", "--to", "Beta AI", "--case", report, *more, home=home)["id"])


def short(identifier: str) -> str:
    return identifier.removeprefix("grouping--")[:8]


def timeless(text: str) -> str:
    """Instants differ from run to run."""
    return MINUTE.sub("<minute>", INSTANT.sub("<instant>", text))


# What a person reads


def test_a_draft_is_shown_with_the_next_step(home: Path, alpha: Office) -> None:
    report = case(alpha)
    done = typed("notify", "draft", "--to", "Beta AI", "--case", report, home=home)
    identifier = done.stdout.splitlines()[0]
    assert done.stdout == (
        f"{identifier}\n"
        f"Alpha AI notifies Beta AI: Paper Lantern {report[-2:].lstrip('0') and int(report[-12:], 16) // 10}\n"
        f"Send it with: tocsin notify send {short(identifier)}\n"
    )
    assert typed("notify", "send", short(identifier), home=home).stdout == (
        f"{identifier}: 6 objects; it lies in outbox-beta-ai, where Beta AI can read it\n"
    )


def test_a_list_is_a_table(fresh_pair: tuple[Office, Office]) -> None:
    """Drafts and what was sent, the latest first; what is overdue is marked; a drill is called one."""
    alpha, _beta = fresh_pair
    home = alpha.exchange.config.home
    assert [typed("notify", name, home=home).stdout for name in ("list", "overdue")] == ["none\n", "none\n"]
    numbers = [next(NUMBERS) for _ in range(3)]
    for number in numbers:
        alpha.post("submissions", *lantern(alpha.identity, number))
    first = drafted(home, report_id(numbers[0]), "--urgency", "critical")
    second = drafted(home, report_id(numbers[1]), "--drill", "--by", "2099-12-31")
    typed_json("notify", "send", second, home=home)
    third = drafted(home, report_id(numbers[2]), "--urgency", "low")
    send_as_of(alpha, third, hours=24 * 8)
    head = "ID        WITH                  STATE         URGENCY   ACKNOWLEDGE (UTC) ABOUT\n"
    overdue = f"{short(third)}  Beta AI               sent !        low       <minute>  Paper Lantern {numbers[2]}\n"
    assert timeless(typed("notify", "list", home=home).stdout) == (
        f"{head}"
        f"{short(second)}  Beta AI               sent          normal    <minute>  EXERCISE: Paper Lantern {numbers[1]}\n"
        f"{short(first)}  Beta AI               drafted       critical                    Paper Lantern {numbers[0]}\n"
        f"{overdue}"
    )
    assert timeless(typed("notify", "overdue", home=home).stdout) == f"{head}{overdue}"
    assert [one["id"] for one in typed_json("notify", "overdue", home=home)] == [third]
    assert [one["state"] for one in typed_json("notify", "list", home=home)] == ["sent", "drafted", "sent"]


@pytest.fixture
def fresh_pair(tmp_path: Path) -> Iterator[tuple[Office, Office]]:
    """Two providers of which nothing was sent yet."""
    pair = (Office.open("alpha", tmp_path / "alpha"), Office.open("beta", tmp_path / "beta"))
    pair[0].take_in(pair[1])
    pair[1].take_in(pair[0])
    yield pair
    for office in pair:
        office.close()


def send_as_of(office: Office, identifier: str, *, hours: int) -> None:
    """Sent so long ago."""
    office.exchange.notifications.send(office.operator, office.thread(identifier), now=Exchange.now() - hours * 3_600_000_000)
