"""`tocsin match`: a provider checks its own telemetry and tells of what it saw, without telling of its users."""

import json
from pathlib import Path
from typing import Any

import pytest
import stix2

from tests.support.command import refused, typed, typed_json
from tests.support.objects import indicator
from tocsin.model.hashed_account import user_id
from tocsin.model.key import read_key
from tocsin.model.marking import MARKING_REF, Level

KEY = "tocsin-key-1:example:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8:9a0b8399"
GREEN = {"object_marking_refs": [MARKING_REF[Level.GREEN]]}
EXPIRED = {"valid_from": "2025-01-01T00:00:00Z", "valid_until": "2025-02-01T00:00:00Z"}
ANN = user_id("email", "ann@victim.example", key=read_key(KEY).derived("2026q3"), key_id="example.2026q3")
HELD: list[dict[str, Any]] = [
    indicator(0, name="Lure", pattern="[domain-name:value = 'evil.top']", **GREEN),
    indicator(1, name="Network", pattern="[ipv4-addr:value = '198.51.100.0/24']"),
    indicator(2, name="Expired", pattern="[domain-name:value = 'evil.top']", **EXPIRED),
    indicator(3, name="Withdrawn", pattern="[domain-name:value = 'evil.top']", revoked=True),
    indicator(4, name="Rule", pattern="title: x", pattern_type="sigma"),
    indicator(5, name="Too hard", pattern="[domain-name:value LIKE '%.top']"),
    indicator(6, name="Account", pattern=f"[user-account:account_type = 'other.example' AND user-account:user_id = '{ANN}']"),
    indicator(7, name="Prompt", pattern="rule x", pattern_type="nova"),
]
LOG = [
    {"time": "2026-05-01T10:00:00Z", "client_ip": "192.0.2.1", "host": "good.example", "user": "u-1"},
    {"time": "2026-05-01T11:00:00Z", "client_ip": "198.51.100.9", "url": "https://EVIL.top/a", "user": "u-2"},
    {"time": "2026-05-01T12:00:00+02:00", "client_ip": "192.0.2.3", "url": "https://evil.top/", "email": "Ann@Victim.example"},
]


@pytest.fixture(scope="module", autouse=True)
def held(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("held") / "objects.json"
    file.write_text(json.dumps(HELD))
    typed("key", "import", home=home, stdin=KEY.encode())
    assert typed_json("submit", str(file), "--collection", "indicators", home=home)["refused"] == 0


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Telemetry in the folder in which commands are typed."""
    monkeypatch.chdir(tmp_path)
    Path("api.jsonl").write_text("".join(json.dumps(record) + "\n" for record in LOG))
    return "api.jsonl"


def test_a_person_reads_what_was_seen_how_often_and_where(home: Path, log: str) -> None:
    done = typed("match", log, home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == f"""\
3 records, 2 with a match; 7 indicators, 4 evaluated

  records  first                 last                  indicator
        2  2026-05-01T10:00:00Z  2026-05-01T11:00:00Z  Lure
           {HELD[0]["id"]}  api.jsonl:2, api.jsonl:3
        1  2026-05-01T11:00:00Z  2026-05-01T11:00:00Z  Network
           {HELD[1]["id"]}  api.jsonl:2
        1  2026-05-01T10:00:00Z  2026-05-01T10:00:00Z  Account
           {HELD[6]["id"]}  api.jsonl:3

Not evaluated:
        1  a sigma rule
        1  a pattern that is not simple
        1  a NOVA rule, without the extra nova
"""
    )


def test_a_program_reads_the_whole_of_it(home: Path, log: str) -> None:
    result = typed_json("match", log, home=home)
    assert result["matches"].pop(0) == {
        "indicator": HELD[0]["id"],
        "name": "Lure",
        "pattern": "[domain-name:value = 'evil.top']",
        "count": 2,
        "first_seen": "2026-05-01T10:00:00.000000Z",
        "last_seen": "2026-05-01T11:00:00.000000Z",
        "at": ["api.jsonl:2", "api.jsonl:3"],
    }
    assert [one["indicator"] for one in result.pop("matches")] == [HELD[1]["id"], HELD[6]["id"]]
    assert result == {
        "records": 3,
        "matched": 2,
        "skipped": {},
        "fields": ["client_ip", "email", "host", "time", "url", "user"],
        "indicators": {
            "held": 7,
            "evaluated": 4,
            "not_evaluated": {"a sigma rule": 1, "a pattern that is not simple": 1, "a NOVA rule, without the extra nova": 1},
        },
        "sightings": None,
    }


def test_sightings_are_written_for_others_and_say_nothing_of_the_telemetry(home: Path, log: str) -> None:
    """Ready to be submitted, parsed by everybody; the same again while nothing new is seen."""
    assert typed_json("match", log, "--sightings", "seen.json", home=home)["sightings"] == "seen.json"
    bundle = stix2.parse(Path("seen.json").read_text(), allow_custom=False)
    assert [(one.sighting_of_ref, one.count) for one in bundle.objects] == [(HELD[0]["id"], 2), (HELD[1]["id"], 1), (HELD[6]["id"], 1)]
    assert [one.get("object_marking_refs") for one in bundle.objects] == [GREEN["object_marking_refs"], None, None]
    told = Path("seen.json").read_text()
    assert not any(secret in told for secret in ("u-2", "nn@", "198.51.100", "api.jsonl", "evil.top", "hmac"))
    assert typed_json("submit", "seen.json", "--collection", "sightings", home=home) | {"file": ""} == {
        **{"file": "", "collection": "sightings", "total": 3, "taken": 3, "refused": 0, "failures": []}
    }
    typed("match", log, "--sightings", "again.json", home=home)
    assert json.loads(Path("again.json").read_text())["objects"] == json.loads(told)["objects"]


def test_without_a_match_there_are_no_sightings(home: Path, log: str) -> None:
    Path(log).write_text('{"host": "good.example"}\n')
    assert typed_json("match", log, "--sightings", "seen.json", home=home)["sightings"] is None
    assert not Path("seen.json").exists()


def test_a_file_that_is_there_is_not_overwritten_with_sightings(home: Path, log: str) -> None:
    """Said before anything is read."""
    Path("seen.json").write_text("mine")
    assert refused("match", "none.jsonl", "--sightings", "seen.json", home=home) == "seen.json is there already; give another name"
    assert Path("seen.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("x.csv", "day,where\n2026-05-01,evil.top\n", ["--field", "time=day", "--field", "domain=where"]),
        ("x.TSV", "time\thost\n2026-05-01\tevil.top\n", []),
        ("x.log", "time;host\n2026-05-01;evil.top\n", ["--format", "csv"]),
        ("x.csv", '{"time": "2026-05-01", "host": "evil.top"}\n', ["--format", "json"]),
    ],
)
def test_a_file_is_read_by_its_name_or_as_it_is_said(home: Path, log: str, name: str, content: str, options: list[str]) -> None:
    Path(name).write_text(content)
    (match,) = typed_json("match", name, *options, home=home)["matches"]
    assert (match["indicator"], match["first_seen"]) == (HELD[0]["id"], "2026-05-01T00:00:00.000000Z")


def test_several_files_and_standard_input_are_one_pass(home: Path, log: str) -> None:
    """Each named once is read once; plain text is text."""
    found = typed_json("match", log, "-", log, home=home, stdin=b"GET evil.top\n")
    assert (found["records"], found["matches"][0]["at"]) == (4, ["api.jsonl:2", "api.jsonl:3", "stdin:1"])
    assert found["matches"][0]["count"] == 3


def test_a_file_of_the_name_of_standard_input_is_read_as_well(home: Path, log: str) -> None:
    """And what was passed over of both is counted."""
    Path("stdin").write_text('{"host": "evil.top"}\nnope\n')
    done = typed("match", "stdin", "-", "--format", "json", "--json", home=home, stdin=b'nope\n{"host": "evil.top"}\n')
    found = json.loads(done.stdout)
    assert (done.returncode, found["records"], found["skipped"], found["matches"][0]["at"]) == (
        1,
        2,
        {"not JSON": 2},
        ["stdin:1", "stdin:2"],
    )


def test_what_could_not_be_read_is_named_and_the_exit_code_says_so(home: Path, log: str) -> None:
    """The rest is done."""
    Path(log).write_text('nope\n{"host": "evil.top"}\n[]\n' + "nope\n" * 10)
    done = typed("match", log, "--format", "json", home=home)
    assert done.returncode == 1
    assert done.stdout.startswith("1 record, 1 with a match;")
    lines = done.stderr.splitlines()
    assert lines[:2] == ["api.jsonl:1: not JSON", "api.jsonl:3: no JSON object"]
    assert (len(lines), lines[-1]) == (11, "api.jsonl: 2 lines more passed over")


def test_a_file_of_which_no_field_is_known_is_told_of(home: Path, log: str) -> None:
    """Nothing was looked at, which is no match and no fault."""
    Path(log).write_text('{"server": "evil.top"}\n')
    done = typed("match", log, home=home)
    assert done.stderr == "api.jsonl: no field of it is known; say what they hold with --field TYPE=NAME\n"
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "1 record, 0 with a match; 7 indicators, 4 evaluated")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["none.jsonl"], "none.jsonl: No such file or directory; give files that can be read"),
        (["."], ".: Is a directory; give files that can be read"),
        (["--format", "csv", "empty.log"], "empty.log: there is no header; the first line of a CSV file names its fields"),
        (
            ["api.jsonl", "--field", "cookie=x"],
            "--field 'cookie=x' says nothing; write TYPE=NAME; types: ip, domain, url, email, hash, account, phone, prompt, time",
        ),
        (["api.jsonl", "--sightings", "none/x.json"], "there is no folder none; make it, or give another name"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(home: Path, log: str, arguments: list[str], expected: str) -> None:
    Path("empty.log").write_text("\n")
    assert refused("match", *arguments, home=home) == expected


def test_names_from_outside_are_shown_and_not_obeyed(fresh: Path, log: str) -> None:
    """A name that is a command to a terminal, and one that has no end."""
    bodies = [
        indicator(number, name=name, pattern="[domain-name:value = 'evil.top']") for number, name in enumerate(["\x1b[2J\nx", "y" * 10_000])
    ]
    Path("held.json").write_text(json.dumps(bodies))
    typed("submit", "held.json", "--collection", "indicators", home=fresh)
    shown = typed("match", log, home=fresh).stdout
    assert max(map(len, shown.splitlines())) < 200
    assert typed_json("match", log, home=fresh)["matches"][0]["name"] in ("\x1b[2J\nx", "y" * 10_000)
