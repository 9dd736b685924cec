"""The seeds are what their case files compile to, correct STIX, and whole: nothing dangles, nothing contradicts itself."""

import json
import re
import shutil
from pathlib import Path

import pytest
import stix2
import stix2validator

from tests.seeds.shipped import (
    CASES,
    CATALOGUE,
    EXAMPLE,
    EXAMPLE_PROVIDER,
    EXTENSIONS,
    LATER,
    REAL,
    TLP_CLEAR,
    contents,
    drafts,
    linked,
    objects,
    of_type,
)
from tests.support.command import typed
from tests.support.seeds import BUNDLES, INDEX, SEEDS, seeded
from tocsin.model.marking import PAP_REF
from tocsin.services.case import compile_draft, read_drafts
from tocsin.services.warninglist import well_known

EVERYTHING = objects(*BUNDLES)
LATE = 2_000_000_000_000_000  # a stamp of 2033


def test_every_bundle_is_that_of_a_case_file() -> None:
    """But for the extension definitions, which code writes."""
    assert set(BUNDLES) == {*CASES, EXTENSIONS}


def test_the_index_names_every_bundle_once() -> None:
    """What is real is public, what holds indicators is where SOC tools look, and the example is nowhere else."""
    assert set(INDEX) == {f"{name}.json" for name in BUNDLES}
    for name in REAL:
        wanted = ["actors", "indicators", "public"] if of_type("indicator", objects(name)) else ["actors", "public"]
        assert INDEX[f"{name}.json"] == wanted
    assert INDEX[f"{EXAMPLE}.json"] == ["indicators"]


@pytest.mark.parametrize("name", CASES)
def test_a_case_file_has_nothing_to_remark(name: str) -> None:
    """Not even a warning."""
    assert [str(problem) for problem in drafts()[name].problems] == []


@pytest.mark.parametrize("name", CASES)
def test_a_bundle_says_what_its_case_file_says(name: str) -> None:
    """Object by object and in order, but for the versions; whoever changes one calls `make seeds`."""
    without = [{key: value for key, value in one.items() if key not in ("created", "modified")} for one in objects(name)]
    assert without == contents(name)


def test_compiling_the_seeds_again_changes_no_byte(tmp_path: Path) -> None:
    """On another day, in another folder."""
    folder = shutil.copytree(SEEDS, tmp_path / "seeds")
    for draft in read_drafts(sorted(folder.glob("*.yaml")), well_known=well_known):
        compile_draft(draft, key=None, epoch="", now=LATE)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {path.name: path.read_bytes() for path in SEEDS.iterdir()}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_seed_parses_strictly(name: str) -> None:
    """A seed has no custom property, type or extension."""
    assert stix2.parse((SEEDS / f"{name}.json").read_text("utf-8"), allow_custom=False).type == "bundle"


@pytest.mark.parametrize("name", BUNDLES)
def test_a_seed_passes_the_oasis_validator(name: str) -> None:
    """No error. It warns of our UUIDv5 ids, of sources without a hash, and where we go beyond an open vocabulary."""
    result = stix2validator.validate_file(str(SEEDS / f"{name}.json"))
    assert result.is_valid
    warnings = {code for each in result.object_results for warning in each.warnings for code in re.findall(r"\{\d+\}", str(warning))}
    beyond = {"{219}": "apm as a type of actor", "{244}": "a provider as a type of account", "{245}": "nova as a type of pattern"}
    assert warnings <= {"{103}", "{302}", *beyond}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_seed_passes_our_own_lint(name: str) -> None:
    """It would be taken by any exchange, whole."""
    done = typed("lint", str(SEEDS / f"{name}.json"))
    assert (done.returncode, done.stdout.splitlines()[-1].split(", ")[1]) == (0, "0 errors"), done.stdout


@pytest.mark.parametrize("name", BUNDLES)
def test_a_seed_is_written_in_the_one_form(name: str) -> None:
    """Two spaces, characters as they are, a line feed at the end: a change shows as what changed."""
    assert (SEEDS / f"{name}.json").read_text("utf-8") == json.dumps(BUNDLES[name], indent=2, ensure_ascii=False) + "\n"


def test_no_object_stands_in_two_seeds() -> None:
    """So no two say different things under one id and version."""
    assert len({one["id"] for one in EVERYTHING}) == len(EVERYTHING)


def test_every_reference_leads_to_an_object_of_the_seeds() -> None:
    """Nothing dangles: what is referred to is in one of them, or is a marking that is built in."""
    built_in = {TLP_CLEAR, PAP_REF["clear"]}
    assert {target for one in EVERYTHING for target in linked(one)} <= {one["id"] for one in EVERYTHING} | built_in


def test_the_catalogue_is_closed_under_reference() -> None:
    """Techniques, actors and actions of 2024 stand without the later cases, and nothing real refers to an example."""
    catalogue, real = objects("techniques", "ms-2024-02", "openai-2024-02"), objects(*REAL)
    assert {target for one in catalogue for target in linked(one)} <= {one["id"] for one in catalogue} | {TLP_CLEAR}
    assert not {target for one in real for target in linked(one)} & {one["id"] for one in objects(EXAMPLE)}


def test_every_use_is_of_a_technique_that_is_described() -> None:
    """A slug that nobody described would be an id that leads nowhere."""
    described = {one["id"] for one in of_type("attack-pattern", EVERYTHING)}
    targets = [one["target_ref"] for one in of_type("relationship", EVERYTHING) if one["relationship_type"] == "uses"]
    used = [target for target in targets if not target.startswith("infrastructure--")]
    assert used and set(used) <= described


@pytest.mark.parametrize("name", CASES)
def test_a_report_refers_to_everything_of_its_case(name: str) -> None:
    """And to the actors and techniques that it takes from elsewhere."""
    (report,) = of_type("report", objects(name))
    own = {one["id"] for one in objects(name) if one["type"] not in ("identity", "report")}
    refered = {target for one in of_type("relationship", objects(name)) for target in (one["source_ref"], one["target_ref"])}
    assert set(report["object_refs"]) == own | refered


@pytest.mark.parametrize("name", BUNDLES)
def test_everything_is_tlp_clear_and_english(name: str) -> None:
    """All of it may be published; the example shows a PAP too. An observable has no language."""
    for one in objects(name):
        assert one["object_marking_refs"] == ([TLP_CLEAR, PAP_REF["clear"]] if name == EXAMPLE else [TLP_CLEAR])
        assert one.get("lang", "en") == "en"


@pytest.mark.parametrize("name", BUNDLES)
def test_everything_names_its_author(name: str) -> None:
    """The catalogue speaks, and in the example the example provider; an observable has no author in STIX."""
    wanted = EXAMPLE_PROVIDER if name == EXAMPLE else CATALOGUE
    assert {one["created_by_ref"] for one in objects(name) if one["type"] != "user-account"} == {wanted}


@pytest.mark.parametrize("name", LATER)
def test_a_later_case_is_a_case_of_its_own(name: str) -> None:
    """Its name is its file's, and no catalogue knowledge hides in it."""
    (report,) = of_type("report", objects(name))
    assert report["external_references"][0]["external_id"].partition("@")[0] == name
    assert "labels" not in report
    assert of_type("attack-pattern", objects(name)) == []


def test_the_tour_tells_how_many_objects_a_reader_pulls() -> None:
    """The README shows what the commands print."""
    assert f"\n{len(seeded('actors'))} objects, up to …\n" in (SEEDS.parent / "README.md").read_text("utf-8")
