"""The case files and bundles of the folder `seeds/`, read once, and how the tests of this folder look at them.

Sources: STIX 2.1; RFC 2606 (names), RFC 5737 (IPv4) and RFC 3849 (IPv6) for what is reserved; ADR 0003 for the ids.
"""

import re
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

from tests.support.seeds import BUNDLES, SEEDS
from tocsin.model.case.compile import compile_case
from tocsin.model.case.record import Case, Technique
from tocsin.services.case import Draft, read_drafts
from tocsin.services.warninglist import well_known

Object = dict[str, Any]

PAGE = SEEDS.parent / "docs" / "techniques.md"
EXAMPLE = "example-paper-lantern"
EXTENSIONS = "extensions"  # written by code, and tested where that is
TLP_CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"  # TLP 2.0; built in, so in no bundle
CATALOGUE = "identity--24a50de7-4cd5-55be-9da2-4582b87a0a94"
EXAMPLE_PROVIDER = "identity--e351eaa5-e408-563d-8dd0-6ceadf4cf868"
LLM_TECHNIQUE = "extension-definition--d8df82cb-fb3a-5140-8be1-02e452c7c652"
ACTOR_PROFILE = "extension-definition--6b8d0d67-e358-55b0-9a25-a31166118f85"
ENFORCEMENT_ACTION = "extension-definition--bb082910-7757-5180-aec2-802ad11c5091"

CASES = sorted(path.stem for path in SEEDS.glob("*.yaml"))
REAL = [name for name in CASES if name != EXAMPLE]
LATER = [name for name in REAL if name not in ("techniques", "ms-2024-02", "openai-2024-02")]

RESERVED_NETWORKS = [ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
_RESERVED_NAME = re.compile(r"([a-z0-9-]+\.)*(example|example\.(com|net|org)|invalid|test)")


@cache
def drafts() -> dict[str, Draft]:
    """Every case file, read and checked as the command does, by its name."""
    return {draft.file.stem: draft for draft in read_drafts([SEEDS / f"{name}.yaml" for name in CASES], well_known=well_known)}


def case(name: str) -> Case:
    """What a case file says."""
    found = drafts()[name].case
    assert found is not None, drafts()[name].problems
    return found


def contents(name: str) -> list[Object]:
    """What a case file compiles to, without versions."""
    return compile_case(case(name), drafts()[name].names)


def objects(*names: str) -> list[Object]:
    """The objects of bundles, one after the other."""
    return [one for name in names for one in BUNDLES[name]["objects"]]


def of_type(kind: str, given: list[Object]) -> list[Object]:
    """The objects of one type."""
    return [one for one in given if one["type"] == kind]


def by_slug(kind: str) -> dict[str, Object]:
    """The catalogue's techniques or actors, by slug."""
    extension = {"attack-pattern": LLM_TECHNIQUE, "threat-actor": ACTOR_PROFILE}[kind]
    return {one["extensions"][extension]["slug"]: one for one in of_type(kind, objects(*REAL))}


def references(one: Object, source_name: str) -> list[dict[str, str]]:
    """The external references that come from one source."""
    return [each for each in one.get("external_references", []) if each["source_name"] == source_name]


def linked(one: Object) -> list[str]:
    """Every id that an object refers to, at its top and in its extensions."""
    return [each for part in (one, *one.get("extensions", {}).values()) for each in _linked(part)]


def is_reserved(value: str) -> bool:
    """Whether a name or an address is reserved, so that it belongs to nobody."""
    try:
        return any(ip_address(value) in network for network in RESERVED_NETWORKS)
    except ValueError:
        host = re.sub(r"^https?://|[:/].*$", "", value).rpartition("@")[2]
        return _RESERVED_NAME.fullmatch(host) is not None


def technique_rows() -> list[str]:
    """The rows of the table in docs/techniques.md, as the case files give them."""
    return [_row(one) for name in ("ms-2024-02", "techniques") for one in case(name).techniques]


def _row(technique: Technique) -> str:
    sentence = technique.definition.split("\n")[0].partition(". ")[0].removesuffix(".")
    fits = (_fits(technique, framework) for framework in ("mitre-attack", "mitre-atlas"))
    return f"| {technique.name}<br>`{technique.technique}` | {sentence}. | {' | '.join(fits)} |"


def _fits(technique: Technique, framework: str) -> str:
    return "<br>".join(f"{one.id} {one.name}: {one.fit}" for one in technique.mappings if one.framework == framework) or "none"


def _linked(part: Object) -> list[str]:
    found: list[str] = []
    for name, value in part.items():
        if name.endswith("_ref"):
            found.append(value)
        elif name.endswith("_refs"):
            found.extend(value)
    return found
