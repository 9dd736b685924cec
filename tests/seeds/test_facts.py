"""The real seeds say what a named source says, in its degree of certainty, and keep clear of the known traps."""

import json
import re

import pytest

from tests.seeds.shipped import (
    ACTOR_PROFILE,
    ENFORCEMENT_ACTION,
    LATER,
    LLM_TECHNIQUE,
    PAGE,
    REAL,
    Object,
    by_slug,
    case,
    is_reserved,
    objects,
    of_type,
    references,
    technique_rows,
)

ACTORS, TECHNIQUES = by_slug("threat-actor"), by_slug("attack-pattern")
REAL_OBJECTS = objects(*REAL)
FIVE = ["forest-blizzard", "emerald-sleet", "crimson-sandstorm", "charcoal-typhoon", "salmon-typhoon"]
READ = {  # the publications that were read
    "https://www.microsoft.com/en-us/security/blog/2024/02/14/staying-ahead-of-threat-actors-in-the-age-of-ai/",
    "https://openai.com/blog/disrupting-malicious-uses-of-ai-by-state-affiliated-threat-actors",
    "https://cdn.openai.com/threat-intelligence-reports/influence-and-cyber-operations-an-update_October-2024.pdf",
    "https://cdn.openai.com/threat-intelligence-reports/disrupting-malicious-uses-of-our-models-february-2025-update.pdf",
    "https://www.anthropic.com/news/detecting-countering-misuse-aug-2025",
    "https://cloud.google.com/blog/topics/threat-intelligence/threat-actor-usage-of-ai-tools",
    "https://www.microsoft.com/en-us/security/blog/2025/11/03/sesameop-novel-backdoor-uses-openai-assistants-api-for-command-and-control/",
    *(f"https://atlas.mitre.org/studies/AML.CS00{number}" for number in (30, 42, 44, 56)),
}
GROUPS = {  # ATT&CK groups that are treated as the same cluster
    "forest-blizzard": "G0007",
    "emerald-sleet": "G0094",
    "crimson-sandstorm": "G1012",
    "cyberav3ngers": "G1027",
    "temp-zagros": "G0069",
    "apt41": "G0096",
}
RELATED = {  # ATT&CK groups that are named, and are not the same
    "charcoal-typhoon": {"G1006", "G0143"},
    "openai-2025-dprk-accounts": {"G0094", "G0082"},
}
USES = {  # case: actor: how many techniques it was seen to use
    "ms-2024-02": {"forest-blizzard": 2, "emerald-sleet": 4, "crimson-sandstorm": 3, "charcoal-typhoon": 4, "salmon-typhoon": 4},
    "openai-2024-zero-zeno": {"zero-zeno": 1},
    "openai-2024-sweetspecter": {"sweetspecter": 5},
    "openai-2024-cyberav3ngers": {"cyberav3ngers": 5},
    "openai-2024-storm-0817": {"storm-0817": 3},
    "openai-2024-storm-2035": {"storm-2035": 1},
    "openai-2025-dprk": {"openai-2025-dprk-accounts": 7},
    "gtig-2025-promptsteal": {"forest-blizzard": 2},
    "gtig-2025-promptflux": {"promptflux-operators": 1},
    "gtig-2025-temp-zagros": {"temp-zagros": 2},
    "gtig-2025-ctf-pretext": {"gtig-2025-ctf-pretext-actor": 3},
    "gtig-2025-apt41": {"apt41": 1},
    "gtig-2025-unc1069": {"unc1069": 3},
    "anthropic-2025-gtg-2002": {"gtg-2002": 3},
    "anthropic-2025-dprk-it-workers": {"dprk-it-workers": 1},
    "anthropic-2025-gtg-5004": {"gtg-5004": 2},
    "microsoft-2025-sesameop": {"sesameop-operators": 1},
}


def uses(*names: str) -> list[Object]:
    """What was seen of techniques, in these bundles."""
    relations = of_type("relationship", objects(*names))
    return [one for one in relations if one["relationship_type"] == "uses" and one["target_ref"].startswith("attack-pattern--")]


def values(name: str, *names: str) -> set[str]:
    """What the uses in these bundles say of novelty, uplift or autonomy."""
    return {one["extensions"][LLM_TECHNIQUE][name] for one in uses(*names) if name in one["extensions"][LLM_TECHNIQUE]}


def test_the_catalogue_holds_21_techniques_and_no_label_known_from_digests_only() -> None:
    """Eleven of February 2024 and ten later ones."""
    assert len(of_type("attack-pattern", objects("ms-2024-02"))) == 11
    assert len(of_type("attack-pattern", objects("techniques"))) == 10
    assert not {"llm-guided-infrastructure-profiling", "llm-advised-strategic-planning"} & set(TECHNIQUES)


def test_each_case_is_of_its_actors_and_says_how_many_techniques_were_seen() -> None:
    """A case that is added, or a use, is a claim: it belongs here too."""
    assert {name: {actor.actor: len(actor.uses) for actor in case(name).actors} for name in USES} == USES
    assert set(LATER) | {"ms-2024-02"} == set(USES)


def test_every_real_object_names_a_source_that_was_read() -> None:
    """But for the catalogue's own identity, and the report on the later techniques, which each name theirs."""
    exempt = {one["id"] for one in [*of_type("identity", REAL_OBJECTS), *of_type("report", objects("techniques"))]}
    for one in REAL_OBJECTS:
        assert one["id"] in exempt or {each.get("url") for each in one["external_references"]} & READ


def test_a_case_names_only_sources_that_were_read() -> None:
    """What was not read is told in words, not cited as a source."""
    cited = {source.url for name in [*LATER, "ms-2024-02", "openai-2024-02"] for source in case(name).sources}
    assert cited <= READ


@pytest.mark.parametrize("slug", ACTORS)
def test_an_actor_has_the_id_of_its_attack_group_only_where_it_is_the_same(slug: str) -> None:
    """Salmon Typhoon has no ATT&CK group, and none is made up for it."""
    found = {each["url"].split("/")[-2]: each for each in references(ACTORS[slug], "mitre-attack")}
    same = {each["external_id"] for each in found.values() if "external_id" in each}
    assert same == ({GROUPS[slug]} if slug in GROUPS else set())
    assert set(found) - same == RELATED.get(slug, set())
    for group in set(found) - same:
        assert re.search(r"(Related, not an identity|Possible, and no identity)", found[group]["description"]), group


def test_no_real_object_but_an_actor_carries_an_id_of_attack_or_atlas() -> None:
    """OpenCTI would take it for the object's own."""
    for one in REAL_OBJECTS:
        named = {each["source_name"] for each in one.get("external_references", []) if "external_id" in each}
        assert named <= ({"mitre-attack", "misp-galaxy"} if one["type"] == "threat-actor" else {"tocsin-case"})


def test_errors_known_in_other_sources_are_not_copied() -> None:
    """Kimsuky is not G0086, Crimson Sandstorm is neither Cuboid nor Smoke Sandstorm, and there are eleven labels."""
    names = {name for one in REAL_OBJECTS for name in (one.get("name"), *one.get("aliases", []))}
    assert not {"G0086", "Cuboid Sandstorm", "Smoke Sandstorm"} & names
    assert "G0086" not in {each.get("external_id") for one in REAL_OBJECTS for each in one.get("external_references", [])}
    assert "nine in an appendix and two more in the profiles" in of_type("report", objects("ms-2024-02"))[0]["description"]


def test_accounts_potentially_of_two_actors_are_attributed_to_neither() -> None:
    """They are no alias of anybody, and Emerald Sleet, which others call Velvet Chollima, has no part in the case."""
    accounts = ACTORS["openai-2025-dprk-accounts"]
    assert "aliases" not in accounts
    assert "potentially associated" in accounts["extensions"][ACTOR_PROFILE]["attribution"]
    assert ACTORS["emerald-sleet"]["id"] not in json.dumps(objects("openai-2025-dprk"))


def test_a_name_of_which_only_digests_tell_stays_out() -> None:
    """The report that was read calls the company behind Zero Zeno by no other name."""
    assert "STOIC" not in json.dumps(objects(*REAL))


def test_promptsteal_is_told_of_the_actor_that_the_catalogue_has_already() -> None:
    """And says that its source calls that actor otherwise."""
    found = objects("gtig-2025-promptsteal")
    assert {one["source_ref"] for one in uses("gtig-2025-promptsteal")} == {ACTORS["forest-blizzard"]["id"]}
    assert of_type("threat-actor", found) == []
    assert "APT28 (FROZENLAKE)" in of_type("report", found)[0]["description"]


@pytest.mark.parametrize("slug", [slug for slug in ACTORS if slug not in FIVE])
def test_a_class_is_said_to_be_ours(slug: str) -> None:
    """No publication uses the three classes of actors of later cases; without one, the type is unknown."""
    actor = ACTORS[slug]
    is_classed = "actor_class" in actor["extensions"][ACTOR_PROFILE]
    assert ("The class is our judgement" in actor["description"]) == is_classed
    assert ("The actor is not classed" in actor["description"]) != is_classed
    assert (actor["threat_actor_types"] == ["unknown"]) != is_classed


def test_novelty_and_uplift_stand_where_a_source_speaks_of_them() -> None:
    """Of the five of 2024 nothing novel was seen; three reports speak of a first, or of what was unprecedented."""
    assert {name for name in USES if values("novelty", name) == {"known"}} == {"ms-2024-02"}
    firsts = {"gtig-2025-promptsteal", "gtig-2025-promptflux", "anthropic-2025-gtg-2002"}
    assert {name for name in USES if "unprecedented" in values("novelty", name)} == firsts
    assert {level: {name for name in USES if level in values("uplift", name)} for level in ("none", "limited", "high")} == {
        "none": {"openai-2024-sweetspecter", "openai-2025-dprk"},
        "limited": {"openai-2024-cyberav3ngers", "openai-2024-storm-0817", "gtig-2025-unc1069"},
        "high": {"anthropic-2025-gtg-2002", "anthropic-2025-dprk-it-workers", "anthropic-2025-gtg-5004"},
    }
    assert (values("novelty", *USES), values("autonomy", *USES)) == ({"known", "unprecedented"}, set())


def test_no_time_is_invented() -> None:
    """One source dates a use, to a month; a month of publication is said to be all that is known."""
    timed = [one for one in REAL_OBJECTS if {"first_seen", "last_seen", "start_time", "stop_time"} & set(one)]
    assert [(one["start_time"], one["stop_time"]) for one in timed] == [("2025-08-01T00:00:00.000Z", "2025-08-31T23:59:59.999Z")]
    assert not [one for one in of_type("course-of-action", REAL_OBJECTS) if "action_time" in one["extensions"][ENFORCEMENT_ACTION]]
    for report in of_type("report", objects(*LATER)):
        is_month = report["published"][8:10] == "01"
        assert ("only the month is known" in report["description"]) == is_month


def test_counts_are_those_of_single_accounts_that_a_source_names() -> None:
    """One key and one account of SesameOp, the account of GTG-5004 and that of UNC1069."""
    actions = {one["id"]: one["extensions"][ENFORCEMENT_ACTION] for one in of_type("course-of-action", REAL_OBJECTS)}
    counted = [{key: value for key, value in one.items() if key.endswith("_count")} for one in actions.values()]
    assert sorted((one for one in counted if one), key=str) == [{"account_count": 1}] * 3 + [{"api_key_count": 1}]


def test_who_was_told_is_named_where_the_source_names_it() -> None:
    """Provider to provider, the second principle: OpenAI told Meta, Microsoft told OpenAI."""
    extensions = [one["extensions"][ENFORCEMENT_ACTION] for one in of_type("course-of-action", REAL_OBJECTS)]
    assert [(one["taken_by"], one["told"]) for one in extensions if "told" in one] == [("Microsoft", ["OpenAI"]), ("OpenAI", ["Meta"])]


def test_indicators_are_those_that_a_source_prints() -> None:
    """A domain, paths on a server and two packages of STORM-0817; none of their values is reserved."""
    indicators = of_type("indicator", REAL_OBJECTS)
    assert [one["id"] for one in indicators] == [one["id"] for one in of_type("indicator", objects("openai-2024-storm-0817"))]
    found = {value for one in indicators for value in re.findall(r"'([^']*)'", one["pattern"])}
    assert found == {
        "stickhero.pro",
        "/datas/stickher/public_html",
        "/datas/stickher/public_html/api",
        *("contact.php", "app.php", "androidID.php", "CallLogData.php", "pdf.php", "index.php"),
        "/data/data/com.example.myttt",
        "/data/data/com.mihanwebmaster.ashpazi",
    }
    assert not [value for value in found if is_reserved(value)]


def test_every_actor_of_2024_is_found_in_the_misp_galaxy() -> None:
    """Each has two cluster ids there, all ten different."""
    found = [each["external_id"] for slug in FIVE for each in references(ACTORS[slug], "misp-galaxy")]
    assert len(found) == len(set(found)) == 10


@pytest.mark.parametrize("slug", TECHNIQUES)
def test_a_mapping_is_marked_as_judgement(slug: str) -> None:
    """Each says how well it fits and that it is ours, in words for everybody and in the extension for those who know it."""
    technique = TECHNIQUES[slug]
    found = references(technique, "mitre-attack") + references(technique, "mitre-atlas")
    entries = technique["extensions"][LLM_TECHNIQUE]["mappings"]
    places = {"mitre-attack": "https://attack.mitre.org/techniques/{}/", "mitre-atlas": "https://atlas.mitre.org/techniques/{}"}
    for each, entry in zip(found, entries, strict=True):
        name = entry["external_id"].replace(".", "/") if entry["framework"] == "mitre-attack" else entry["external_id"]
        assert each["description"].startswith(f"{entry['external_id']} {entry['name']} (")
        assert f"). Fit: {entry['fit']}; analyst judgement, not an identity." in each["description"]
        assert each["url"] == places[entry["framework"]].format(name)


@pytest.mark.parametrize("slug", TECHNIQUES)
def test_a_technique_can_be_found_by_its_slug_and_has_a_phase(slug: str) -> None:
    """For readers that do not know the extension it is an alias; the kill chains are those of ATT&CK and ATLAS."""
    assert slug in TECHNIQUES[slug]["aliases"]
    assert {phase["kill_chain_name"] for phase in TECHNIQUES[slug]["kill_chain_phases"]} <= {"mitre-attack", "mitre-atlas"}


def test_the_page_of_techniques_is_that_of_the_seeds() -> None:
    """Each technique in one row, as its case file has it."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ") and "<br>`" in line]
    assert rows == technique_rows()
