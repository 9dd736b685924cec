"""`tocsin inbox`: what came in and what we answer, as a person and as a program read it; what does not count is shown as what it is."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.abuse import thing
from tests.support.command import refused, typed, typed_json
from tests.support.office import NUMBERS, Office, carry, lantern, report_id
from tocsin.model.identifier import identity_id
from tocsin.services.notification import Plan
from tocsin.wiring import Exchange

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,6})?Z")
MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
HEAD = "ID        WITH                  STATE         URGENCY   ACKNOWLEDGE (UTC) ABOUT\n"
WHERE = "it lies in outbox-alpha-ai, where Alpha AI can read it"
LAID_OUT = {"delivered": None, "message": WHERE}


@dataclass
class Desk:
    """Beta, whom Alpha notifies; Gamma may write into Beta's inbox too."""

    alpha: Office
    beta: Office

    @property
    def home(self) -> Path:
        return self.beta.exchange.config.home

    def receive(self, **plan: Any) -> str:
        """A new notification of Alpha's, in Beta's inbox."""
        number = next(NUMBERS)
        self.alpha.post("submissions", *lantern(self.alpha.identity, number))
        placed = self.alpha.send(Plan(organisation="Beta AI", case=report_id(number), **plan), now=Exchange.now())
        assert not carry(self.alpha, self.beta, now=Exchange.now()).failures
        return placed.id

    def put(self, *bodies: dict[str, Any], by: str = "gamma-machine") -> None:
        """Into Beta's inbox."""
        assert not self.beta.post("inbox", *bodies, by=self.beta.exchange.members.find(by), now=Exchange.now()).failures


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("cli")
    made = Desk(Office.open("alpha", folder / "alpha"), Office.open("beta", folder / "beta"))
    made.alpha.take_in(made.beta)
    made.beta.take_in(made.alpha)
    made.beta.take_in(Office("gamma", None))  # type: ignore[arg-type]
    yield made
    made.alpha.close()
    made.beta.close()


def short(identifier: str) -> str:
    return identifier.removeprefix("grouping--")[:8]


def timeless(text: str) -> str:
    """Instants differ from run to run."""
    return MINUTE.sub("<minute>", INSTANT.sub("<instant>", text))


def answer(desk: Desk, command: str, identifier: str, *options: str) -> str:
    done = typed("inbox", command, short(identifier), *options, home=desk.home)
    assert done.returncode == 0, done.stderr
    return done.stdout


def plain(identifier: str, *, number: int, words: str = "Thank you.", **properties: Any) -> dict[str, Any]:
    """A note of a program that knows nothing of us."""
    return thing("note", number, content=words, object_refs=[identifier], created_by_ref=identity_id("gamma.example"), **properties)


# What a person reads


def test_an_empty_inbox_says_so(tmp_path: Path) -> None:
    office = Office.open("alpha", tmp_path / "alpha")
    home = office.exchange.config.home
    assert typed("inbox", "list", home=home).stdout == "none\n"
    assert typed_json("inbox", "list", home=home) == {"notifications": [], "strays": []}
    office.close()


def test_every_step_says_what_it_leads_to(desk: Desk) -> None:
    """And to whom it went."""
    identifier = desk.receive(urgency="high")
    assert answer(desk, "ack", identifier) == f"{identifier}: acknowledged; {WHERE}\n"
    assert answer(desk, "hold", identifier, "--until", "2099-12-31") == f"{identifier}: acknowledged; {WHERE}\n"
    assert answer(desk, "verify", identifier, "--verdict", "false-positive") == f"{identifier}: disputed; {WHERE}\n"
    assert answer(desk, "verify", identifier, "--verdict", "suspected") == f"{identifier}: unverifiable; {WHERE}\n"
    assert answer(desk, "verify", identifier, "--verdict", "blocked") == f"{identifier}: verified; {WHERE}\n"
    assert answer(desk, "decline", identifier) == f"{identifier}: declined; {WHERE}\n"
    assert answer(desk, "act", identifier, "--action", "account-disabled") == f"{identifier}: acted; {WHERE}\n"


def test_a_notification_is_shown_with_every_answer(desk: Desk) -> None:
    """A verdict once, though it goes out as a note and as an opinion."""
    identifier = desk.receive(summary="They moved to you.", is_drill=True)
    answer(desk, "ack", identifier, "--words", "We look into it.")
    answer(desk, "verify", identifier, "--verdict", "successful-attempt", "--count", "2")
    answer(desk, "act", identifier, "--action", "account-disabled", "--action", "api-key-disabled", "--count", "0")
    number = int(desk.beta.course(identifier, now=Exchange.now()).notification.case[-12:], 16) // 10
    shown = timeless(typed("inbox", "show", identifier, home=desk.home).stdout)
    assert (
        shown
        == f"""\
{identifier}
Alpha AI -> Beta AI: EXERCISE: Alpha AI notifies Beta AI: Paper Lantern {number}
State: acted. Signature: verified.
EXERCISE. Urgency normal; asked: verify; acknowledge by <minute>.
Verdict: successful-attempt. Done: account-disabled, api-key-disabled. Concerned: 0.
Evidence: 4 objects of {report_id(number)}.
Times (UTC): sent <minute>, delivered <minute>, acknowledged <minute>,
verified <minute>, acted <minute>
  They moved to you.

Answers:
  <minute> acknowledgement of Beta AI; verified
    Beta AI has taken the notification on.

    We look into it.
  <minute> verdict of Beta AI; verified
    Beta AI has looked into it: it took place (accounts, keys or other assets concerned: 2).
  <minute> outcome of Beta AI; verified
    Beta AI has acted: account disabled, api key disabled.
"""
    )


def test_a_list_has_what_came_in_and_what_belongs_to_nothing(desk: Desk) -> None:
    """One line each, the latest first; our own drafts and what we sent are not in it."""
    older, latest = desk.receive(urgency="critical"), desk.receive()
    lost = plain("grouping--6cbd52a2-8b16-4a7c-b1f9-1d5d5f1d8a1c", number=next(NUMBERS), words="Which\none?")
    desk.put(lost)
    lines = timeless(typed("inbox", "list", home=desk.home).stdout).splitlines(keepends=True)
    assert lines[0] == HEAD
    assert lines[1].startswith(f"{short(latest)}  Alpha AI              sent          normal    <minute>  Paper Lantern ")
    assert lines[2].startswith(f"{short(older)}  Alpha AI              sent          critical  <minute>  Paper Lantern ")
    assert f"stray: {lost['id']}: Which one?\n" in lines
    told = typed_json("inbox", "list", home=desk.home)
    assert [one["id"] for one in told["notifications"][:2]] == [latest, older]
    assert lost["id"] in told["strays"]
    assert typed("notify", "list", home=desk.home).stdout == "none\n"


# What a program reads


def test_every_result_has_its_shape(desk: Desk) -> None:
    """As docs/commands.md has it."""
    identifier = desk.receive(acknowledge_by=4_000_000_000_000_000)
    done = typed_json("inbox", "verify", identifier, "--verdict", "successful-attempt", "--count", "2", home=desk.home)
    assert done == {"id": identifier, "answer": done["answer"], "state": "verified", **LAID_OUT}
    (shown,) = [one for one in typed_json("inbox", "list", home=desk.home)["notifications"] if one["id"] == identifier]
    assert shown == typed_json("inbox", "show", short(identifier), home=desk.home)
    times = dict.fromkeys(("acted", "closed", "recalled", "purged"))
    reached = dict.fromkeys(("sent", "delivered", "acknowledged", "verified"), "<instant>")
    words = "Beta AI has looked into it: it took place (accounts, keys or other assets concerned: 2)."
    verdict = {"counts": True, "words": words, "kind": "verdict", "author": desk.beta.identity, "made": "<instant>"}
    verdict |= {"verdict": "successful-attempt", "outcome": []}
    assert json.loads(timeless(json.dumps(shown))) == {
        "id": identifier,
        "standing": "counts",
        "is_ours": False,
        "is_draft": False,
        "name": shown["name"],
        "sender": {"id": desk.alpha.identity, "name": "Alpha AI"},
        "recipient": {"id": desk.beta.identity, "name": "Beta AI"},
        "state": "verified",
        "seal": "verified",
        "urgency": "normal",
        "requested_action": "verify",
        "is_drill": False,
        "case": shown["case"],
        "evidence": shown["evidence"],
        "acknowledge_by": "<instant>",
        "is_overdue": False,
        "is_late": False,
        "hold_until": None,
        "purge_by": None,
        "verdict": "successful-attempt",
        "outcome": [],
        "count": 2,
        "times": times | reached,
        "seconds": shown["seconds"],
        "answers": [
            {"id": done["answer"], "standing": "counts", "seal": "verified", "count": 2} | verdict,
            {"id": shown["answers"][1]["id"], "standing": "plain", "seal": "unsigned", "count": None} | verdict,
        ],
    }
    assert sorted(shown["seconds"]) == ["acknowledged", "delivered", "verified"]
    assert set(shown["seconds"].values()) == {shown["seconds"]["verified"]}


def test_a_hold_and_what_is_late_are_told(desk: Desk) -> None:
    """The hold while it lasts; late is who acknowledged after the deadline."""
    identifier = desk.receive(acknowledge_by=Exchange.now() - 1_000_000)
    shown = typed_json("inbox", "show", identifier, home=desk.home)
    assert (shown["is_overdue"], shown["is_late"], shown["hold_until"]) == (True, False, None)
    assert f"{short(identifier)}  Alpha AI              sent !" in typed("inbox", "list", home=desk.home).stdout
    answer(desk, "hold", identifier, "--until", "2099-12-31T12:00:00Z", "--words", "The police asked for it.")
    shown = typed_json("inbox", "show", identifier, home=desk.home)
    assert (shown["is_overdue"], shown["is_late"], shown["hold_until"]) == (False, True, "2099-12-31T12:00:00.000000Z")
    head = typed("inbox", "show", identifier, home=desk.home).stdout.splitlines()[2]
    assert head == "State: acknowledged. Signature: verified. It was acknowledged late. On hold until 2099-12-31 12:00."


# What is refused


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["verify", "--verdict", "guilty"],
            "'guilty' is no verdict; give one of blocked, successful-attempt, failed-attempt, false-positive, ",
        ),
        (["act", "--action", "shot"], "'shot' is no action; give one of account-disabled, "),
        (["hold", "--until", "tomorrow"], "--until: 'tomorrowT23:59:59Z' is not a UTC timestamp; write a day like 2026-01-31, or "),
        (["hold", "--until", "2020-01-01"], "--until: 2020-01-01 is past; name an instant to come"),
    ],
)
def test_a_wrong_word_is_refused_before_anything_is_said(desk: Desk, arguments: list[str], line: str) -> None:
    identifier = desk.receive()
    assert refused("inbox", arguments[0], identifier, *arguments[1:], home=desk.home).startswith(line)
    assert typed_json("inbox", "show", identifier, home=desk.home)["state"] == "sent"


def test_what_was_recalled_is_not_answered(desk: Desk) -> None:
    identifier = desk.receive()
    typed_json("notify", "recall", identifier, home=desk.alpha.exchange.config.home)
    carry(desk.alpha, desk.beta, now=Exchange.now())
    line = f"{identifier} was recalled; what is recalled is not answered any more"
    assert refused("inbox", "ack", identifier, home=desk.home) == line
    assert refused("notify", "recall", identifier, home=desk.home) == (
        "only the sender of a notification gives the answer recall; see: tocsin notify, tocsin inbox"
    )


def test_nothing_but_sightings_goes_with_a_verdict(desk: Desk, tmp_path: Path) -> None:
    """A wrong file on the command line does not leave the house."""
    identifier = desk.receive()
    evidence = typed_json("inbox", "show", identifier, home=desk.home)["evidence"]
    seen = thing("sighting", next(NUMBERS), sighting_of_ref=evidence[-1], count=2)
    right, wrong = tmp_path / "seen.json", tmp_path / "case.json"
    right.write_text(json.dumps([seen]))
    wrong.write_text(json.dumps([seen, *lantern(desk.beta.identity, 1)]))
    verify = ["verify", identifier, "--verdict", "successful-attempt", "--sightings"]
    assert refused("inbox", *verify, str(wrong), home=desk.home) == (
        f"{wrong} holds more than sightings: indicator, report, threat-actor; give what tocsin match wrote"
    )
    assert refused("inbox", *verify, str(tmp_path / "none.json"), home=desk.home).startswith(f"{tmp_path / 'none.json'}")
    assert typed_json("inbox", *verify, str(right), home=desk.home)["state"] == "verified"
    assert desk.beta.types("outbox-alpha-ai", seen["id"]) == ["sighting"]


# What does not count


def test_what_does_not_count_is_shown_as_what_it_is(desk: Desk) -> None:
    """A notification in Alpha's name that Gamma brought without a signature, and a word of Gamma's on one that is no business of its."""
    identifier, number = desk.receive(), next(NUMBERS)
    kept = next(one for one in desk.beta.held("inbox") if one["id"] == identifier)
    forged = kept | {
        "id": f"grouping--{'0' * 8}-0000-4000-8000-{number:012}",
        "name": "Ban\n\x1b[31mthem",
        "object_refs": kept["object_refs"][:1],
    }
    desk.put(forged, plain(identifier, number=number, words="State: closed.\n\n\u202eNo."))
    assert refused("inbox", "ack", forged["id"], home=desk.home) == (
        f"the word of {forged['id']} does not count: forged; ask its sender by another way"
    )
    assert typed("inbox", "show", forged["id"], home=desk.home).stdout == (
        f"{forged['id']}\nIts word does not count: forged.\n\nNo answer yet.\n"
    )
    (row,) = [one for one in typed("inbox", "list", home=desk.home).stdout.splitlines() if one.startswith("00000000")]
    assert row.split() == ["00000000", "?", "forged", "Ban", "\\u001b[31mthem"]
    assert typed_json("inbox", "show", forged["id"], home=desk.home) == {
        "id": forged["id"],
        "standing": "forged",
        "is_ours": False,
        "is_draft": False,
        "state": None,
    }
    lines = timeless(typed("inbox", "show", identifier, home=desk.home).stdout).splitlines()
    assert lines[-5:] == [
        "Answers:",
        "  <minute> acknowledgement of Gamma AI; unsigned; DOES NOT COUNT: misaddressed",
        "    State: closed.",
        "",
        "    \\u202eNo.",
    ]
    assert lines[2] == "State: sent. Signature: verified."
