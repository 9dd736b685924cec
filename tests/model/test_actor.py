"""Actors by their names: one name however it is written, exact before partial, two objects never one."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.support.abuse import actor, extended, thing
from tests.support.objects import uuid
from tocsin.errors import InvalidInputError, NotFoundError
from tocsin.model.actor import Actor, Fit, actor_of, choose, find, key_of, shared_names

HERON = actor(
    1,
    "Copper Heron",
    aliases=["APT-900", "Fancy Newt"],
    threat_actor_types=["nation-state"],
    external_references=[{"source_name": "mitre-attack", "external_id": "G9007"}, {"source_name": "a paper"}],
    extensions=extended(
        "actor-profile", actor_class="nation-state-apt", sponsor="A ministry", sponsor_country="ZZ", attribution="linked to"
    ),
)
GROUP = thing("intrusion-set", 2, name="APT900", aliases=["APT900", "Marsh Cell"], x_mitre_aliases=["APT900", "TEMP.Reed"])
NEWT = actor(3, "Newt", aliases=["Copper Heron Two"])
ACTORS = [actor_of(one) for one in (HERON, GROUP, NEWT)]


def found(name: str, actors: list[Actor] = ACTORS) -> list[tuple[str, str, Fit]]:
    return [(match.actor.name, match.matched, match.fit) for match in find(actors, name)]


def test_an_actor_is_read_with_all_its_names_and_what_our_extension_says() -> None:
    assert ACTORS[0] == Actor(
        id=f"threat-actor--{uuid(1)}",
        name="Copper Heron",
        aliases=("APT-900", "Fancy Newt"),
        references=("G9007",),
        actor_class="nation-state-apt",
        sponsor="A ministry",
        sponsor_country="ZZ",
        attribution="linked to",
        types=("nation-state",),
        author="",
    )
    assert ACTORS[1].aliases == ("Marsh Cell", "TEMP.Reed")


@pytest.mark.parametrize("name", ["Fancy Newt", "fancynewt", "FANCY-NEWT", "Ｆａｎｃｙ　Ｎｅｗｔ", "  fancy\tnewt! "])
def test_a_name_is_one_however_it_is_written(name: str) -> None:
    assert found(name) == [("Copper Heron", "Fancy Newt", Fit.ALIAS)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("copper heron", [("Copper Heron", "Copper Heron", Fit.NAME)]),
        ("apt 900", [("APT900", "APT900", Fit.NAME), ("Copper Heron", "APT-900", Fit.ALIAS)]),
        ("temp reed", [("APT900", "TEMP.Reed", Fit.ALIAS)]),
        ("g9007", [("Copper Heron", "G9007", Fit.REFERENCE)]),
        (f"intrusion-set--{uuid(2)}", [("APT900", f"intrusion-set--{uuid(2)}", Fit.ID)]),
        ("copper", [("Copper Heron", "Copper Heron", Fit.BEGINNING), ("Newt", "Copper Heron Two", Fit.BEGINNING)]),
        ("ewt", [("Copper Heron", "Fancy Newt", Fit.PART), ("Newt", "Newt", Fit.PART)]),
    ],
)
def test_exact_names_come_first_and_parts_of_names_only_where_nothing_is_exact(name: str, expected: list[tuple[str, str, Fit]]) -> None:
    """The best name of each actor is told, and how it fits."""
    assert found(name) == expected
    assert found(name, ACTORS[::-1]) == expected


def test_a_piece_of_an_id_is_no_name() -> None:
    with pytest.raises(NotFoundError):
        find(ACTORS, "G900")


def test_a_name_that_nobody_has_comes_back_with_the_nearest() -> None:
    with pytest.raises(NotFoundError) as error:
        find(ACTORS, "coper herron")
    assert str(error.value) == "no actor that can be read here is called 'coper herron'; did you mean Copper Heron or Copper Heron Two?"


@pytest.mark.parametrize(
    ("actors", "hint"),
    [(ACTORS, "see what is there: tocsin actor find with a part of the name"), ([], "there are none: tocsin seed loads some")],
)
def test_where_nothing_is_near_the_way_on_is_told(actors: list[Actor], hint: str) -> None:
    with pytest.raises(NotFoundError) as error:
        find(actors, "zzzz")
    assert error.value.hint == hint


@pytest.mark.parametrize("name", ["", " ", "?!", "\u202e"])
def test_without_a_letter_or_digit_nothing_is_looked_for(name: str) -> None:
    """It would fit everybody."""
    with pytest.raises(InvalidInputError) as error:
        find(ACTORS, name)
    assert error.value.hint == "give one with letters or digits in it"


def test_the_actor_that_a_name_fits_best_is_chosen() -> None:
    """By its name before another by its alias."""
    assert [one.name for one in choose(ACTORS, "APT900")] == ["APT900"]
    assert [one.name for one in choose(ACTORS, "marsh")] == ["APT900"]


def test_actors_of_one_name_are_chosen_together() -> None:
    """By id; each stays what it is."""
    again = actor_of(actor(4, "COPPER HERON"))
    assert choose([*ACTORS, again], "copper heron") == [ACTORS[0], again]


def test_a_name_that_fits_several_is_refused_with_a_list() -> None:
    with pytest.raises(InvalidInputError) as error:
        choose(ACTORS, "ewt")
    listed = f"Copper Heron (threat-actor--{uuid(1)}), Newt (threat-actor--{uuid(3)})"
    assert str(error.value) == f"'ewt' fits several actors: {listed}; give a whole name, or an id"


def test_a_long_list_is_cut() -> None:
    many = [actor_of(actor(number, f"Newt {number}")) for number in range(8)]
    with pytest.raises(InvalidInputError, match=r"Newt 4 \(threat-actor--[^)]+\) and 3 more$"):
        raise_without_hint(many, "newt")


def raise_without_hint(actors: list[Actor], name: str) -> None:
    try:
        choose(actors, name)
    except InvalidInputError as error:
        raise InvalidInputError(error.message) from error


def test_shared_names_are_told_in_the_words_of_the_first() -> None:
    """Whatever the second writes them like; an id in a catalogue is not a name."""
    other = actor_of(
        actor(5, "fancy newt", aliases=["apt 900"], external_references=[{"source_name": "mitre-attack", "external_id": "G9007"}])
    )
    assert shared_names(ACTORS[0], other) == ("APT-900", "Fancy Newt")
    assert shared_names(ACTORS[0], ACTORS[2]) == ()
    assert shared_names(actor_of(actor(6, "???")), actor_of(actor(7, "!!!"))) == ()


@given(some.text(), some.text(alphabet=" -_.!\t\n\u200b"))
def test_the_key_of_a_name_does_not_depend_on_case_or_what_stands_between(name: str, between: str) -> None:
    key = key_of(name)
    assert key_of(between.join([between, key, between])) == key
    assert key_of(key) == key
    assert key_of(name + between) == key
