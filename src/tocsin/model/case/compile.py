"""A case as STIX 2.1 objects: what each field of a case file becomes (docs/cases.md has the table).

Contents only: `created` and `modified` are put on by `version`, which knows what was published before. Ids follow from the author and a
natural key (ADR 0003); where a case is not catalogue knowledge, the key of what it states ends in the case's name, so that two cases never
share a statement.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, UnsetType

from tocsin.model.case.names import ACTOR, TECHNIQUE, Names
from tocsin.model.case.normal import about, default_action_name, default_indicator_name, instant, pattern_of
from tocsin.model.case.record import Action, Actor, Case, Identity, Indicator, Infrastructure, Mapping, Reference, Technique, Use
from tocsin.model.extension import extended
from tocsin.model.identifier import object_id, observable_id
from tocsin.model.marking import MARKING_REF, PAP_REF, Level

Object = dict[str, Any]

CASE_SOURCE = "tocsin-case"  # source_name of the reference that carries a case's name
CATALOGUE_LABEL, EXAMPLE_LABEL = "reference-catalogue", "example"
ACTOR_TYPES = {
    "nation-state-apt": "nation-state",
    "apm": "advanced-persistent-manipulator",
    "cybercrime-syndicate": "crime-syndicate",
    UNSET: "unknown",
}
_FRAMEWORKS = {"mitre-attack": "ATT&CK v", "mitre-atlas": "ATLAS "}


def compile_case(case: Case, names: Names) -> list[Object]:
    """The objects of a case in its one form, without versions: identity, techniques, actors, what they did, the report last."""
    return list(_Writer(case, names).everything())


def mapping_references(technique: Technique) -> list[Object]:
    """How a technique stands to ATT&CK and ATLAS, in words: an `external_id` would be taken for the object's own."""
    return [_mapping_reference(mapping) for mapping in technique.mappings]


def written(reference: Reference) -> Object:
    """One external reference."""
    pairs = {"source_name": reference.source, "description": reference.text, "url": reference.url, "external_id": reference.id}
    return _present(pairs)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the objects of one case."""

    case: Case
    names: Names

    def everything(self) -> Iterator[Object]:
        case = self.case
        if not isinstance(case.identity, UnsetType):
            yield self._identity(case.identity)
        members: list[Object] = [
            *map(self._technique, case.techniques),
            *(self._actor(actor) for actor in case.actors if actor.name is not UNSET),
            *(one for actor in case.actors for one in self._deeds(actor)),
            *(one for infrastructure in case.infrastructure for one in self._infrastructure(infrastructure)),
            *(one for indicator in case.indicators for one in self._indicator(indicator)),
        ]
        yield from members
        yield self._report(members)

    def _identity(self, identity: Identity) -> Object:
        pairs = {"name": identity.name, "description": identity.description, "identity_class": identity.kind, "sectors": identity.sectors}
        return self._object("identity", self.names.author, pairs=pairs, references=None)

    def _technique(self, technique: Technique) -> Object:
        pairs = {
            "name": technique.name,
            "description": technique.definition,
            "aliases": [technique.technique, *technique.aliases],
            "kill_chain_phases": [
                dict(zip(("kill_chain_name", "phase_name"), phase.split("/"), strict=True)) for phase in technique.phases
            ],
            "extensions": _extended(
                "llm-technique",
                slug=technique.technique,
                novelty=technique.novelty,
                mappings=[_mapping_entry(mapping) for mapping in technique.mappings],
            ),
        }
        references = [*mapping_references(technique), *map(written, technique.references)]
        return self._object(TECHNIQUE, self.names.id_of(TECHNIQUE, technique.technique), pairs=pairs, references=references)

    def _actor(self, actor: Actor) -> Object:
        pairs = {
            "name": actor.name,
            "description": actor.description,
            "threat_actor_types": [ACTOR_TYPES[actor.actor_class]],
            "aliases": actor.aliases,
            "first_seen": _when(actor.first_seen),
            "extensions": _extended(
                "actor-profile",
                slug=actor.actor,
                actor_class=actor.actor_class,
                sponsor=actor.sponsor,
                sponsor_country=actor.country,
                attribution=actor.attribution,
            ),
        }
        references = list(map(written, actor.references))
        return self._object(ACTOR, self.names.id_of(ACTOR, actor.actor), pairs=pairs, references=references)

    def _deeds(self, actor: Actor) -> Iterator[Object]:
        """What the actor did, and what was done about it."""
        who = self.names.id_of(ACTOR, actor.actor)
        for use in actor.uses:
            yield self._use(who, use)
        for action in actor.actions:
            course = self._action(actor, action)
            yield course
            yield self._relation(course["id"], "related-to", target=who)

    def _use(self, who: str, use: Use) -> Object:
        return self._relation(
            who,
            "uses",
            target=self.names.id_of(TECHNIQUE, use.technique),
            description=use.seen,
            start_time=_when(use.first_seen),
            stop_time=_when(use.last_seen, is_end=True),
            confidence=use.confidence,
            extensions=_extended(
                "llm-technique", novelty=use.novelty, uplift=use.uplift, autonomy=use.autonomy, services=list(use.services)
            ),
        )

    def _action(self, actor: Actor, action: Action) -> Object:
        name = actor.name if isinstance(actor.name, str) else actor.actor
        pairs = {
            "name": default_action_name(action, name) if action.name is UNSET else action.name,
            "description": action.description,
            "labels": [action.action],
            "extensions": _extended(
                "enforcement-action",
                action_type=action.action,
                action_time=_when(action.when),
                account_count=action.accounts,
                api_key_count=action.api_keys,
                asset_count=action.assets,
                taken_by=action.by,
                told=list(action.told),
                redress_url=action.redress,
            ),
        }
        identifier = self._id("course-of-action", f"{actor.actor}|{action.action}")
        return self._object("course-of-action", identifier, pairs=pairs, references=list(map(written, action.references)))

    def _infrastructure(self, one: Infrastructure) -> Iterator[Object]:
        pairs = {
            "name": one.name,
            "description": one.description,
            "infrastructure_types": one.types,
            "aliases": [one.infrastructure],
            "first_seen": _when(one.first_seen),
            "last_seen": _when(one.last_seen, is_end=True),
        }
        identifier = self._id("infrastructure", one.infrastructure)
        yield self._object("infrastructure", identifier, pairs=pairs)
        for who in self._whose(one.actors):
            yield self._relation(who, "uses", target=identifier)

    def _indicator(self, one: Indicator) -> Iterator[Object]:
        kind, value = about(one)
        pattern_type, pattern = pattern_of(one)
        pairs = {
            "name": default_indicator_name(one) if one.name is UNSET else one.name,
            "description": one.description,
            "indicator_types": one.types,
            "pattern": pattern,
            "pattern_type": pattern_type,
            "pattern_version": "2.1" if pattern_type == "stix" else value.version,
            "valid_from": _when(self.case.reported if one.valid_from is UNSET else one.valid_from),
            "valid_until": _when(one.valid_until, is_end=True),
            "confidence": one.confidence,
        }
        identifier = self._id("indicator", f"{pattern_type}|{value.name if kind == 'rule' else pattern}")
        yield self._object("indicator", identifier, pairs=pairs)
        if kind == "account":
            yield self._account(one)
        for who in self._whose(one.actors):
            yield self._relation(identifier, "indicates", target=who)

    def _account(self, one: Indicator) -> Object:
        account = about(one)[1]
        named = {"account_type": account.provider, "user_id": account.hashed}
        algorithm, key_id, canonicalisation, _ = account.hashed.split(":")
        extension = _extended(
            "hashed-account",
            algorithm=algorithm,
            key_id=key_id,
            canonicalisation=int(canonicalisation),
            identifier_kind=account.kind,
        )
        marked = {"extensions": extension, "object_marking_refs": self._markings()}
        return {"type": "user-account", "spec_version": "2.1", "id": observable_id("user-account", named), **named, **marked}

    def _report(self, members: Sequence[Object]) -> Object:
        case = self.case
        referred = (self.names.id_of(ACTOR, actor.actor) for actor in case.actors)
        pairs = {
            "name": case.title,
            "description": case.summary,
            "report_types": case.kinds,
            "published": _when(case.reported),
            "object_refs": list(dict.fromkeys([*referred, *(one["id"] for one in members), *self._techniques_used()])),
            "labels": [CATALOGUE_LABEL] if case.catalogue else [],
            "confidence": case.confidence,
        }
        identifier = object_id("report", self.names.author, key=case.case)
        report = self._object("report", identifier, pairs=pairs, references=[])
        named = {"source_name": CASE_SOURCE, "external_id": f"{case.case}@{case.author}"}
        return report | {"external_references": [named, *report.get("external_references", [])]}

    def _techniques_used(self) -> Iterator[str]:
        return (self.names.id_of(TECHNIQUE, use.technique) for actor in self.case.actors for use in actor.uses)

    def _whose(self, actors: Sequence[str]) -> list[str]:
        return [self.names.id_of(ACTOR, actor) for actor in actors or [one.actor for one in self.case.actors]]

    def _relation(self, source: str, verb: str, *, target: str, **pairs: Any) -> Object:
        identifier = self._id("relationship", f"{source}|{verb}|{target}")
        ends = {"relationship_type": verb, "source_ref": source, "target_ref": target}
        return self._object("relationship", identifier, pairs=ends | pairs)

    def _id(self, kind: str, key: str) -> str:
        """Of what the case states: within the case, unless it is knowledge of its own."""
        return object_id(kind, self.names.author, key=key if self.case.catalogue else f"{key}|{self.case.case}")

    def _object(self, kind: str, identifier: str, *, pairs: Object, references: Iterable[Object] | None = ()) -> Object:
        """One object, with what all objects of the case share; without references, not even those of the case."""
        shared = {"type": kind, "spec_version": "2.1", "id": identifier, "created_by_ref": self.names.author}
        labels = [*pairs.get("labels", ()), *([EXAMPLE_LABEL] if self.case.example else [])]
        cited = [] if references is None else [*map(written, self.case.sources), *references]
        rest = {"labels": labels, "lang": "en", "external_references": cited, "object_marking_refs": self._markings()}
        return _present({**shared, **pairs, **rest})

    def _markings(self) -> list[str]:
        pap = [] if isinstance(self.case.pap, UnsetType) else [PAP_REF[self.case.pap]]
        return [MARKING_REF[Level.named(self.case.tlp)], *pap]


def _mapping_reference(mapping: Mapping) -> Object:
    version = "" if isinstance(mapping.version, UnsetType) else f" ({_FRAMEWORKS[mapping.framework]}{mapping.version})"
    note = "" if isinstance(mapping.note, UnsetType) else f" {mapping.note[0].upper()}{mapping.note[1:]}."
    site = "https://atlas.mitre.org/techniques/" if mapping.framework == "mitre-atlas" else "https://attack.mitre.org/techniques/"
    place = mapping.id if mapping.framework == "mitre-atlas" else f"{mapping.id.replace('.', '/')}/"
    text = f"{mapping.id} {mapping.name}{version}. Fit: {mapping.fit}; analyst judgement, not an identity.{note}"
    return {"source_name": mapping.framework, "description": text, "url": site + place}


def _mapping_entry(mapping: Mapping) -> Object:
    pairs = {"framework": mapping.framework, "external_id": mapping.id, "name": mapping.name, "fit": mapping.fit}
    return _present(pairs | {"version": mapping.version, "note": mapping.note})


def _when(time: str | UnsetType, *, is_end: bool = False) -> str | UnsetType:
    return time if isinstance(time, UnsetType) else instant(time, is_end=is_end)


def _extended(extension: str, /, **properties: Any) -> Object:
    """One of our extensions, without what is not said."""
    return extended(extension, **{name: value for name, value in properties.items() if value is not UNSET})


def _present(pairs: Object) -> Object:
    """Without what is not there: STIX has neither null nor empty lists (STIX 2.1 §2.9, §3.1)."""
    found = ((name, list(value) if isinstance(value, tuple) else value) for name, value in pairs.items())
    return {name: value for name, value in found if value is not UNSET and value not in ([], {})}
