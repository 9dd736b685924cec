"""Questions about actors and techniques, asked by callers of different rights: everything that they may read counts, and nothing else."""

import pytest

from tests.services.conftest import House
from tests.support.abuse import AUTHOR, actor, link, report, technique, thing
from tests.support.objects import text
from tocsin.errors import NotFoundError
from tocsin.model.graph import Named
from tocsin.model.landscape import ALWAYS, Landscape
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Role
from tocsin.model.profile import Profile

IDENTITY = thing("identity", 900, name="A provider", identity_class="organization")
HERON, LURES, SCRIPTS = actor(1, "Heron", created_by_ref=AUTHOR), technique(1, "Lures"), technique(2, "Scripts")
OPEN, SECRET = link(1, "uses", (HERON, LURES)), link(2, "uses", (HERON, SCRIPTS))
TOLD = report(1, "A report", "2024-02-14T00:00:00Z", OPEN)  # names the use, not the actor
REVOKED = {"modified": "2026-02-01T00:00:00.000Z", "revoked": True}


@pytest.fixture
def story(house: House) -> House:
    """Most of it where every member reads, one use of a technique where only analysts and peers cleared for AMBER do."""
    add(house, "actors", IDENTITY, HERON, LURES, OPEN, TOLD)
    add(house, "public", HERON, LURES)
    add(house, "restricted", HERON, SCRIPTS, SECRET)
    return house


@pytest.fixture(params=[1, 2, 1_000])
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of any size."""
    monkeypatch.setattr("tocsin.services.landscape.PAGE", request.param)


def add(house: House, alias: str, *objects: dict[str, object]) -> None:
    status, _resource = house.exchange.objects.add(house.operator, house.collection(alias), text(*objects), now=house.exchange.now())
    assert status.failures == ()


def survey(house: House, caller: Caller) -> Landscape:
    return house.exchange.landscape.survey(caller, span=ALWAYS, now=house.exchange.now())


def profile(house: House, caller: Caller) -> Profile:
    (found,) = house.exchange.landscape.profiles(caller, "heron", now=house.exchange.now())
    return found


def techniques(found: Profile) -> list[str]:
    return [one.technique.name for one in found.uses]


@pytest.mark.usefixtures("page")
def test_what_stands_in_several_collections_counts_once(story: House) -> None:
    """By id, over all that the caller may read, on pages of any size."""
    assert [row.subject.name for row in survey(story, story.operator).techniques] == ["Lures", "Scripts"]
    assert survey(story, story.operator).uses == 2
    found = profile(story, story.operator)
    assert techniques(found) == ["Lures", "Scripts"]
    assert [one.name for one in found.uses[0].reports] == ["A report"]
    assert found.sources == ((Named(id=AUTHOR, name="A provider"), 1),)


def test_what_the_caller_may_not_read_does_not_exist(story: House) -> None:
    """Not its use, not its technique, not among those that were never seen."""
    caller = story.join("siem", Role.SOC)
    found = survey(story, caller)
    assert (found.uses, [row.subject.name for row in found.techniques], found.unseen) == (1, ["Lures"], ())
    assert techniques(profile(story, caller)) == ["Lures"]


def test_an_actor_that_the_caller_may_not_read_is_not_found(story: House) -> None:
    """Neither by its name nor as a hint; whoever may write somewhere does not read there for it."""
    add(story, "submissions", actor(2, "Hidden Newt"))
    peer = story.join("bot", Role.PEER, organisation="Own", clearance=Level.GREEN)
    assert story.collection("submissions").may_write(peer)
    with pytest.raises(NotFoundError) as error:
        story.exchange.landscape.find(peer, "Hidden Newts", now=story.exchange.now())
    assert "Newt" not in error.value.hint
    assert story.exchange.landscape.find(story.operator, "hidden newt", now=story.exchange.now())


def test_a_newer_version_counts_for_whoever_may_read_it(story: House) -> None:
    """A use that was revoked where only some read is revoked for them."""
    add(story, "restricted", {**OPEN, **REVOKED})
    assert techniques(profile(story, story.operator)) == ["Scripts"]
    assert techniques(profile(story, story.join("siem", Role.SOC))) == ["Lures"]


def test_an_actor_that_was_revoked_is_gone(story: House) -> None:
    """And so is what was said of it."""
    add(story, "public", {**HERON, **REVOKED})
    with pytest.raises(NotFoundError):
        story.exchange.landscape.profiles(story.operator, "heron", now=story.exchange.now())
    assert survey(story, story.operator).uses == 0


def test_actors_of_one_name_are_told_apart(story: House) -> None:
    """Each with what is its own."""
    other = actor(2, "HERON", created_by_ref=f"{AUTHOR[:-1]}1")
    add(story, "actors", other, link(3, "uses", (other, LURES)))
    found = story.exchange.landscape.profiles(story.operator, "heron", now=story.exchange.now())
    assert [(one.actor.name, techniques(one)) for one in found] == [("Heron", ["Lures", "Scripts"]), ("HERON", ["Lures"])]
    assert [[overlap.actor.name for overlap in one.overlaps] for one in found] == [["HERON"], ["Heron"]]
