"""A bundle taken apart again: the case that it was compiled from, in its one form.

It reads bundles that were made from case files, by whomever. What a bundle cannot tell, because it never left, stays unsaid: of a hashed
account there is the hash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin.errors import InvalidInputError
from tocsin.model.case.compile import CASE_SOURCE, CATALOGUE_LABEL, EXAMPLE_LABEL, Object
from tocsin.model.case.names import ACTOR, TECHNIQUE, Known, names_of
from tocsin.model.case.normal import account_pattern, normal, shortest, simple_value
from tocsin.model.case.record import Case
from tocsin.model.case.version import last_versions
from tocsin.model.identifier import extension_definition_id, identity_id
from tocsin.model.marking import LEVELS, PAP_REF

_PAP = {identifier: word for word, identifier in PAP_REF.items()}
_ACTORS = (ACTOR, "intrusion-set")
_HINT = "give a bundle that was made from a case file"
_UNEXPECTED = (LookupError, TypeError, ValueError, AttributeError, StopIteration, msgspec.ValidationError)  # of what anybody may have made
Plain = dict[str, Any]


def decompile(objects: Sequence[Object], known: Known) -> Case:
    """The case that a bundle says; of several versions the last counts.

    Raises:
        InvalidInputError: the bundle holds no case, several, or one that no case file can say.
    """
    try:
        held = last_versions(objects)
        reports = [one for one in held.values() if one["type"] == "report" and _is_case(one)]
        case = _Reader(held, reports[0], _links(held, reports[0])).case() if len(reports) == 1 else None
        found = None if case is None else normal(case, names_of(case, known))
    except _UNEXPECTED as error:
        raise InvalidInputError(f"the bundle cannot be read as a case: {error}", hint=_HINT) from error
    if found is None:
        raise InvalidInputError(f"the bundle holds {len(reports)} cases", hint=_HINT)
    return found


def _is_case(report: Object) -> bool:
    references = report.get("external_references") or [{}]
    return bool(references[0].get("source_name") == CASE_SOURCE)


def _links(held: Mapping[str, Object], report: Object) -> dict[str, list[tuple[Object, str]]]:
    links = dict[str, list[tuple[Object, str]]]()
    for one in (held[ref] for ref in report["object_refs"] if ref in held and held[ref]["type"] == "relationship"):
        links.setdefault(one["source_ref"], []).append((one, one["target_ref"]))
        links.setdefault(one["target_ref"], []).append((one, one["source_ref"]))
    return links


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the objects of one case."""

    held: dict[str, Object]
    report: Object
    links: Mapping[str, Sequence[tuple[Object, str]]]  # by either end: the relationship, and its other end

    def case(self) -> Case:
        report, level = self.report, next(LEVELS[ref] for ref in self.report["object_marking_refs"] if ref in LEVELS)
        name, _, domain = report["external_references"][0]["external_id"].partition("@")
        labels = report.get("labels", [])
        pap = [_PAP[ref] for ref in report["object_marking_refs"] if ref in _PAP]
        plain = {
            "case": name,
            "title": report["name"],
            "author": domain,
            "reported": shortest(report["published"]),
            "tlp": level.label,
            "pap": pap[0] if pap else None,
            "summary": report["description"],
            "confidence": report.get("confidence"),
            "kinds": report["report_types"],
            "example": EXAMPLE_LABEL in labels,
            "catalogue": CATALOGUE_LABEL in labels,
            "identity": self._identity(identity_id(domain)),
            "sources": _references(report, skip=1),
            "techniques": [self._technique(one) for one in self._members(TECHNIQUE)],
            "actors": [self._actor(ref) for ref in self._actors()],
            "infrastructure": [self._infrastructure(one) for one in self._members("infrastructure")],
            "indicators": [self._indicator(one) for one in self._members("indicator")],
        }
        return msgspec.convert(_said(plain), Case)

    def _actors(self) -> list[str]:
        return [ref for ref in self.report["object_refs"] if ref.partition("--")[0] in _ACTORS]

    def _members(self, kind: str) -> list[Object]:
        return [self.held[ref] for ref in self.report["object_refs"] if ref in self.held and self.held[ref]["type"] == kind]

    def _others(self, end: str, verb: str, *, kinds: Sequence[str]) -> list[tuple[Object, str]]:
        """The relationships of the case between an object and others of these types, each with that other's id."""
        found = self.links.get(end, ())
        return [(one, ref) for one, ref in found if one["relationship_type"] == verb and ref.partition("--")[0] in kinds]

    def _identity(self, author: str) -> Plain | None:
        identity = self.held.get(author)
        if identity is None:
            return None
        kind = identity["identity_class"]
        return _said({"name": identity["name"], "kind": kind} | _some(identity, "description", "sectors"))

    def _technique(self, one: Object) -> Plain:
        own = _extension(one, "llm-technique")
        mappings = [{("id" if key == "external_id" else key): value for key, value in entry.items()} for entry in own.get("mappings", [])]
        return _said(
            {
                "technique": own["slug"],
                "name": one["name"],
                "definition": one["description"],
                "aliases": one["aliases"][1:],
                "phases": [f"{phase['kill_chain_name']}/{phase['phase_name']}" for phase in one.get("kill_chain_phases", [])],
                "mappings": mappings,
                "novelty": own.get("novelty"),
                "references": self._own_references(one, skip=len(mappings)),
            }
        )

    def _actor(self, ref: str) -> Plain:
        one = self.held.get(ref, {})
        own = _extension(one, "actor-profile")
        courses = [self.held[course] for _, course in self._others(ref, "related-to", kinds=["course-of-action"])]
        said = {
            "actor": own.get("slug", ref),
            "name": one.get("name"),
            "class": own.get("actor_class"),
            "sponsor": own.get("sponsor"),
            "country": own.get("sponsor_country"),
            "attribution": own.get("attribution"),
            "first_seen": _time(one.get("first_seen")),
            "references": self._own_references(one) if one else [],
            "uses": [self._use(link) for link, _ in self._others(ref, "uses", kinds=[TECHNIQUE])],
            "actions": [self._action(course) for course in courses],
        }
        return _said(said | _some(one, "aliases", "description"))

    def _use(self, link: Object) -> Plain:
        own = _extension(link, "llm-technique")
        times = {"first_seen": _time(link.get("start_time")), "last_seen": _time(link.get("stop_time"), is_end=True)}
        said = {"technique": link["target_ref"], "seen": link["description"], "confidence": link.get("confidence")}
        return _said(said | times | _some(own, "services", "novelty", "uplift", "autonomy"))

    def _action(self, course: Object) -> Plain:
        own = _extension(course, "enforcement-action")
        return _said(
            {
                "action": own["action_type"],
                "name": course["name"],
                "description": course.get("description"),
                "when": _time(own.get("action_time")),
                "by": own.get("taken_by"),
                "accounts": own.get("account_count"),
                "api_keys": own.get("api_key_count"),
                "assets": own.get("asset_count"),
                "told": own.get("told"),
                "redress": own.get("redress_url"),
                "references": self._own_references(course),
            }
        )

    def _infrastructure(self, one: Object) -> Plain:
        times = {"first_seen": _time(one.get("first_seen")), "last_seen": _time(one.get("last_seen"), is_end=True)}
        said = {"infrastructure": one["aliases"][0], "name": one["name"], "description": one.get("description")}
        whose = [actor for _, actor in self._others(one["id"], "uses", kinds=_ACTORS)]
        return _said(said | times | {"types": one.get("infrastructure_types"), "actors": whose})

    def _indicator(self, one: Object) -> Plain:
        said = _said(
            {
                "description": one.get("description"),
                "types": one["indicator_types"],
                "valid_from": _time(one["valid_from"]),
                "valid_until": _time(one.get("valid_until"), is_end=True),
                "confidence": one.get("confidence"),
                "actors": [actor for _, actor in self._others(one["id"], "indicates", kinds=_ACTORS)],
            }
        )
        if one["pattern_type"] == "stix":
            return said | self._sought(one["pattern"]) | {"name": one["name"]}
        rule = {"type": one["pattern_type"], "name": one["name"], "text": one["pattern"], "version": one.get("pattern_version")}
        return said | {"rule": _said(rule)}

    def _sought(self, pattern: str) -> Plain:
        """What a pattern is about: an account of the case, a plain value, or itself."""
        for account in self._members("user-account"):
            hashed, provider = account["user_id"], account["account_type"]
            if pattern == account_pattern(provider, hashed):
                kind = _extension(account, "hashed-account")["identifier_kind"]
                return {"account": {"provider": provider, "kind": kind, "hashed": hashed}}
        return dict([simple_value(pattern)])

    def _own_references(self, one: Object, skip: int = 0) -> list[Plain]:
        """Those of an object behind the ones that it shares with the case."""
        return _references(one, skip=len(self.report["external_references"]) - 1 + skip)


def _references(one: Object, *, skip: int) -> list[Plain]:
    keys = {"source_name": "source", "description": "text", "url": "url", "external_id": "id"}
    return [{keys[name]: value for name, value in each.items()} for each in one.get("external_references", [])[skip:]]


def _extension(one: Object, slug: str) -> Plain:
    found: Plain = one.get("extensions", {}).get(extension_definition_id(slug), {})
    return found


def _time(text: str | None, *, is_end: bool = False) -> Any:
    return None if text is None else shortest(text, is_end=is_end)


def _some(one: Object, *names: str) -> Plain:
    return {name: one[name] for name in names if name in one}


def _said(plain: Plain) -> Plain:
    """Without what is not there."""
    return {name: value for name, value in plain.items() if value is not None and value != []}
