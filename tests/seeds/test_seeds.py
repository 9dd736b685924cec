"""The seeds are correct STIX, keep their ids, say only what a named source says, and keep the examples apart from the real.

Sources: STIX 2.1; RFC 2606 (names), RFC 5737 (IPv4) and RFC 3849 (IPv6) for what is reserved; ADR 0003 for the ids.
"""

import json
import re
from collections import Counter
from hashlib import sha256
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import stix2
import stix2validator

from tocsin.model.identifier import identity_id, object_id

SEEDS = Path(__file__).parents[2] / "seeds"
REAL_FILE, EXAMPLE_FILE = SEEDS / "llm-abuse-2024.json", SEEDS / "example-indicators.json"
BUNDLES: dict[Path, dict[str, Any]] = {path: json.loads(path.read_text("utf-8")) for path in (REAL_FILE, EXAMPLE_FILE)}
REAL: list[dict[str, Any]] = BUNDLES[REAL_FILE]["objects"]
EXAMPLE: list[dict[str, Any]] = BUNDLES[EXAMPLE_FILE]["objects"]
BOTH = REAL + EXAMPLE
BY_ID = {each["id"]: each for each in BOTH}

TLP_CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"  # TLP 2.0; built in, so in neither bundle
CATALOGUE = "identity--24a50de7-4cd5-55be-9da2-4582b87a0a94"
EXAMPLE_PROVIDER = "identity--e351eaa5-e408-563d-8dd0-6ceadf4cf868"
MICROSOFT = "https://www.microsoft.com/en-us/security/blog/2024/02/14/staying-ahead-of-threat-actors-in-the-age-of-ai/"
OPENAI = "https://openai.com/blog/disrupting-malicious-uses-of-ai-by-state-affiliated-threat-actors"
SYNTHETIC_FILE = b"Tocsin example file: synthetic text, not malware.\n"
RESERVED_NETWORKS = [ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")]

# Literal on purpose: others refer to these ids, so a change of the rule must not change them unseen.
ACTORS = {
    "forest-blizzard": "threat-actor--fa1c8e56-83d2-5c5d-8aa4-51717e228a36",
    "emerald-sleet": "threat-actor--576565f3-83ab-5ee5-b1cb-348cd2635e72",
    "crimson-sandstorm": "threat-actor--bff34cf3-bae1-5d6d-89b2-7a1cd1154eff",
    "charcoal-typhoon": "threat-actor--bbc19cb9-fe7c-5296-b4a0-55f8157f02af",
    "salmon-typhoon": "threat-actor--2fb0a2d8-709e-56e4-8d58-68126ca2aa16",
}
TECHNIQUES = {
    "llm-informed-reconnaissance": "attack-pattern--94a6e5e0-cd9d-5f1a-90a7-2939d5e135bc",
    "llm-enhanced-scripting-techniques": "attack-pattern--86b91b98-3ca8-54e3-aca8-16700fe7375f",
    "llm-aided-development": "attack-pattern--c6761bd8-577c-5688-8513-7d21c8ed3699",
    "llm-supported-social-engineering": "attack-pattern--1428bbfe-7379-56f4-80b0-9a9211529cde",
    "llm-assisted-vulnerability-research": "attack-pattern--b62fa2fe-0143-5459-aa31-bf504cf596ae",
    "llm-optimized-payload-crafting": "attack-pattern--2531451b-b535-51aa-a692-d1e0d952a591",
    "llm-enhanced-anomaly-detection-evasion": "attack-pattern--92d16c3d-ae14-5869-9afb-a4fada4c076c",
    "llm-directed-security-feature-bypass": "attack-pattern--0f77973d-5e74-55aa-8b47-6c3ce06ce698",
    "llm-advised-resource-development": "attack-pattern--e27a99bf-8ca1-5e93-abd7-61cf549a8ff9",
    "llm-refined-operational-command-techniques": "attack-pattern--7ce346d1-ff25-5cc7-990b-f0b97da39cfc",
    "llm-aided-technical-translation-and-explanation": "attack-pattern--4b29ad38-302b-5231-ae30-3461c61ec7b1",
}
OBSERVED = {
    "forest-blizzard": {"llm-informed-reconnaissance", "llm-enhanced-scripting-techniques"},
    "emerald-sleet": {
        "llm-assisted-vulnerability-research",
        "llm-enhanced-scripting-techniques",
        "llm-supported-social-engineering",
        "llm-informed-reconnaissance",
    },
    "crimson-sandstorm": {
        "llm-supported-social-engineering",
        "llm-enhanced-scripting-techniques",
        "llm-enhanced-anomaly-detection-evasion",
    },
    "charcoal-typhoon": {
        "llm-informed-reconnaissance",
        "llm-enhanced-scripting-techniques",
        "llm-supported-social-engineering",
        "llm-refined-operational-command-techniques",
    },
    "salmon-typhoon": {
        "llm-informed-reconnaissance",
        "llm-enhanced-scripting-techniques",
        "llm-refined-operational-command-techniques",
        "llm-aided-technical-translation-and-explanation",
    },
}
GROUPS = {  # ATT&CK groups each actor refers to
    "forest-blizzard": ["G0007"],
    "emerald-sleet": ["G0094"],
    "crimson-sandstorm": ["G1012"],
    "charcoal-typhoon": ["G1006", "G0143"],
    "salmon-typhoon": [],
}


def of_type(kind: str, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The objects of one type."""
    return [each for each in objects if each["type"] == kind]


def references(actor_or_technique: dict[str, Any], source_name: str) -> list[dict[str, str]]:
    """The external references that come from one source."""
    return [each for each in actor_or_technique["external_references"] if each["source_name"] == source_name]


def linked(each: dict[str, Any]) -> list[str]:
    """Every id an object refers to."""
    found: list[str] = []
    for name, value in each.items():
        if name.endswith("_ref"):
            found.append(value)
        elif name.endswith("_refs"):
            found.extend(value)
    return found


def is_reserved(value: str) -> bool:
    """Whether an observable value belongs to nobody: a reserved name or network, an invented account, our synthetic file."""
    try:
        return any(ip_address(value) in network for network in RESERVED_NETWORKS)
    except ValueError:
        host = re.sub(r"^https?://|/.*$", "", value).rpartition("@")[2]
    is_reserved_name = re.fullmatch(r"([a-z0-9-]+\.)*example\.(com|net|org)", host) is not None
    return is_reserved_name or value.startswith("example-account-") or value == sha256(SYNTHETIC_FILE).hexdigest()


# -- form ---------------------------------------------------------------------------------------------------------------


def test_the_folder_holds_no_seed_this_test_does_not_know() -> None:
    """A new seed comes with its own claims."""
    assert {path.name for path in SEEDS.glob("*.json")} == {REAL_FILE.name, EXAMPLE_FILE.name}


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.name)
def test_a_seed_parses_strictly(path: Path) -> None:
    """A seed has no custom property, type or extension."""
    assert stix2.parse(path.read_text("utf-8"), allow_custom=False).type == "bundle"


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.name)
def test_a_seed_passes_the_oasis_validator(path: Path) -> None:
    """The validator of OASIS finds no error; what it only warns of is our UUIDv5 ids and sources without a hash."""
    result = stix2validator.validate_file(str(path))
    assert result.is_valid
    warnings = {code for each in result.object_results for warning in each.warnings for code in re.findall(r"\{\d+\}", str(warning))}
    assert warnings <= {"{103}", "{302}"}


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.name)
def test_a_seed_is_written_in_the_one_form(path: Path) -> None:
    """Two spaces, characters as they are, a line feed at the end: a change shows as what changed."""
    assert path.read_text("utf-8") == json.dumps(BUNDLES[path], indent=2, ensure_ascii=False) + "\n"


def test_no_id_occurs_twice() -> None:
    """The two bundles can be loaded together."""
    assert len(BY_ID) == len(BOTH)


def test_every_reference_leads_to_an_object_of_the_seeds() -> None:
    """Nothing dangles: what is referred to is in one of the two bundles, or is the built-in marking."""
    assert {target for each in BOTH for target in linked(each)} <= set(BY_ID) | {TLP_CLEAR}


def test_the_real_bundle_stands_alone() -> None:
    """The reference bundle refers to nothing of the examples."""
    assert {target for each in REAL for target in linked(each)} <= {each["id"] for each in REAL} | {TLP_CLEAR}


def test_every_object_is_tlp_clear() -> None:
    """All of it may be published."""
    assert all(each["object_marking_refs"] == [TLP_CLEAR] for each in BOTH)


def test_every_object_names_its_author() -> None:
    """The catalogue speaks in one bundle and the example provider in the other; a SCO has no author in STIX."""
    assert {each["created_by_ref"] for each in REAL} == {CATALOGUE}
    assert {each["created_by_ref"] for each in EXAMPLE if "created" in each} == {EXAMPLE_PROVIDER}
    assert {each["type"] for each in EXAMPLE if "created" not in each} == {"domain-name", "url"}


def test_every_text_is_marked_as_english() -> None:
    """A reader's tool knows the language."""
    assert all(each["lang"] == "en" for each in BOTH if "created" in each)


def test_dates_of_our_objects_are_fixed() -> None:
    """`created` is when the catalogue was compiled, not when others published."""
    assert {(each["created"], each["modified"]) for each in BOTH if "created" in each} == {("2026-11-23T00:00:00.000Z",) * 2}


# -- ids ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slug", "literal"), [*ACTORS.items(), *TECHNIQUES.items()])
def test_an_actor_or_technique_keeps_its_id(slug: str, literal: str) -> None:
    """The id is the one that was published, and the one the rule gives for the slug."""
    assert literal in BY_ID
    assert object_id(literal.partition("--")[0], CATALOGUE, key=slug) == literal


def test_a_technique_carries_its_slug_as_alias() -> None:
    """A technique can be found by the slug its id is made from."""
    assert {each["id"]: each["aliases"] for each in of_type("attack-pattern", REAL)} == {v: [k] for k, v in TECHNIQUES.items()}


def test_the_authors_keep_their_ids() -> None:
    """Both are organisations' ids, made from reserved domains."""
    assert identity_id("tocsin.invalid") == CATALOGUE and BY_ID[CATALOGUE]["name"] == "Tocsin reference catalogue"
    assert identity_id("provider.example.org") == EXAMPLE_PROVIDER and BY_ID[EXAMPLE_PROVIDER]["name"] == "EXAMPLE AI Provider"


def test_the_bundles_keep_their_ids() -> None:
    """A bundle's key is its file name."""
    assert BUNDLES[REAL_FILE]["id"] == object_id("bundle", CATALOGUE, key="llm-abuse-2024")
    assert BUNDLES[EXAMPLE_FILE]["id"] == object_id("bundle", EXAMPLE_PROVIDER, key="example-indicators")


def test_a_relationship_is_keyed_by_what_it_links() -> None:
    """The natural key is source, verb and target."""
    for each in of_type("relationship", BOTH):
        key = f"{each['source_ref']}|{each['relationship_type']}|{each['target_ref']}"
        assert each["id"] == object_id("relationship", each["created_by_ref"], key=key)


def test_reports_and_actions_are_keyed_by_source_and_actor() -> None:
    """A report's key is that of its source; an action's key is its actor and its kind."""
    reports = {object_id("report", CATALOGUE, key=key) for key in ("ms-2024-02", "openai-2024-02")}
    actions = {object_id("course-of-action", CATALOGUE, key=f"{slug}|account-disabled") for slug in ACTORS}
    assert {each["id"] for each in of_type("report", REAL)} == reports
    assert {each["id"] for each in of_type("course-of-action", REAL)} == actions


def test_observables_have_the_ids_of_the_standard() -> None:
    """Anyone who sees the same domain or URL makes the same id (STIX 2.1 §2.9)."""
    assert of_type("domain-name", EXAMPLE)[0]["id"] == stix2.v21.DomainName(value="lure.example.net").id
    assert of_type("url", EXAMPLE)[0]["id"] == stix2.v21.URL(value="https://lure.example.net/invoice/view.html").id


# -- what the real bundle says --------------------------------------------------------------------------------------------


def test_the_real_bundle_holds_what_was_published_and_no_indicator() -> None:
    """The publications print no indicator, so there is none; five actors, eleven labels, five actions."""
    assert Counter(each["type"] for each in REAL) == {
        "identity": 1,
        "report": 2,
        "threat-actor": 5,
        "attack-pattern": 11,
        "course-of-action": 5,
        "relationship": 22,
    }


def test_every_real_object_names_its_source() -> None:
    """Each carries the address of a publication; only the catalogue's own identity has none."""
    for each in REAL:
        urls = {reference.get("url") for reference in each.get("external_references", [])}
        assert each["id"] == CATALOGUE or urls & {MICROSOFT, OPENAI}


def test_each_actor_uses_the_techniques_seen_with_it_and_no_other() -> None:
    """The `uses` links are those of the five profiles."""
    found: dict[str, set[str]] = {slug: set() for slug in ACTORS}
    slug_of = {literal: slug for slug, literal in [*ACTORS.items(), *TECHNIQUES.items()]}
    uses = [each for each in of_type("relationship", REAL) if each["relationship_type"] == "uses"]
    for each in uses:
        found[slug_of[each["source_ref"]]].add(slug_of[each["target_ref"]])
    assert found == OBSERVED and len(uses) == 17


def test_no_time_is_invented() -> None:
    """The publications date no use and no action to the day."""
    assert not {"first_seen", "last_seen", "start_time", "stop_time"} & {name for each in REAL for name in each}
    assert {each["published"] for each in of_type("report", REAL)} == {"2024-02-14T00:00:00.000Z"}


def test_each_action_is_linked_to_its_actor_by_related_to() -> None:
    """STIX 2.1 lists no verb from a course of action to a threat actor, so the common one is used."""
    links = {
        (each["source_ref"], each["target_ref"]) for each in of_type("relationship", REAL) if each["relationship_type"] == "related-to"
    }
    assert links == {(object_id("course-of-action", CATALOGUE, key=f"{slug}|account-disabled"), actor) for slug, actor in ACTORS.items()}


def test_the_openai_report_refers_to_no_technique_label() -> None:
    """The labels are Microsoft's; its report holds everything but the identity and the two reports."""
    microsoft, openai = (BY_ID[object_id("report", CATALOGUE, key=key)]["object_refs"] for key in ("ms-2024-02", "openai-2024-02"))
    assert set(microsoft) == {each["id"] for each in REAL if each["type"] not in ("identity", "report")}
    assert set(openai) < set(microsoft) and not set(openai) & set(TECHNIQUES.values())


@pytest.mark.parametrize(("slug", "groups"), GROUPS.items())
def test_an_actor_refers_to_the_attack_groups_of_its_cluster(slug: str, groups: list[str]) -> None:
    """Salmon Typhoon has no ATT&CK group, and none is made up for it."""
    found = references(BY_ID[ACTORS[slug]], "mitre-attack")
    assert [each["external_id"] for each in found] == groups
    assert [each["url"] for each in found] == [f"https://attack.mitre.org/groups/{group}/" for group in groups]


def test_aquatic_panda_is_said_to_be_related_to_charcoal_typhoon_and_not_the_same() -> None:
    """ATT&CK keeps G0143 apart from the cluster of Charcoal Typhoon."""
    (found,) = (each for each in references(BY_ID[ACTORS["charcoal-typhoon"]], "mitre-attack") if each["external_id"] == "G0143")
    assert "Related, not an identity" in found["description"]
    assert "ATT&CK keeps Aquatic Panda as a separate group" in BY_ID[ACTORS["charcoal-typhoon"]]["description"]


def test_errors_known_in_other_sources_are_not_copied() -> None:
    """Kimsuky is not G0086, and Crimson Sandstorm is neither Cuboid nor Smoke Sandstorm."""
    assert not {"G0086", "Cuboid Sandstorm", "Smoke Sandstorm"} & {name for each in REAL for name in each.get("aliases", [])}
    assert "G0086" not in {reference.get("external_id") for each in REAL for reference in each.get("external_references", [])}


def test_every_actor_is_found_in_the_misp_galaxy() -> None:
    """Each has two cluster ids there, all ten different."""
    found = [each["external_id"] for actor in ACTORS.values() for each in references(BY_ID[actor], "misp-galaxy")]
    assert len(found) == len(set(found)) == 10


@pytest.mark.parametrize("technique", TECHNIQUES.values(), ids=TECHNIQUES)
def test_a_mapping_is_marked_as_judgement(technique: str) -> None:
    """Microsoft gave its labels no identifier: each mapping to ATT&CK or ATLAS says how well it fits and that it is ours."""
    attack, atlas = (references(BY_ID[technique], name) for name in ("mitre-attack", "mitre-atlas"))
    assert attack and atlas
    for each in attack + atlas:
        assert re.search(r"Fit: (primary|related|weak|conditional); analyst judgement, not an identity\.", each["description"])
    named = {each["url"]: each["description"].split()[0] for each in attack + atlas}
    assert all(url == f"https://attack.mitre.org/techniques/{name.replace('.', '/')}/" for url, name in named.items() if "attack" in url)
    assert all(url == f"https://atlas.mitre.org/techniques/{name}" for url, name in named.items() if "atlas" in url)


@pytest.mark.parametrize("technique", TECHNIQUES.values(), ids=TECHNIQUES)
def test_a_mapping_cannot_be_taken_for_the_identity_of_a_technique(technique: str) -> None:
    """OpenCTI makes the external id of a mitre-attack reference the object's own: a mapping has none."""
    assert not [each for each in BY_ID[technique]["external_references"] if "external_id" in each]


# -- what the example bundle says -------------------------------------------------------------------------------------------


def test_no_example_refers_to_a_real_actor() -> None:
    """No id, name or alias of a real actor occurs anywhere in the example file."""
    text = EXAMPLE_FILE.read_text("utf-8")
    real = {name for actor in ACTORS.values() for name in (actor, BY_ID[actor]["name"], *BY_ID[actor]["aliases"])}
    assert not [name for name in real if name in text]


def test_only_example_indicators_point_into_the_real_bundle_and_only_at_techniques() -> None:
    """An example may show a technique of the catalogue, and nothing else of it."""
    crossing = [(each, target) for each in EXAMPLE for target in linked(each) if target in {real["id"] for real in REAL}]
    assert crossing
    for each, target in crossing:
        assert each["relationship_type"] == "indicates" and BY_ID[each["source_ref"]]["type"] == "indicator"
        assert target in TECHNIQUES.values()


def test_every_example_is_labelled_as_one() -> None:
    """Label, name and description each say that it is fictional; a SCO can say nothing."""
    for each in (each for each in EXAMPLE if "created" in each):
        assert each["labels"] == ["example"]
        assert each.get("name", "EXAMPLE").startswith("EXAMPLE")
        assert each["type"] == "observed-data" or "fictional" in each["description"].lower()


def test_every_example_value_is_reserved() -> None:
    """No example can ever hit a real host, address, account or file (RFC 2606, 5737 and 3849)."""
    values = [value for each in of_type("indicator", EXAMPLE) for value in re.findall(r"= '([^']*)'", each["pattern"])]
    values += [each["value"] for each in EXAMPLE if "value" in each]
    assert len(values) == 10
    assert not [value for value in values if not is_reserved(value)]


def test_the_example_file_names_no_host_outside_the_reserved_ones() -> None:
    """This holds for the descriptions too."""
    hosts = re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|ai|dev|gov|edu)\b", EXAMPLE_FILE.read_text("utf-8"))
    assert hosts and not [host for host in hosts if not is_reserved(host)]


def test_the_examples_show_the_kinds_an_ai_provider_sees() -> None:
    """Domain, IPv4, IPv6, URL, file hash, e-mail address and account, one indicator each; and one sighting."""
    kinds = [each["pattern"].strip("[").partition(":")[0] for each in of_type("indicator", EXAMPLE)]
    assert kinds == ["domain-name", "ipv4-addr", "ipv6-addr", "url", "file", "email-addr", "user-account"]
    (sighting,) = of_type("sighting", EXAMPLE)
    assert BY_ID[sighting["sighting_of_ref"]]["type"] == "indicator"
