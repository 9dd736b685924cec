"""The profile of an actor: everything that a graph says of it, each piece from its object, nothing of anybody else."""

from typing import Any

import pytest

from tests.support.abuse import AUTHOR, actor, extended, graph, link, report, technique, thing
from tests.support.objects import INSTANT, indicator, uuid
from tocsin.model.actor import actor_of
from tocsin.model.graph import Named
from tocsin.model.marking import MARKING_REF, PAP_REF, Level
from tocsin.model.profile import Action, Clue, Overlap, Profile, Reference, Relation, Report, profile_of

CLEAR, DAY = {"object_marking_refs": [MARKING_REF[Level.CLEAR], PAP_REF["green"]]}, "2024-02-14T00:00:00.000"
SAID = {"created_by_ref": AUTHOR}
IDENTITY = thing("identity", 900, name="A provider", identity_class="organization")
HERON = actor(
    1,
    "Heron",
    description="A bird.",
    external_references=[{"source_name": "mitre-attack", "external_id": "G9007", "url": "https://example.org/g"}, {"description": "x"}],
    **CLEAR,
    **SAID,
)
NEWT = actor(2, "Newt", aliases=["HERON"], created_by_ref=f"identity--{uuid(901)}")
LURES = technique(1, "Lures")
USE = link(1, "uses", (HERON, LURES), **SAID)
ACTION = thing(
    "course-of-action",
    1,
    name="Accounts disabled",
    extensions=extended(
        "enforcement-action",
        action_type="account-disabled",
        action_time=f"{DAY}Z",
        account_count=3,
        asset_count=0,
        taken_by="A provider",
        told=["The police"],
        redress_url="https://example.org/redress",
    ),
)
AGAINST = link(2, "related-to", (ACTION, HERON), **SAID)
DOMAINS = [indicator(number, valid_from=f"2026-01-0{number}T00:00:00Z") for number in (1, 2)]
RULE = indicator(3, pattern="title: a rule", pattern_type="sigma", name="A rule", valid_from="2026-01-03T00:00:00Z")
POINTS = [link(10 + number, "indicates", (one, HERON)) for number, one in enumerate([*DOMAINS, RULE])]
RELAY, SPONSOR = thing("infrastructure", 1, name="Relay"), thing("identity", 5, name="A ministry", identity_class="organization")
RELAYS = link(20, "uses", (HERON, RELAY))
OTHERS = [link(21, "attributed-to", (HERON, SPONSOR)), link(22, "related-to", (NEWT, HERON)), link(23, "targets", (NEWT, SPONSOR))]
MISSING = link(24, "indicates", (indicator(77), HERON))
REPORTS = [report(1, "Told later", "2025-01-01T00:00:00Z", HERON), report(2, "Told first", f"{DAY}Z", HERON, USE)]
STORY: list[dict[str, Any]] = [IDENTITY, HERON, NEWT, LURES, USE, ACTION, AGAINST, *DOMAINS, RULE, *POINTS, RELAY, SPONSOR, RELAYS]
STORY += [*OTHERS, MISSING, *REPORTS]


def told(*objects: dict[str, Any], of: dict[str, Any] = HERON) -> Profile:
    return profile_of(graph(*objects), actor_of(of), others=[actor_of(one) for one in (HERON, NEWT)])


def test_a_bare_actor_has_a_bare_profile() -> None:
    """Nothing is made up."""
    bare = actor(3, "Bare")
    nothing = dict.fromkeys(("references", "uses", "actions", "clues", "infrastructure", "relations", "reports", "sources", "overlaps"), ())
    assert told(bare, *STORY, of=bare) == Profile(actor=actor_of(bare), level="", pap="", description="", **nothing)


def test_marks_text_and_references_are_those_of_the_object() -> None:
    profile = told(*STORY)
    assert (profile.level, profile.pap, profile.description) == ("clear", "green", "A bird.")
    assert profile.references == (
        Reference(source="mitre-attack", description="", external_id="G9007", url="https://example.org/g"),
        Reference(source="", description="x", external_id="", url=""),
    )


def test_techniques_come_with_the_reports_that_tell_of_them() -> None:
    """Reports that name the actor are listed by day, whether they tell of the use or not."""
    profile = told(*STORY)
    (seen,) = profile.uses
    assert (seen.use.id, seen.use.start, seen.technique.name, [one.name for one in seen.reports]) == (
        USE["id"],
        DAY,
        "Lures",
        ["Told first"],
    )
    assert profile.reports == (
        Report(id=REPORTS[1]["id"], name="Told first", published=DAY),
        Report(id=REPORTS[0]["id"], name="Told later", published="2025-01-01T00:00:00.000"),
    )


def test_an_action_says_what_was_done_to_how_many_by_whom() -> None:
    assert told(*STORY).actions == (
        Action(
            id=ACTION["id"],
            name="Accounts disabled",
            action_type="account-disabled",
            time=DAY,
            accounts=3,
            api_keys=None,
            assets=0,
            taken_by="A provider",
            told=("The police",),
            redress_url="https://example.org/redress",
            description="",
        ),
    )


def test_indicators_come_latest_first_and_are_counted_by_kind() -> None:
    """A STIX pattern by what it observes, any other by its language."""
    profile = told(*STORY)
    assert [clue.name for clue in profile.clues] == ["A rule", "number 2", "number 1"]
    assert profile.clue_counts == [("domain-name", 2), ("sigma", 1)]
    assert profile.clues[1] == Clue(
        id=DOMAINS[1]["id"],
        name="number 2",
        kind="domain-name",
        pattern="[domain-name:value = 'n2.example.org']",
        valid_from="2026-01-02T00:00:00.000",
    )


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("[domain-name:value = 'a']", "domain-name"),
        ("([ ipv4-addr:value = '192.0.2.1'] AND [url:value = 'b'])", "ipv4-addr"),
        ("[x-custom:a = 1]", "x-custom"),
        ("nothing of the kind", "stix"),
        ("(" * 9_000, "stix"),
    ],
)
def test_the_kind_of_a_stix_pattern_is_what_it_observes_first(pattern: str, kind: str) -> None:
    one = indicator(1, pattern=pattern)
    assert told(HERON, one, link(1, "indicates", (one, HERON))).clue_counts == [(kind, 1)]


def test_infrastructure_and_every_other_relation_are_there() -> None:
    """Also where the other end is not held; what joins others is not."""
    profile = told(*STORY)
    assert profile.infrastructure == (Named(id=RELAY["id"], name="Relay"),)
    missing = f"indicator--{uuid(77)}"
    assert profile.relations == (
        Relation(verb="attributed-to", other=Named(id=SPONSOR["id"], name="A ministry"), is_outgoing=True),
        Relation(verb="indicates", other=Named(id=missing, name=missing), is_outgoing=False),
        Relation(verb="related-to", other=Named(id=NEWT["id"], name="Newt"), is_outgoing=False),
    )


def test_sources_are_counted_by_who_says_how_much() -> None:
    """By name where the identity is held."""
    assert told(*STORY).sources == ((Named(id=AUTHOR, name="A provider"), 3),)
    assert told(HERON).sources == ((Named(id=AUTHOR, name=AUTHOR), 1),)


def test_another_actor_of_the_same_name_is_mentioned_and_stays_apart() -> None:
    """From both sides, each in its own words."""
    stranger = Named(id=f"identity--{uuid(901)}", name=f"identity--{uuid(901)}")
    profiles = told(*STORY), told(*STORY, of=NEWT)
    assert profiles[0].overlaps == (Overlap(actor=actor_of(NEWT), author=stranger, names=("Heron",)),)
    assert profiles[1].overlaps == (Overlap(actor=actor_of(HERON), author=Named(id=AUTHOR, name="A provider"), names=("HERON",)),)
    assert (profiles[1].uses, profiles[1].actions, profiles[1].clues, profiles[1].reports) == ((), (), (), ())


def test_what_was_revoked_is_not_told() -> None:
    """A relationship, or what is at its other end."""
    gone = {"modified": "2026-02-01T00:00:00.000Z", "revoked": True}
    profile = told(*STORY, *({**one, **gone} for one in (USE, ACTION, RULE, SPONSOR, REPORTS[0])))
    assert (profile.uses, profile.actions, profile.clue_counts) == ((), (), [("domain-name", 2)])
    assert [one.verb for one in profile.relations] == ["indicates", "related-to"]
    assert [one.name for one in profile.reports] == ["Told first"]


def test_properties_of_the_wrong_shape_do_no_harm() -> None:
    """An older exchange may have let them in."""
    odd = actor(1, "Heron", aliases=None, external_references=[None, {"url": 5}], object_marking_refs=None, extensions=[])
    action = {**ACTION, "extensions": extended("enforcement-action", action_time="soon", account_count="many", told="everybody")}
    profile = told(odd, action, AGAINST, {**REPORTS[0], "object_refs": [HERON["id"], 5], "published": INSTANT})
    assert (profile.level, profile.references) == ("", (Reference(source="", description="", external_id="", url=""),))
    assert (profile.actions[0].time, profile.actions[0].accounts, profile.actions[0].told) == ("", None, ())
