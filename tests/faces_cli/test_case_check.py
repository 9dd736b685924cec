"""`tocsin case check`: what is wrong in a case file, line by line: where, what, and what to write instead."""

import json
from pathlib import Path

import pytest

from tests.support.case import SMALL, WHOLE
from tests.support.command import typed, typed_json

REAL = """\
case: lantern
title: Lures
author: ai.provider.net
reported: 2026-11-20
tlp: clear
summary: What happened.
sources:
  - {source: A paper, url: "https://ai.provider.net/paper"}
actors:
  - {actor: forest-blizzard}
indicators:
  - ip: 1.2.3.4
"""
KEY = "sk-ant-api03-Zx8Qw3Er5Ty7Ui9Op1As2Df4"

# What stands in the cases, and is replaced.
IP = "ip: 192.0.2.45"
NAMED = "actor: paper-lantern\n    name: EXAMPLE Paper Lantern"
TECHNIQUE = "technique: llm-aided-development"
REPORTED = "reported: 2026-11-20"
SEEN = "seen: Had a mailer written."
SUMMARY = "summary: What happened."
ACCOUNTS = "accounts: 12"
EXAMPLE = "example: true"
ANY = "ip: 1.2.3.4"

# What to write instead.
ONE = "give one of domain, ip, url, email, hash, account, rule, pattern"
HURTS = "blocking it would hurt; leave it out, or say more (a URL)"
WHEN = "write when it was published or else reported: a day like 2026-11-20, or an instant in UTC"
NAME_IT = "give the name itself; it leaves this machine as a keyed hash only"
EXAMPLES = "examples use example.org, 192.0.2.0/24 or 2001:db8::/32"
REAL_ONE = "give the real value, or write example: true"
TAKE_IT_OUT = "take it out, and have it revoked where it was issued: say only what kind of secret it was"
WITHOUT = "everybody reads this text: say who it was without a name, and give an actor's own address as an indicator or a hashed account"
KEYED = "give it as an account: it leaves as a keyed hash only"
PHONE = "write + (or 00), the code of the country and the number: 8 to 15 digits in all"
SYNTAX = "write it like [ipv4-addr:value = '198.51.100.7']"

WRONG = [
    (
        TECHNIQUE,
        "technique: llm-aided-developments",
        "12: actors[0].uses[0].technique",
        "no technique is called 'llm-aided-developments'",
        "did you mean llm-aided-development or llm-advised-resource-development?",
    ),
    (
        TECHNIQUE,
        "technique: T1566",
        "12: actors[0].uses[0].technique",
        "no technique is called 'T1566'",
        "describe the technique in this file, or write name@domain",
    ),
    (
        TECHNIQUE,
        "technique: LLM-aided development",
        "12: actors[0].uses[0].technique",
        "no technique is called 'LLM-aided development'",
        "did you mean llm-aided-development?",
    ),
    (NAMED, "actor: STRONTIUM", "9: actors[0].actor", "no actor is called 'STRONTIUM'", "did you mean forest-blizzard?"),
    (
        NAMED,
        "actor: paper-lantern",
        "9: actors[0].actor",
        "no actor is called 'paper-lantern'",
        "describe the actor in this file, or write name@domain",
    ),
    (
        NAMED,
        "actor: Paper Lantern\n    name: EXAMPLE Paper Lantern",
        "9: actors[0].actor",
        "'Paper Lantern' is no short name",
        "write a-z, 0-9 and single dashes, 100 at most",
    ),
    (
        NAMED,
        "actor: forest-blizzard\n    description: Known.",
        "10: actors[0].description",
        "only a case that describes the actor can say that",
        "add its name, or leave this out",
    ),
    (
        NAMED,
        "actor: lamp@other.example.org\n    name: EXAMPLE Lamp",
        "9: actors[0].actor",
        "another author's actor cannot be described here",
        "leave its name and texts out",
    ),
    (
        NAMED,
        "actor: lamp@other.example.org",
        "9: warning: actors[0].actor",
        "lamp@other.example.org is not known here, so nobody checked it",
        "make sure that it exists",
    ),
    (
        NAMED,
        "actor: attack-pattern--1428bbfe-7379-56f4-80b0-9a9211529cde",
        "9: actors[0].actor",
        "this is not the id of a threat-actor",
        "write threat-actor-- and a UUID, or a short name",
    ),
    (REPORTED, "reported: 2026-13-20", "4: reported", "'2026-13-20' has not the right form", WHEN),
    (REPORTED, "reported: 2026-11-31", "4: reported", "there is no day 2026-11-31", "look it up in the calendar"),
    (REPORTED, "reported: last week", "4: reported", "'last week' has not the right form", WHEN),
    (
        SEEN,
        SEEN + "\n        first_seen: 2026-11-18\n        last_seen: 2026-11-02",
        "15: actors[0].uses[0].last_seen",
        "last_seen is not after first_seen",
        "exchange them, or leave one out",
    ),
    (
        IP,
        IP + "\n    valid_until: 2026-11-19",
        "20: indicators[1].valid_until",
        "valid_until is not after reported",
        "exchange them, or leave one out",
    ),
    (
        IP,
        IP + "\n    domain: lure.example.org",
        "19: indicators[1]",
        "an indicator is about one thing, and this is about domain and ip",
        ONE,
    ),
    (IP, "name: nothing", "19: indicators[1]", "an indicator is about one thing, and this is about nothing", ONE),
    (
        IP,
        "account: {provider: mail.example.com, kind: email, user: 5f4dcc3b5aa765d61d8327deb882cf99}",
        "19: indicators[1].account.user",
        "this looks like a plain hash, which a list of all addresses undoes",
        NAME_IT,
    ),
    (
        IP,
        "account: {provider: mail.example.com, kind: email}",
        "19: indicators[1].account",
        "an account has either user or hashed; give user",
        "it leaves this machine as a keyed hash only",
    ),
    (
        IP,
        "account: {provider: mail.example.com, kind: phone, user: 0151 23456}",
        "19: indicators[1].account.user",
        "the phone number is not international",
        PHONE,
    ),
    (IP, "pattern: \"[user-account:account_login = 'lamp']\"", "19: indicators[1].pattern", "the pattern tells who has an account", KEYED),
    (SUMMARY, f"summary: The key was {KEY}.", "6: summary", "this holds an Anthropic key (sk-a…)", TAKE_IT_OUT),
    (SUMMARY, "summary: They wrote to jane.doe@victim-corp.com.", "6: warning: summary", "this holds an e-mail address (ja…)", WITHOUT),
    (IP, "ip: 8.8.8.8", "19: indicators[1].ip", "8.8.8.8 may belong to somebody", EXAMPLES),
    (IP, "domain: lantern-mail.net", "19: indicators[1].domain", "lantern-mail.net may belong to somebody", EXAMPLES),
    (IP, "domain: lure[.]example[.]net", "19: indicators[1]", "'lure.example.net' is the same as in line 18", "keep one"),
    (IP, IP + "/24", "19: indicators[1].ip", "'192.0.2.45/24' is no IP address or network", "write it like 198.51.100.7 or 2001:db8::/32"),
    (IP, "url: lure.example.net/x", "19: indicators[1].url", "'lure.example.net/x' is no URL", "write it with its scheme, like https://"),
    (IP, "email: nobody", "19: indicators[1].email", "'nobody' is no e-mail address", "write it like name@example.org"),
    (
        IP,
        "domain: 'https://x.example.org'",
        "19: indicators[1].domain",
        "'https://x.example.org' is no domain name",
        "write the name alone, like login.example.org",
    ),
    (
        IP,
        'pattern: "[ipv4-addr:value = 192.0.2.45]"',
        "19: indicators[1].pattern",
        "the pattern does not parse: \"line 1:24. mismatched input '.2' expecting ']'\"",
        SYNTAX,
    ),
    (
        IP,
        "hash: abc",
        "19: indicators[1].hash",
        "'abc' has not the right form",
        "write the MD5, SHA-1, SHA-256 or SHA-512 of a file, in hexadecimal",
    ),
    ("tlp: green\n", "", "1", "the key tlp is missing", "add it: amber or amber+strict or clear or green or red"),
    ("tlp: green", "tlp: grey", "5: tlp", "'grey' is not allowed", "did you mean green?"),
    ("tlp: green", "tlp:", "5: tlp", "null is not allowed", "write one of amber, amber+strict, clear, green, red"),
    ("tlp: green", "tlp: GREEN", "5: tlp", "'GREEN' is not allowed", "did you mean green?"),
    ("case: lantern", "case: 2026", "1: case", "this is text, and YAML reads it as something else", "put it into quotes"),
    (
        "case: lantern",
        "case: Paper Lantern",
        "1: case",
        "'Paper Lantern' has not the right form",
        "write a short name: a-z, 0-9 and single dashes",
    ),
    (SUMMARY, SUMMARY + "\nsummary: More.", "7", "'summary' is given twice", "keep one of them"),
    ("  - ip", "\t- ip", "19", "this is not YAML: found character '\\t' that cannot start any token", "see the example in docs/cases.md"),
    (
        EXAMPLE,
        EXAMPLE + "\nsources:\n  - source: A paper",
        "9: sources[0]",
        "a reference needs a text, a URL or an id",
        "add url, text or id",
    ),
    (EXAMPLE, "example: yes", "7: example", "'yes' is not of the right kind", "write true or false"),
    (ACCOUNTS, "accounts: twelve", "16: actors[0].actions[0].accounts", "'twelve' is not of the right kind", "write a whole number"),
    (ACCOUNTS, "accounts: -1", "16: actors[0].actions[0].accounts", "the number is too small", "write 0 or more"),
    (
        ACCOUNTS,
        ACCOUNTS + "\n      - action: account-disabled",
        "17: actors[0].actions[1]",
        "'account-disabled' is the same as in line 15",
        "say it once",
    ),
    (
        ACCOUNTS,
        "told: Everybody",
        "16: actors[0].actions[0].told",
        "'Everybody' is not of the right kind",
        "write a list: lines that begin with a dash",
    ),
    ("actors:\n", "actor:\n", "8: actor", "there is no such key", "did you mean actors?"),
    (
        "title: EXAMPLE Lures written with a model",
        "title: " + "x" * 301,
        "2: title",
        "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... is too long",
        "write 300 characters or fewer",
    ),
    (
        ACCOUNTS,
        "told: [EXAMPLE Mail, EXAMPLE Mail]",
        "16: actors[0].actions[0].told",
        "an item of the list occurs twice",
        "write each item once",
    ),
    (
        SEEN,
        SEEN + "\n      - technique: llm-aided-development@tocsin.invalid\n        seen: Again.",
        "14: actors[0].uses[1]",
        "'llm-aided-development@tocsin.invalid' is the same as in line 12",
        "say it once",
    ),
    (
        "author: ai.example.org",
        "author: Example AI",
        "3: author",
        "'Example AI' has not the right form",
        "write the domain of the organisation that speaks",
    ),
    (
        "action: account-disabled",
        "action: disabled",
        "15: actors[0].actions[0].action",
        "'disabled' is not allowed",
        "did you mean assets-disabled?",
    ),
]

HARMFUL = [
    (ANY, "ip: 8.8.8.8", "12: indicators[0].ip", "8.8.8.8 is well known: a public DNS resolver", HURTS),
    (
        ANY,
        "ip: 10.0.0.1",
        "12: indicators[0].ip",
        "10.0.0.1 is private (RFC 1918): it means another machine to every reader",
        "leave it out",
    ),
    (ANY, "ip: 0.0.0.0/0", "12: indicators[0].ip", "0.0.0.0/0 is too wide: give networks of /16 or narrower", "leave it out"),
    (ANY, "domain: google.com", "12: indicators[0].domain", "google.com is well known: a service that everybody uses", HURTS),
    (ANY, "domain: localhost", "12: indicators[0].domain", "'localhost' is no domain name", "write the name alone, like login.example.org"),
    (ANY, "domain: lure.example.org", "12: indicators[0].domain", "lure.example.org is reserved for examples", REAL_ONE),
    (
        ANY,
        "hash: d41d8cd98f00b204e9800998ecf8427e",
        "12: indicators[0].hash",
        "d41d8cd98f00b204e9800998ecf8427e is well known: the hash of an empty file",
        HURTS,
    ),
    (
        ANY,
        "pattern: \"[ipv4-addr:value = '10.0.0.1']\"",
        "12: indicators[0].pattern",
        "10.0.0.1 is private (RFC 1918): it means another machine to every reader",
        "leave it out",
    ),
    (ANY, "url: https://google.com/", "12: indicators[0].url", "https://google.com/ is well known: a service that everybody uses", HURTS),
    (
        ANY,
        "url: https://docs.google.com/forms/x",
        "12: warning: indicators[0].url",
        "https://docs.google.com/forms/x is well known: a service that everybody uses",
        HURTS,
    ),
]


def lines_of(file: Path, text: str) -> list[str]:
    """What is said of a file, each line without the file."""
    file.write_text(text, encoding="utf-8")
    *lines, _summary = typed("case", "check", str(file)).stdout.splitlines()
    assert all(line.startswith(f"{file}:") for line in lines)
    return [line.removeprefix(f"{file}:") for line in lines]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lantern.yaml"


@pytest.mark.parametrize("row", WRONG, ids=[row[1].split("\n")[-1][:40] for row in WRONG])
def test_a_mistake_is_told_with_line_place_and_mending(file: Path, row: tuple[str, ...]) -> None:
    old, new, where, what, instead = row
    assert old in SMALL
    assert lines_of(file, SMALL.replace(old, new)) == [f"{where}: {what}; {instead}"]


@pytest.mark.parametrize("row", HARMFUL, ids=[row[1] for row in HARMFUL])
def test_nobody_publishes_what_would_hurt_its_readers(file: Path, row: tuple[str, ...]) -> None:
    """Private, reserved, too wide, in daily use by everybody; alone or in a pattern."""
    old, new, where, what, instead = row
    assert lines_of(file, REAL.replace(old, new)) == [f"{where}: {what}; {instead}"]


def test_every_mistake_is_told_at_once(file: Path) -> None:
    """In the order of the lines."""
    assert lines_of(file, SMALL.replace("example: true\n", "")) == [
        f"17: indicators[0].domain: lure.example.net is reserved for examples; {REAL_ONE}",
        f"18: indicators[1].ip: 192.0.2.45 is reserved for examples; {REAL_ONE}",
    ]
    needed = "add it: a short name of this file or of the reference catalogue"
    missing, misspelled = lines_of(file, SMALL.replace("technique: llm", "tecnique: llm"))
    assert missing.startswith(f"12: actors[0].uses[0]: the key technique is missing; {needed}")
    assert misspelled == "12: actors[0].uses[0].tecnique: there is no such key; did you mean technique?"


@pytest.mark.parametrize("text", [SMALL, WHOLE, REAL])
def test_a_case_without_a_mistake_is_passed_in_silence(file: Path, text: str) -> None:
    file.write_text(text)
    done = typed("case", "check", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 files, 0 errors, 0 warnings\n", "")


def test_errors_end_with_exit_code_1_and_warnings_do_not(file: Path) -> None:
    """Both are counted."""
    warned = REAL.replace("sources", "references").replace('references:\n  - {source: A paper, url: "https://ai.provider.net/paper"}\n', "")
    file.write_text(warned)
    done = typed("case", "check", str(file))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 files, 0 errors, 1 warnings")
    file.write_text(warned.replace("1.2.3.4", "8.8.8.8"))
    done = typed("case", "check", str(file))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "1 files, 1 errors, 1 warnings")


def test_the_json_has_each_problem(file: Path) -> None:
    file.write_text(SMALL.replace("tlp: green", "tlp: grey"))
    done = typed("case", "check", str(file), "--json")
    problem = {"line": 5, "path": "tlp", "kind": "error", "message": "'grey' is not allowed", "hint": "did you mean green?"}
    assert (done.returncode, json.loads(done.stdout)) == (1, [{"file": str(file), "problems": [problem]}])


def test_files_that_refer_to_each_other_are_checked_together(tmp_path: Path) -> None:
    """Afterwards the bundle that lies beside does as well."""
    first, second = tmp_path / "lantern.yaml", tmp_path / "more.yaml"
    first.write_text(SMALL)
    second.write_text(
        SMALL.replace("case: lantern", "case: more").replace(
            "actor: paper-lantern\n    name: EXAMPLE Paper Lantern", "actor: paper-lantern@ai.example.org"
        )
    )
    alone = "9: warning: actors[0].actor: paper-lantern@ai.example.org is not known here, so nobody checked it; make sure that it exists"
    assert lines_of(second, second.read_text()) == [alone]
    assert [one["problems"] for one in typed_json("case", "check", str(first), str(second))] == [[], []]
    typed_json("case", "compile", str(first))
    assert lines_of(second, second.read_text()) == []


def test_a_copied_case_needs_a_name_of_its_own(tmp_path: Path) -> None:
    """It would give out the objects of the first one with other contents."""
    first, second = tmp_path / "lantern.yaml", tmp_path / "more.yaml"
    for one in (first, second):
        one.write_text(SMALL)
    hint = "give this one a name of its own, or move the other away"
    assert typed("case", "check", str(first), str(second)).stdout.splitlines() == [
        f"{first}:1: case: more.yaml has a case of that name and author; {hint}",
        f"{second}:1: case: lantern.yaml has a case of that name and author; {hint}",
        "2 files, 2 errors, 0 warnings",
    ]
    typed_json("case", "compile", str(first))
    assert lines_of(second, SMALL) == [f"1: case: lantern.json has a case of that name and author; {hint}"]


@pytest.mark.parametrize(
    "content",
    [
        "5",
        "{nope",
        "[]",
        "\ufeff",
        "[[1]]",
        '{"type": "threat-actor", "id": "threat-actor--1", "aliases": 5, "extensions": [1]}',
        '{"a": 1}',
    ],
)
def test_whatever_lies_beside_a_case_does_not_stop_it(file: Path, content: str) -> None:
    """A folder holds more than bundles."""
    (file.parent / "other.json").write_text(content)
    (file.parent / "folder.json").mkdir()
    (file.parent / "case.schema.json").write_text(typed("case", "schema").stdout)
    assert lines_of(file, SMALL) == []
