"""What the seeds refer to in ATLAS is there under that name; what an older edition cannot know is listed with its source (make realdata).

The file is ATLAS (https://github.com/mitre-atlas/atlas-navigator-data).
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.seeds.shipped import LLM_TECHNIQUE, REAL, objects, of_type
from tests.support.seeds import SEEDS

ATLAS = Path(os.environ.get("TOCSIN_REALDATA") or "missing") / "stix-atlas.json"
ID = re.compile(r"AML\.(?:T[0-9]{4}(?:\.[0-9]{3})?|TA[0-9]{4}|CS[0-9]{4})")
TECHNIQUES = of_type("attack-pattern", objects(*REAL))
pytestmark = pytest.mark.skipif(not ATLAS.is_file(), reason="TOCSIN_REALDATA names no folder with stix-atlas.json")


@pytest.fixture(scope="module")
def atlas() -> list[dict[str, Any]]:
    """The objects of ATLAS."""
    found: list[dict[str, Any]] = json.loads(ATLAS.read_bytes())["objects"]
    return found


def names(atlas: list[dict[str, Any]]) -> dict[str, str]:
    """The techniques and tactics of ATLAS: names by id."""
    cited = ((one, each) for one in atlas for each in one.get("external_references", []))
    return {each["external_id"]: one["name"] for one, each in cited if each["source_name"] == "mitre-atlas"}


def test_every_technique_of_atlas_that_we_map_to_exists_under_that_name(atlas: list[dict[str, Any]]) -> None:
    mappings = [each for one in TECHNIQUES for each in one["extensions"][LLM_TECHNIQUE]["mappings"]]
    ours = {each["external_id"]: each["name"] for each in mappings if each["framework"] == "mitre-atlas"}
    assert len(ours) == 19
    assert ours == {name: names(atlas).get(name) for name in ours}


def test_every_phase_of_atlas_that_we_name_is_one_of_its_tactics(atlas: list[dict[str, Any]]) -> None:
    phases = [phase for one in TECHNIQUES for phase in one["kill_chain_phases"] if phase["kill_chain_name"] == "mitre-atlas"]
    assert {phase["phase_name"] for phase in phases} <= {one["x_mitre_shortname"] for one in of_type("x-mitre-tactic", atlas)}


def test_what_this_edition_cannot_know_is_listed_with_its_source(atlas: list[dict[str, Any]]) -> None:
    """Exactly the rest: its STIX form holds no case studies."""
    referred = set(ID.findall(json.dumps(objects(*REAL))))
    listed = re.findall(
        rf"^- \[({ID.pattern})\]\(https://atlas\.mitre\.org/studies/\1\)", (SEEDS / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert referred - set(names(atlas)) == set(listed)
    assert len(listed) == len(set(listed)) == 4
