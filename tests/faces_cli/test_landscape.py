"""`tocsin landscape`: the table that a person reads, and the whole of it as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.abuse import actor, extended, link, report, technique
from tests.support.command import refused, typed, typed_json
from tocsin.model.identifier import CATALOGUE, object_id

HERON, NEWT = actor(1, "Copper Heron"), actor(2, "Newt")
LURES, SCRIPTS, SWARM = technique(1, "LLM-written lures", novelty="known"), technique(2, "Scripts"), technique(3, "Swarm")
FIRST = link(1, "uses", (HERON, LURES))
SECOND = link(2, "uses", (NEWT, LURES), start_time="2025-08-01T00:00:00Z", extensions=extended("llm-technique", novelty="unprecedented"))
THIRD = link(3, "uses", (NEWT, SCRIPTS), start_time="2024-03-01T00:00:00Z", stop_time="2024-09-01T00:00:00Z")
REPORTS = [report(1, "A report", "2024-02-14T00:00:00Z", FIRST), report(2, "Another", "2025-09-01T00:00:00Z", SECOND)]
STORY: list[dict[str, Any]] = [HERON, NEWT, LURES, SCRIPTS, SWARM, FIRST, SECOND, THIRD, *REPORTS]


@pytest.fixture(scope="module", autouse=True)
def story(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("story") / "objects.json"
    file.write_text(json.dumps(STORY))
    assert typed_json("submit", str(file), "--collection", "actors", home=home)["refused"] == 0
    typed_json("member", "add", "bot", "--role", "peer", "--organisation", "Acme AI", "--clearance", "clear", home=home)


def test_a_person_reads_a_table_by_technique(home: Path) -> None:
    assert (
        typed("landscape", home=home).stdout
        == """\
3 uses of 2 techniques by 2 actors

technique                                        uses  first       last        novelty
LLM-written lures                                   2  2024-02-14  2025-08-01  unprecedented
    2024H1 1, 2025H2 1; 2 actors: Copper Heron, Newt
Scripts                                             1  2024-03-01  2024-09-01  not said
    2024H1 1; 1 actor: Newt

1 use called unprecedented:
  2025-08-01  LLM-written lures, by Newt, in Another
Known, and not seen of anybody: Swarm
"""
    )


def test_a_person_reads_a_table_by_actor(home: Path) -> None:
    """Of a span, if asked; a use counts by the day on which it began."""
    assert (
        typed("landscape", "--by", "actor", "--since", "2024-02-14", "--until", "2024-12-31", home=home).stdout
        == """\
2 uses of 2 techniques by 2 actors from 2024-02-14 to 2024-12-31

actor                                            uses  first       last        novelty
Copper Heron                                        1  2024-02-14  2024-02-14  known
    2024H1 1; 1 technique: LLM-written lures
Newt                                                1  2024-03-01  2024-09-01  not said
    2024H1 1; 1 technique: Scripts

No use is called unprecedented.
Known, and not seen of anybody: Swarm
"""
    )


def named(*bodies: dict[str, Any]) -> list[dict[str, str]]:
    return [{"id": one["id"], "name": one["name"]} for one in bodies]


def test_a_program_reads_the_whole_of_it(home: Path) -> None:
    assert typed_json("landscape", home=home) == {
        "since": None,
        "until": None,
        "uses": 3,
        "techniques": 2,
        "actors": 2,
        "by": "technique",
        "rows": [
            {
                **named(LURES)[0],
                "uses": 2,
                "actors": named(HERON, NEWT),
                "first": "2024-02-14T00:00:00.000Z",
                "last": "2025-08-01T00:00:00.000Z",
                "timeline": {"2024H1": 1, "2025H2": 1},
                "novelty": {"known": 1, "unprecedented": 1},
            },
            {
                **named(SCRIPTS)[0],
                "uses": 1,
                "actors": named(NEWT),
                "first": "2024-03-01T00:00:00.000Z",
                "last": "2024-09-01T00:00:00.000Z",
                "timeline": {"2024H1": 1},
                "novelty": {"not said": 1},
            },
        ],
        "unprecedented": [
            {
                "technique": named(LURES)[0],
                "actor": named(NEWT)[0],
                "report": named(REPORTS[1])[0],
                "first": "2025-08-01T00:00:00.000Z",
                "last": "2025-08-01T00:00:00.000Z",
            }
        ],
        "unseen": named(SWARM),
    }


def test_rows_by_actor_hold_techniques(home: Path) -> None:
    rows = typed_json("landscape", "--by", "actor", "--since", "2024-03-02", home=home)["rows"]
    assert [(row["name"], row["techniques"], row["timeline"]) for row in rows] == [("Newt", named(LURES), {"2025H2": 1})]


def test_a_member_sees_the_landscape_of_what_it_may_read(home: Path) -> None:
    """A peer that is cleared for the public's collection alone has none of this."""
    expected = "0 uses of 0 techniques by 0 actors\n\nNo use is called unprecedented.\n"
    assert typed("landscape", "--as", "bot", home=home).stdout == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--since", "yesterday"], "--since 'yesterday' is not a day; write --since 2024-01-31"),
        (["--until", "2024-02-30"], "--until '2024-02-30' is not a day; write --until 2024-01-31"),
        (
            ["--since", "2024-02-02", "--until", "2024-02-01"],
            "2024-02-01 is before 2024-02-02; give --since the earlier day and --until the later one",
        ),
    ],
)
def test_what_is_no_span_of_days_is_refused(home: Path, options: list[str], expected: str) -> None:
    assert refused("landscape", *options, home=home) == expected


def test_rows_are_about_techniques_or_actors(home: Path) -> None:
    done = typed("landscape", "--by", "country", home=home)
    assert (done.returncode, done.stdout) == (2, "")


LABELS = [
    "llm-informed-reconnaissance",
    "llm-enhanced-scripting-techniques",
    "llm-aided-development",
    "llm-supported-social-engineering",
    "llm-assisted-vulnerability-research",
    "llm-optimized-payload-crafting",
    "llm-enhanced-anomaly-detection-evasion",
    "llm-directed-security-feature-bypass",
    "llm-advised-resource-development",
    "llm-refined-operational-command-techniques",
    "llm-aided-technical-translation-and-explanation",
]


def test_the_seeds_know_eleven_labels_of_february_2024_and_five_actors_nothing_of_it_unprecedented(fresh: Path) -> None:
    """As the publications of that day say; the fictional example of the seeds is no part of any landscape."""
    typed_json("seed", home=fresh)
    found = typed_json("landscape", "--since", "2024-02-14", "--until", "2024-02-14", home=fresh)
    known = {one["id"] for one in (*found["rows"], *found["unseen"])}
    assert {object_id("attack-pattern", CATALOGUE, key=slug) for slug in LABELS} <= known
    assert (found["actors"], found["unprecedented"]) == (5, [])
    everybody = typed_json("landscape", "--by", "actor", home=fresh)["rows"]
    assert [one["name"] for one in everybody if one["name"].startswith("EXAMPLE")] == []
