"""`tocsin notify`: whole outputs, what is refused and with which words, and texts from outside that a terminal must not obey."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.hostile import Answer, HostilePeer, status
from tests.support.command import refused, typed, typed_json
from tests.support.office import NUMBERS, Office, lantern, report_id
from tocsin.services.notification import Plan
from tocsin.wiring import Exchange

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,6})?Z")
MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
HEAD = "ID        WITH                  STATE         URGENCY   ACKNOWLEDGE (UTC) ABOUT\n"


@pytest.fixture(scope="module")
def alpha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A provider that knows Beta, and Nobody AI, of which no member may read anything."""
    folder = tmp_path_factory.mktemp("cli")
    made, beta = Office.open("alpha", folder / "alpha"), Office("beta", None)  # type: ignore[arg-type]
    made.take_in(beta)
    made.exchange.organisations.add("Nobody AI", domain="nobody.example", identity=None, now=Exchange.now())
    yield made
    made.close()


@pytest.fixture
def home(alpha: Office) -> Path:
    return alpha.exchange.config.home


def case(alpha: Office) -> int:
    """The number of a new case that Alpha holds; its report is `report_id`."""
    number = next(NUMBERS)
    alpha.post("submissions", *lantern(alpha.identity, number))
    return number


def drafted(home: Path, number: int, *more: str) -> str:
    return str(typed_json("notify", "draft", "--to", "Beta AI", "--case", report_id(number), *more, home=home)["id"])


def short(identifier: str) -> str:
    return identifier.removeprefix("grouping--")[:8]


def timeless(text: str) -> str:
    """Instants differ from run to run."""
    return MINUTE.sub("<minute>", INSTANT.sub("<instant>", text))


def long_ago(alpha: Office, number: int, *, hours: int) -> str:
    """Sent so long ago, with little urgency."""
    plan = Plan(organisation="Beta AI", case=report_id(number), urgency="low")
    return alpha.send(plan, now=Exchange.now() - hours * 3_600_000_000).id


# What a person reads


def test_a_draft_is_shown_with_the_next_step(home: Path, alpha: Office) -> None:
    number = case(alpha)
    done = typed("notify", "draft", "--to", "Beta AI", "--case", report_id(number), home=home)
    identifier = done.stdout.splitlines()[0]
    assert done.stdout == (
        f"{identifier}\nAlpha AI notifies Beta AI: Paper Lantern {number}\nSend it with: tocsin notify send {short(identifier)}\n"
    )
    assert typed("notify", "send", short(identifier), home=home).stdout == (
        f"{identifier}: 6 objects; it lies in outbox-beta-ai, where Beta AI can read it\n"
    )


def test_a_list_is_a_table(tmp_path: Path) -> None:
    """Drafts and what was sent, the latest first; what is overdue is marked; a drill is called one."""
    alpha = Office.open("alpha", tmp_path / "alpha")
    alpha.take_in(Office("beta", None))  # type: ignore[arg-type]
    home = alpha.exchange.config.home
    assert [typed("notify", name, home=home).stdout for name in ("list", "overdue")] == ["none\n", "none\n"]
    numbers = [case(alpha) for _ in range(3)]
    first = drafted(home, numbers[0], "--urgency", "critical")
    second = drafted(home, numbers[1], "--drill", "--by", "2099-12-31")
    typed_json("notify", "send", second, home=home)
    third = long_ago(alpha, numbers[2], hours=24 * 8)
    overdue = f"{short(third)}  Beta AI               sent !        low       <minute>  Paper Lantern {numbers[2]}\n"
    assert timeless(typed("notify", "list", home=home).stdout) == (
        f"{HEAD}"
        f"{short(second)}  Beta AI               sent          normal    <minute>  EXERCISE: Paper Lantern {numbers[1]}\n"
        f"{short(first)}  Beta AI               drafted       critical                    Paper Lantern {numbers[0]}\n"
        f"{overdue}"
    )
    assert timeless(typed("notify", "overdue", home=home).stdout) == f"{HEAD}{overdue}"
    assert [one["id"] for one in typed_json("notify", "overdue", home=home)] == [third]
    assert [one["state"] for one in typed_json("notify", "list", home=home)] == ["sent", "drafted", "sent"]
    alpha.close()


def test_a_notification_is_shown_whole(home: Path, alpha: Office) -> None:
    """As a draft, and when it was sent."""
    number = case(alpha)
    identifier = drafted(home, number, "--summary", "They moved to you.\n\nThree accounts.", "--urgency", "high", "--ask", "inform")
    said = f"Evidence: 4 objects of {report_id(number)}.\n{{}}  They moved to you.\n\n  Three accounts.\n\nNo answer yet.\n"
    head = f"{identifier}\nAlpha AI -> Beta AI: Alpha AI notifies Beta AI: Paper Lantern {number}\n"
    assert typed("notify", "show", identifier, home=home).stdout == (
        f"{head}State: drafted. Signature: unsigned.\nUrgency high; asked: inform.\n{said.format('')}"
    )
    typed_json("notify", "send", identifier, home=home)
    assert timeless(typed("notify", "show", short(identifier), home=home).stdout) == (
        f"{head}State: sent. Signature: verified.\nUrgency high; asked: inform; acknowledge by <minute>.\n"
        f"{said.format('Times (UTC): sent <minute>' + chr(10))}"
    )


def test_a_recall_tells_until_when_copies_should_go(home: Path, alpha: Office) -> None:
    """As long as the recipient has not said that they are gone; then `overdue` lists it."""
    identifier = drafted(home, case(alpha))
    typed_json("notify", "send", identifier, home=home)
    done = typed("notify", "recall", short(identifier), "--reason", "wrong actor", "--by", "2099-12-31", home=home)
    assert done.stdout == f"{identifier} is recalled; it lies in outbox-beta-ai, where Beta AI can read it\n"
    lines = timeless(typed("notify", "show", identifier, home=home).stdout).splitlines()
    assert lines[2] == "State: recalled. Signature: verified. Copies are to be deleted by <minute>."
    assert lines[-5:] == [
        "  <minute> recall of Alpha AI; verified",
        "    Alpha AI takes the notification back; please delete your copies of it and of its evidence by",
        "    <minute> UTC, and say so in a note.",
        "",
        "    wrong actor",
    ]
    assert short(identifier) not in typed("notify", "overdue", home=home).stdout


def test_a_draft_that_is_recalled_is_deleted(home: Path, alpha: Office) -> None:
    """Nobody ever hears of it."""
    identifier = drafted(home, case(alpha))
    assert typed("notify", "recall", identifier, home=home).stdout == f"{identifier} is deleted; it was never sent\n"
    assert refused("notify", "show", identifier, home=home) == (
        f"there is no notification '{identifier}'; list them with: tocsin notify list, tocsin inbox list"
    )
    assert identifier not in str(alpha.held("outbox-beta-ai"))


# What a program reads


def test_every_result_has_its_shape(home: Path, alpha: Office) -> None:
    """As docs/commands.md has it."""
    number = case(alpha)
    made = typed_json("notify", "draft", "--to", "Beta AI", "--case", report_id(number), "--drill", home=home)
    evidence = [one["id"] for one in lantern(alpha.identity, number)]
    name = f"EXERCISE: Alpha AI notifies Beta AI: Paper Lantern {number}"
    assert made == {"id": made["id"], "name": name, "evidence": evidence}
    where = {"delivered": None, "message": "it lies in outbox-beta-ai, where Beta AI can read it"}
    sent = typed_json("notify", "send", made["id"], home=home)
    assert sent == {"id": made["id"], "objects": 6, "outbox": "outbox-beta-ai", **where}
    shown = typed_json("notify", "show", made["id"], home=home)
    assert json.loads(timeless(json.dumps(shown))) == {
        "id": made["id"],
        "standing": "counts",
        "is_ours": True,
        "is_draft": False,
        "name": name,
        "sender": {"id": alpha.identity, "name": "Alpha AI"},
        "recipient": {"id": shown["recipient"]["id"], "name": "Beta AI"},
        "state": "sent",
        "seal": "verified",
        "urgency": "normal",
        "requested_action": "verify",
        "is_drill": True,
        "case": report_id(number),
        "evidence": evidence,
        "acknowledge_by": "<instant>",
        "is_overdue": False,
        "is_late": False,
        "hold_until": None,
        "purge_by": None,
        "verdict": None,
        "outcome": [],
        "count": None,
        "times": dict.fromkeys(("delivered", "acknowledged", "verified", "acted", "closed", "recalled", "purged")) | {"sent": "<instant>"},
        "seconds": {},
        "answers": [],
        "obstacles": [],
    }
    assert typed_json("notify", "recall", made["id"], home=home) == {"id": made["id"], **where}


# How it is named, and what is refused


def test_a_case_is_named_by_its_report_or_by_its_bundle(home: Path, alpha: Office, tmp_path: Path) -> None:
    """What `tocsin case compile` writes; a file that holds no report, or two, says not which."""
    number = case(alpha)
    files = {name: tmp_path / f"{name}.json" for name in ("one", "none", "two")}
    one, other = (lantern(alpha.identity, number) for number in (number, next(NUMBERS)))
    for name, objects in (("one", one), ("none", one[1:]), ("two", [*one, *other])):
        files[name].write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}))
    by_file = typed_json("notify", "draft", "--to", "Beta AI", "--case", str(files["one"]), home=home)
    assert by_file["id"] == drafted(home, number)
    lines = [refused("notify", "draft", "--to", "Beta AI", "--case", str(files[name]), home=home) for name in ("none", "two")]
    hint = "give the bundle of one case, or the id of a report"
    assert lines == [f"{files['none']} holds 0 reports; {hint}", f"{files['two']} holds 2 reports; {hint}"]


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["--to", "Beta AI"], 2, "it is not clear what the evidence is; give --case, or --evidence once or more"),
        (
            ["--to", "Beta AI", "--case", "x", "--evidence", "y"],
            2,
            "it is not clear what the evidence is; give --case, or --evidence once or more",
        ),
        (["--to", "Omega AI", "--evidence", "indicator--1"], 2, "'Omega AI' takes no part here; see: tocsin organisation list"),
        (["--to", "Beta AI", "--evidence", "indicator--1"], 2, "evidence is not held here: indicator--1; submit it first"),
        (
            ["--to", "Alpha AI", "--evidence", "indicator--1"],
            2,
            "the notification is addressed to ourselves; name the provider whose services are concerned",
        ),
        (
            ["--to", "Beta AI", "--case", "report--1"],
            2,
            "there is no report report--1 here; submit the case first: tocsin case submit",
        ),
        (
            ["--to", "Beta AI", "--evidence", "indicator--1", "--by", "soon"],
            2,
            "--by: 'soonT23:59:59Z' is not a UTC timestamp; write a day like 2026-01-31, or 2026-01-31T09:30:00Z",
        ),
        (
            ["--to", "Beta AI", "--evidence", "indicator--1", "--by", "2020-01-01"],
            2,
            "--by: 2020-01-01 is past; name an instant to come",
        ),
    ],
)
def test_a_draft_that_cannot_be_is_refused_with_the_reason(home: Path, alpha: Office, arguments: list[str], code: int, line: str) -> None:
    before = alpha.held("drafts")
    assert refused("notify", "draft", *arguments, home=home, code=code) == line
    assert alpha.held("drafts") == before


@pytest.mark.parametrize(
    ("option", "word", "line"),
    [
        ("--urgency", "soon", "there is no urgency 'soon'; urgencies: low, normal, high, critical"),
        ("--ask", "obey", "'obey' cannot be asked; ask one of inform, verify, consider-action"),
    ],
)
def test_a_word_that_there_is_not_is_refused(home: Path, alpha: Office, option: str, word: str, line: str) -> None:
    """There is none that orders anything."""
    assert refused("notify", "draft", "--to", "Beta AI", "--case", report_id(case(alpha)), option, word, home=home) == line


def test_a_summary_that_is_too_long_is_refused(home: Path, alpha: Office) -> None:
    """With the place in the object, as a peer would."""
    number = case(alpha)
    line = refused("notify", "draft", "--to", "Beta AI", "--case", report_id(number), "--summary", "x" * 20_001, home=home)
    assert line.startswith("drafts refuses grouping--")
    assert line.endswith("; correct it, and try again")


def test_what_is_above_the_recipients_clearance_ends_with_3(home: Path, alpha: Office) -> None:
    """Nobody AI has no member."""
    line = refused("notify", "draft", "--to", "Nobody AI", "--case", report_id(case(alpha)), home=home, code=3)
    assert line.startswith("Nobody AI is cleared for TLP:CLEAR, which is exceeded by report--")


def test_what_was_sent_is_not_sent_again(home: Path, alpha: Office) -> None:
    number = case(alpha)
    identifier = drafted(home, number)
    typed_json("notify", "send", identifier, home=home)
    assert refused("notify", "send", short(identifier), home=home) == f"{identifier} was sent already; see it with: tocsin notify show"
    again = refused("notify", "draft", "--to", "Beta AI", "--case", report_id(number), home=home)
    assert again == f"Beta AI was notified of this already: {identifier}; see it with: tocsin notify show"
    typed_json("notify", "recall", identifier, home=home)
    assert refused("notify", "recall", identifier, home=home) == f"{identifier} was recalled; what is recalled is not answered any more"


@pytest.mark.parametrize("command", ["send", "show", "recall"])
def test_a_name_that_says_not_which_is_refused(home: Path, command: str) -> None:
    assert refused("notify", command, "abc", home=home) == "'abc' is too short; give 4 characters of the id or more"
    assert refused("notify", command, "\x1b[2Jabcd", home=home).startswith("there is no notification '\\x1b[2Jabcd'; ")


def test_the_answers_of_a_recipient_are_not_ours_to_give(home: Path, alpha: Office) -> None:
    identifier = drafted(home, case(alpha))
    typed_json("notify", "send", identifier, home=home)
    assert refused("inbox", "ack", identifier, home=home) == (
        "only the recipient of a notification gives the answer acknowledgement; see: tocsin notify, tocsin inbox"
    )


# Delivery


@pytest.fixture
def theirs(home: Path) -> Iterator[HostilePeer]:
    """Beta's server, into which the outbox is pushed."""
    with HostilePeer() as peer:
        route = ["--push=outbox-beta-ai=indicators", "--clearance", "amber"]
        typed_json("peer", "add", "beta", "--url", peer.url, "--organisation", "Beta AI", *route, home=home)
        yield peer
    typed_json("peer", "remove", "beta", home=home)


def test_what_is_sent_is_delivered_at_once(home: Path, alpha: Office, theirs: HostilePeer) -> None:
    """The notification comes after its evidence."""
    identifier = drafted(home, case(alpha))
    assert typed("notify", "send", identifier, home=home).stdout == f"{identifier}: 6 objects; delivered to Beta AI\n"
    posted = [one for each in theirs.asked(theirs.objects, "POST") for one in json.loads(each.body)["objects"]]
    assert posted[-1]["id"] == identifier
    recalled = typed_json("notify", "recall", identifier, home=home)
    assert recalled == {"id": identifier, "delivered": True, "message": "delivered to Beta AI"}


def test_a_recipient_that_is_away_is_told_with_the_reason(home: Path, alpha: Office, theirs: HostilePeer) -> None:
    """Exit code 1: the rest is done; `show` tells what stands in the way, until it has arrived."""
    theirs.routes[f"POST {theirs.objects}"] = Answer(status=500, body={"title": "Out of order"})
    identifier = drafted(home, case(alpha))
    done = typed("notify", "send", identifier, home=home)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{identifier}: 6 objects; not delivered to Beta AI yet: ")
    assert done.stdout.endswith("; it is tried again by tocsin sync --watch\n")
    obstacles = typed_json("notify", "show", identifier, home=home)["obstacles"]
    assert [timeless(one) for one in obstacles] == ["the peer beta has failed 1 time in a row; it is left alone until <instant>"]
    assert timeless(typed("notify", "show", identifier, home=home).stdout).endswith(
        "\nNot delivered: the peer beta has failed 1 time in a row; it is left alone until <instant>.\n"
    )
    typed_json("peer", "disable", "beta", home=home)
    assert typed_json("notify", "show", identifier, home=home)["obstacles"] == ["the peer beta is disabled"]


def test_what_the_recipient_refuses_is_named(home: Path, alpha: Office, theirs: HostilePeer) -> None:
    """For good: nothing tries it again."""
    number = case(alpha)
    refusing = lantern(alpha.identity, number)[-1]

    def answer(seen: Any) -> Answer:
        objects = json.loads(seen.body)["objects"]
        wrong = [{"id": one["id"], "version": one["modified"], "message": "no such name"} for one in objects if one["id"] == refusing["id"]]
        right = [{"id": one["id"], "version": one["modified"]} for one in objects if one["id"] != refusing["id"]]
        return status(objects, successes=right, success_count=len(right), failures=wrong, failure_count=len(wrong))

    theirs.routes[f"POST {theirs.objects}"] = answer
    identifier = drafted(home, number)
    done = typed("notify", "send", identifier, home=home)
    assert (done.returncode, done.stdout) == (1, f"{identifier}: 6 objects; Beta AI refuses {refusing['id']}: no such name\n")
    assert typed_json("notify", "show", identifier, home=home)["obstacles"] == [f"the peer beta refuses {refusing['id']}: no such name"]


def test_an_outbox_that_nobody_may_read_is_told(home: Path, alpha: Office) -> None:
    """What is GREEN may go to who is cleared for GREEN, but an outbox is read with AMBER."""
    number = next(NUMBERS)
    alpha.exchange.organisations.add(f"Green {number}", domain=f"green{number}.example", identity=None, now=Exchange.now())
    alpha.join(f"green{number}", organisation=f"Green {number}", clearance=alpha.collection("indicators").max_tlp)
    alpha.post("indicators", *lantern(alpha.identity, number, level=alpha.collection("indicators").max_tlp))
    made = typed_json("notify", "draft", "--to", f"Green {number}", "--case", report_id(number), home=home)
    done = typed("notify", "send", made["id"], home=home)
    place = f"it lies in outbox-green-{number}, where nobody at Green {number} may read it, and no route leads to them"
    assert (done.returncode, done.stdout) == (1, f"{made['id']}: 6 objects; {place}\n")


# Texts from outside


def test_a_name_cannot_write_a_line_or_hide_one(home: Path, alpha: Office) -> None:
    """Control characters, line breaks and what turns the writing round, in the name of a case and in a summary."""
    number = next(NUMBERS)
    report, *rest = lantern(alpha.identity, number)
    alpha.post("submissions", report | {"name": "Lantern\r\nState: closed.\x1b[2J\u202eevil\u2028x"}, *rest)
    identifier = drafted(home, number, "--summary", "First.\n\nState: closed.\x1b]0;x\x07\u202e")
    shown = typed("notify", "show", identifier, home=home).stdout.splitlines()
    assert shown[1] == "Alpha AI -> Beta AI: Alpha AI notifies Beta AI: Lantern State: closed.\\u001b[2J\\u202eevil x"
    assert shown[-3:] == ["  State: closed.\\u001b]0;x\\u0007\\u202e", "", "No answer yet."]
    assert [one for one in shown if one.startswith("State: ")] == ["State: drafted. Signature: unsigned."]
    (row,) = [one for one in typed("notify", "list", home=home).stdout.splitlines() if one.startswith(short(identifier))]
    assert row.endswith("  Lantern State: closed.\\u001b[2J\\u202eevil x")
    raw = typed("notify", "show", identifier, "--json", home=home).stdout
    assert json.loads(raw)["name"].endswith("Lantern\r\nState: closed.\x1b[2J\u202eevil\u2028x")


def test_a_text_without_end_is_cut(home: Path, alpha: Office) -> None:
    """For people; --json has it whole."""
    number = next(NUMBERS)
    report, *rest = lantern(alpha.identity, number)
    alpha.post("submissions", report | {"name": "x" * 100_000}, *rest)
    identifier = drafted(home, number, "--summary", "word " * 3_999)
    shown = typed("notify", "show", identifier, home=home).stdout
    assert len(shown) < 6_000
    assert max(map(len, shown.splitlines())) <= 200
    assert len(typed_json("notify", "show", identifier, home=home)["name"]) > 100_000
