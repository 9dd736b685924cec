"""`tocsin actor`: one actor by whatever name, all that is known of it, and text from outside that does nothing to a terminal."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.abuse import AUTHOR, actor, extended, link, report, technique, thing
from tests.support.command import refused, typed, typed_json
from tests.support.objects import indicator, uuid
from tocsin.model.marking import MARKING_REF, PAP_REF, Level

DAY = "2024-02-14T00:00:00.000Z"
MARKS = {"object_marking_refs": [MARKING_REF[Level.GREEN], PAP_REF["amber"]]}
IDENTITY = thing("identity", 900, name="A provider", identity_class="organization")
HERON = actor(
    1,
    "Copper Heron",
    created_by_ref=AUTHOR,
    description="A bird that asks a model for help. " * 5 + "\n\nIt wades.",
    aliases=["APT-900", "Fancy Newt"],
    threat_actor_types=["nation-state"],
    external_references=[
        {"source_name": "mitre-attack", "external_id": "G9007", "url": "https://example.org/G9007", "description": "A group."}
    ],
    extensions=extended(
        "actor-profile", actor_class="nation-state-apt", sponsor="A ministry", sponsor_country="ZZ", attribution="linked to"
    ),
    **MARKS,
)
GROUP = thing("intrusion-set", 2, name="APT900", aliases=["Marsh Cell"])
LURES = technique(1, "LLM-written lures", novelty="known")
USE = link(
    1,
    "uses",
    (HERON, LURES),
    created_by_ref=AUTHOR,
    description="Had letters written.",
    start_time="2024-01-01T00:00:00Z",
    stop_time="2024-02-03T04:05:06Z",
    confidence=70,
    extensions=extended("llm-technique", novelty="adapted", uplift="limited", autonomy="assistive", services=["A chat", "An API"]),
)
ACTION = thing(
    "course-of-action",
    1,
    name="Accounts disabled",
    extensions=extended(
        "enforcement-action", action_type="account-disabled", action_time=DAY, account_count=1, taken_by="A provider", told=["B"]
    ),
)
RELAY = thing("infrastructure", 1, name="Relay")
STORY: list[dict[str, Any]] = [
    *(IDENTITY, HERON, GROUP, LURES, USE, ACTION, RELAY),
    link(2, "related-to", (ACTION, HERON)),
    link(3, "uses", (HERON, RELAY)),
    link(4, "related-to", (GROUP, HERON)),
    report(1, "A report", DAY, HERON, USE),
]
CLUES = [indicator(number, valid_from=f"2026-01-0{number}T00:00:00Z") for number in range(1, 8)]
STORY += [*CLUES, *(link(10 + number, "indicates", (one, HERON)) for number, one in enumerate(CLUES))]


def submit(home: Path, folder: Path, *objects: dict[str, Any], collection: str = "actors") -> None:
    file = folder / "objects.json"
    file.write_text(json.dumps(objects))
    assert typed_json("submit", str(file), "--collection", collection, home=home)["refused"] == 0


@pytest.fixture(scope="module", autouse=True)
def story(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    submit(home, tmp_path_factory.mktemp("story"), *STORY)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["copper", "heron"], f"Copper Heron  nation-state-apt  A ministry  by name: Copper Heron  {HERON['id']}"),
        (["FANCYNEWT"], f"Copper Heron  nation-state-apt  A ministry  by alias: Fancy Newt  {HERON['id']}"),
        (["g9007"], f"Copper Heron  nation-state-apt  A ministry  by reference: G9007  {HERON['id']}"),
        (["newt"], f"Copper Heron  nation-state-apt  A ministry  by part: Fancy Newt  {HERON['id']}"),
        (["marsh"], f"APT900  -  -  by beginning: Marsh Cell  {GROUP['id']}"),
    ],
)
def test_an_actor_is_found_by_any_of_its_names(home: Path, words: list[str], line: str) -> None:
    assert typed("actor", "find", *words, home=home).stdout == f"{line}\n"


def test_who_shares_a_name_is_found_too_by_name_before_alias(home: Path) -> None:
    """With the whole shape of each."""
    found = typed_json("actor", "find", "apt 900", home=home)
    assert [(one["name"], one["by"]) for one in found] == [("APT900", "name"), ("Copper Heron", "alias")]
    assert found[1] == {
        "id": HERON["id"],
        "name": "Copper Heron",
        "aliases": ["APT-900", "Fancy Newt"],
        "class": "nation-state-apt",
        "types": ["nation-state"],
        "sponsor": "A ministry",
        "sponsor_country": "ZZ",
        "attribution": "linked to",
        "matched": "APT-900",
        "by": "alias",
    }


def test_a_name_that_nobody_has_is_answered_with_the_nearest(home: Path) -> None:
    expected = "no actor that can be read here is called 'Coper Heron'; did you mean Copper Heron?"
    assert refused("actor", "find", "Coper", "Heron", home=home) == expected
    assert refused("actor", "show", "Coper Heron", home=home) == expected


def test_a_name_that_fits_several_actors_shows_none_of_them(home: Path) -> None:
    listed = f"APT900 ({GROUP['id']}), Copper Heron ({HERON['id']})"
    assert refused("actor", "show", "e", home=home) == f"'e' fits several actors: {listed}; give a whole name, or an id"


PROFILE = f"""\
Copper Heron  TLP:GREEN  PAP:AMBER
{HERON["id"]}
Class: nation-state-apt
Sponsor: A ministry (ZZ)
Attribution: linked to
Also called: APT-900, Fancy Newt
According to: A provider (2 objects)

  A bird that asks a model for help. A bird that asks a model for help. A bird that asks a model for
  help. A bird that asks a model for help. A bird that asks a model for help.

  It wades.

Techniques (1)
  LLM-written lures
    seen 2024-01-01 to 2024-02-03, adapted, uplift limited, assistive, A chat, An API, confidence 70
    Had letters written.
    in: A report

Actions against it (1)
  Accounts disabled
    account-disabled, 2024-02-14, 1 account, by A provider, told B

Indicators (7), the latest first
  of kind: domain-name 7
  [domain-name:value = 'n7.example.org'], number 7
  [domain-name:value = 'n6.example.org'], number 6
  [domain-name:value = 'n5.example.org'], number 5
  [domain-name:value = 'n4.example.org'], number 4
  [domain-name:value = 'n3.example.org'], number 3

Infrastructure (1)
  Relay

Relations (1)
  APT900 related-to it

Reports (1)
  2024-02-14  A report

References (1)
  mitre-attack G9007: A group.
    https://example.org/G9007

Called the same, and not merged (1)
  APT900
    {GROUP["id"]}
    both: APT-900
"""

SHAPE: dict[str, Any] = {
    "id": HERON["id"],
    "name": "Copper Heron",
    "aliases": ["APT-900", "Fancy Newt"],
    "class": "nation-state-apt",
    "types": ["nation-state"],
    "sponsor": "A ministry",
    "sponsor_country": "ZZ",
    "attribution": "linked to",
    "tlp": "green",
    "pap": "amber",
    "description": HERON["description"],
    "techniques": [
        {
            "id": LURES["id"],
            "name": "LLM-written lures",
            "relationship": USE["id"],
            "start": "2024-01-01T00:00:00.000Z",
            "stop": "2024-02-03T04:05:06.000Z",
            "dated_by": "observation",
            "novelty": "adapted",
            "uplift": "limited",
            "autonomy": "assistive",
            "services": ["A chat", "An API"],
            "confidence": 70,
            "description": "Had letters written.",
            "reports": [{"id": f"report--{uuid(1)}", "name": "A report"}],
        }
    ],
    "actions": [
        {
            "id": ACTION["id"],
            "name": "Accounts disabled",
            "action_type": "account-disabled",
            "time": DAY,
            "accounts": 1,
            "api_keys": None,
            "assets": None,
            "taken_by": "A provider",
            "told": ["B"],
            "redress_url": None,
            "description": None,
        }
    ],
    "indicators": {
        "total": 7,
        "kinds": {"domain-name": 7},
        "latest": [
            {
                "id": one["id"],
                "name": one["name"],
                "kind": "domain-name",
                "pattern": one["pattern"],
                "valid_from": one["valid_from"].replace("Z", ".000Z"),
            }
            for one in CLUES[:1:-1]
        ],
    },
    "infrastructure": [{"id": RELAY["id"], "name": "Relay"}],
    "relations": [{"verb": "related-to", "outgoing": False, "id": GROUP["id"], "name": "APT900"}],
    "reports": [{"id": f"report--{uuid(1)}", "name": "A report", "published": DAY}],
    "references": [{"source": "mitre-attack", "description": "A group.", "external_id": "G9007", "url": "https://example.org/G9007"}],
    "sources": [{"id": AUTHOR, "name": "A provider", "objects": 2}],
    "overlaps": [{"id": GROUP["id"], "name": "APT900", "author": None, "names": ["APT-900"]}],
}


def test_a_profile_tells_everything_in_lines_that_a_person_can_read(home: Path) -> None:
    assert typed("actor", "show", "fancy", "newt", home=home).stdout == PROFILE


def test_a_profile_as_json_is_whole(home: Path) -> None:
    assert typed_json("actor", "show", "fancy newt", home=home) == [SHAPE]


def test_two_actors_of_one_name_are_shown_apart_and_mention_each_other(fresh: Path, tmp_path: Path) -> None:
    """By whatever name they are asked for, nothing of one is told of the other; by its id, one is shown alone."""
    other = actor(7, "COPPER HERON", created_by_ref=f"identity--{uuid(901)}")
    submit(fresh, tmp_path, *STORY, other)
    shown = typed("actor", "show", "copper heron", home=fresh).stdout
    first, second = shown.split(f"COPPER HERON\n{other['id']}\n")
    assert first.endswith(f"  COPPER HERON, according to identity--{uuid(901)}\n    {other['id']}\n    both: Copper Heron\n\n")
    assert second == (
        f"According to: identity--{uuid(901)} (1 object)\n\nCalled the same, and not merged (1)\n"
        f"  Copper Heron, according to A provider\n    {HERON['id']}\n    both: COPPER HERON\n"
    )
    assert [one["name"] for one in typed_json("actor", "show", other["id"], home=fresh)] == ["COPPER HERON"]


def test_who_reads_sees_what_it_may(home: Path, tmp_path: Path) -> None:
    """`--as` names a member; its rights are asked."""
    typed_json("member", "add", "siem", "--role", "soc", home=home)
    submit(home, tmp_path, actor(8, "Hidden Eel"), collection="restricted")
    assert typed("actor", "find", "hidden eel", home=home).returncode == 0
    for command in ("find", "show"):
        refused("actor", command, "hidden eel", "--as", "siem", home=home)
        assert typed("actor", command, "copper heron", "--as", "siem", home=home).returncode == 0
        assert refused("actor", command, "copper heron", "--as", "nobody", home=home).startswith("there is no member 'nobody'")


HOSTILE = "Evil\nTechniques (0)\x1b[2J\u202egnp.exe\u2066 \u2028 line\t"


def test_a_hostile_text_writes_no_line_of_its_own_and_commands_no_terminal(fresh: Path, tmp_path: Path) -> None:
    """`typed` looks at every line for what a terminal would obey; here no piece starts a line either."""
    texts = {"description": HOSTILE, "created_by_ref": AUTHOR}
    said = extended("llm-technique", services=[HOSTILE])
    evil = actor(1, HOSTILE, aliases=[HOSTILE + "2"], external_references=[{"source_name": HOSTILE, "url": HOSTILE}], **texts)
    lures, doing = technique(1, HOSTILE), thing("course-of-action", 1, name=HOSTILE, **texts)
    rule = indicator(1, pattern_type="sigma", pattern=HOSTILE, name=HOSTILE)
    use = link(1, "uses", (evil, lures), extensions=said, description=HOSTILE)
    links = [link(2, "related-to", (doing, evil)), link(3, "indicates", (rule, evil)), link(4, "related-to", (evil, lures))]
    submit(fresh, tmp_path, evil, lures, doing, rule, use, *links, report(1, HOSTILE, DAY, evil, use))
    for command in (("actor", "find", "evil"), ("actor", "show", "evil"), ("landscape",), ("landscape", "--by", "actor")):
        shown = typed(*command, home=fresh)
        assert shown.returncode == 0
        assert not [line for line in shown.stdout.splitlines() if line.lstrip().startswith(("Techniques (0)", "line"))]
        assert "\\u202egnp.exe" in shown.stdout
    assert typed_json("actor", "show", "evil", home=fresh)[0]["name"] == HOSTILE


def test_a_text_without_end_is_cut(fresh: Path, tmp_path: Path) -> None:
    """On the screen; as JSON it is whole."""
    long = "endless " * 20_000
    evil, lures = (
        actor(1, "x" * 100_000, description=long, aliases=[f"name {number}" for number in range(3_000)]),
        technique(1, "y" * 100_000),
    )
    submit(fresh, tmp_path, evil, lures, link(1, "uses", (evil, lures), description=long))
    for command in (("actor", "find", "name 7"), ("actor", "show", "name 7"), ("landscape",)):
        shown = typed(*command, home=fresh).stdout
        assert len(shown) < 20_000
        assert max(map(len, shown.splitlines())) <= 160
    assert typed_json("actor", "show", "name 7", home=fresh)[0]["description"] == long


@pytest.mark.parametrize(
    ("name", "actor_name"),
    [("STRONTIUM", "Forest Blizzard"), ("Fancy Bear", "Forest Blizzard"), ("fancybear", "Forest Blizzard"), ("APT 28", "Forest Blizzard")],
)
def test_the_seeds_know_an_actor_by_all_its_names(seeded: Path, name: str, actor_name: str) -> None:
    assert [one["name"] for one in typed_json("actor", "find", name, home=seeded)] == [actor_name]
    assert [one["name"] for one in typed_json("actor", "show", name, home=seeded)] == [actor_name]


def test_salmon_typhoon_has_no_group_in_attack(seeded: Path) -> None:
    (found,) = typed_json("actor", "show", "Salmon Typhoon", home=seeded)
    assert [one for one in found["references"] if one["source"] == "mitre-attack"] == []


@pytest.fixture(scope="module")
def seeded(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exchange with the seeds."""
    copy = Path(shutil.copytree(template, tmp_path_factory.mktemp("seeded") / "home"))
    typed_json("seed", home=copy)
    return copy
