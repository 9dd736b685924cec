"""The profile of an actor as text for people; what nobody says is left out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from tocsin.faces.cli.layout import listed, many, one_line, paragraphs
from tocsin.model.actor import Actor
from tocsin.model.profile import Action, Overlap, Profile, Reference, Relation, Report, Seen

SHOWN = 5  # indicators that are shown one by one
_DATED = {"observation": "seen", "report": "reported", "record": "recorded"}
_LONGEST_URL = 300  # characters; not wrapped, so that it stays one link
_DEEP = 4  # the indent of what is said of an item

Item = TypeVar("Item")


def lines_of(profile: Profile) -> Iterator[str]:
    """The lines of one profile."""
    actor = profile.actor
    yield "  ".join(word for word in (one_line(actor.name), _mark("TLP", profile.level), _mark("PAP", profile.pap)) if word)
    yield actor.id
    yield from listed([kind_of(actor)], head="Class: ", indent=0)
    yield from paragraphs(_said("Sponsor:", _sponsor(actor)), indent=0)
    yield from paragraphs(_said("Attribution:", actor.attribution), indent=0)
    yield from listed(actor.aliases, head="Also called: ", indent=0)
    yield from listed([f"{author.name} ({many(times, 'object')})" for author, times in profile.sources], head="According to: ", indent=0)
    yield from ("", *paragraphs(profile.description)) if profile.description else ()
    yield from _section("Techniques", profile.uses, _use)
    yield from _section("Actions against it", profile.actions, _action)
    yield from _clues(profile)
    yield from _section("Infrastructure", profile.infrastructure, lambda one: listed([one.name]))
    yield from _section("Relations", profile.relations, _relation)
    yield from _section("Reports", profile.reports, _report)
    yield from _section("References", profile.references, _reference)
    yield from _section("Called the same, and not merged", profile.overlaps, _overlap)


def kind_of(actor: Actor) -> str:
    """Its class, or the types that plain STIX gives it."""
    return actor.actor_class or ", ".join(actor.types)


def _section(title: str, items: Sequence[Item], lines: Callable[[Item], Iterable[str]]) -> Iterator[str]:
    if items:
        yield from ("", f"{title} ({len(items)})")
        for item in items:
            yield from lines(item)


def _use(seen: Seen) -> Iterator[str]:
    use = seen.use
    until = f" to {use.stop[:10]}" if use.stop[:10] > use.start[:10] else ""
    when = f"{_DATED[use.dated_by]} {use.start[:10]}{until}"
    yield f"  {one_line(seen.technique.name)}"
    confidence = "" if use.confidence is None else f"confidence {use.confidence}"
    yield from listed([when, use.novelty, _said("uplift", use.uplift), use.autonomy, *use.services, confidence], indent=_DEEP)
    yield from paragraphs(use.description, indent=_DEEP)
    yield from listed([report.name for report in seen.reports], head="in: ", indent=_DEEP)


def _action(action: Action) -> Iterator[str]:
    numbers = ((action.accounts, "account"), (action.api_keys, "API key"), (action.assets, "asset"))
    counts = [many(number, noun) for number, noun in numbers if number is not None]
    yield f"  {one_line(action.name)}"
    told = [_said("told", one) for one in action.told]
    yield from listed([action.action_type, action.time[:10], *counts, _said("by", action.taken_by), *told], indent=_DEEP)
    yield from paragraphs(action.description, indent=_DEEP)
    yield from _link(action.redress_url)


def _clues(profile: Profile) -> Iterator[str]:
    if profile.clues:
        yield from ("", f"Indicators ({len(profile.clues)}), the latest first")
        yield from listed([f"{kind} {times}" for kind, times in profile.clue_counts], head="of kind: ")
        for clue in profile.clues[:SHOWN]:
            yield from listed([clue.pattern, clue.name])


def _relation(relation: Relation) -> list[str]:
    verb, other = one_line(relation.verb), one_line(relation.other.name)
    return [f"  {verb} {other}" if relation.is_outgoing else f"  {other} {verb} it"]


def _report(report: Report) -> list[str]:
    return listed([report.name], head=f"{report.published[:10]}  ")


def _reference(reference: Reference) -> Iterator[str]:
    name = f"{reference.source} {reference.external_id}".strip()
    yield from paragraphs(": ".join(part for part in (name, reference.description) if part))
    yield from _link(reference.url)


def _overlap(overlap: Overlap) -> list[str]:
    author = f", according to {one_line(overlap.author.name)}" if overlap.author else ""
    return [f"  {one_line(overlap.actor.name)}{author}", f"    {overlap.actor.id}", *listed(overlap.names, head="both: ", indent=_DEEP)]


def _link(url: str) -> list[str]:
    return [f"    {one_line(url, longest=_LONGEST_URL)}"] if url else []


def _sponsor(actor: Actor) -> str:
    return " ".join(part for part in (actor.sponsor, f"({actor.sponsor_country})" if actor.sponsor_country else "") if part)


def _mark(scheme: str, word: str) -> str:
    return f"{scheme}:{word.upper()}" if word else ""


def _said(label: str, value: str) -> str:
    return f"{label} {value}" if value else ""
