"""What may stand in a case file: the records, and the JSON schema that is made from them (docs/case.schema.json, for editors).

The records are the one definition of the format: the schema judges a file, and what passes it fits the records. What a field becomes in
STIX is said in docs/cases.md and done in `compile`.
"""

from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

SLUG = "[a-z0-9]+(-[a-z0-9]+)*"
DOMAIN = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_SECOND = r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?Z"

Slug = Annotated[str, Meta(pattern=f"^{SLUG}$", max_length=100, description="a short name: a-z, 0-9 and single dashes")]
Named = Annotated[
    str,
    Meta(
        pattern=r"^\S(.*\S)?$",
        max_length=300,
        description='a short name of this file or of the reference catalogue, "name@domain" for what another author described, or an id',
    ),
]
Domain = Annotated[str, Meta(pattern=f"^{DOMAIN}$", max_length=253, description="a DNS domain in lower case")]
Line = Annotated[str, Meta(pattern=r"^\S(.*\S)?$", max_length=300, description="text on one line")]
Text = Annotated[str, Meta(pattern=r"^\S([\s\S]*\S)?$", max_length=20_000, description="text, of several paragraphs if need be")]
Value = Annotated[str, Meta(pattern=r"^\S+$", max_length=2_000, description="one value, without blanks")]
Url = Annotated[str, Meta(pattern=r"^https?://\S+$", max_length=2_000, description="a URL that begins with https:// or http://")]
Hash = Annotated[
    str,
    Meta(
        pattern="^([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128})$",
        description="the MD5, SHA-1, SHA-256 or SHA-512 of a file, in hexadecimal",
    ),
]
Hashed = Annotated[
    str,
    Meta(
        pattern=r"^hmac-sha256:[a-z0-9.-]{1,129}:[1-9][0-9]{0,3}:[0-9a-f]{64}$",
        description="the user_id of a hashed account: hmac-sha256:key.epoch:version:64 hexadecimal digits",
    ),
]
Time = Annotated[
    str, Meta(pattern=f"^{_DAY}({_SECOND})?$", description="a day like 2026-11-20, or an instant like 2026-11-20T09:30:00Z (UTC)")
]
_ONCE = {"uniqueItems": True}
Lines = Annotated[tuple[Line, ...], Meta(max_length=1_000, extra_json_schema=_ONCE)]
Everybody = Annotated[tuple[Named, ...], Meta(extra_json_schema=_ONCE)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Confidence = Annotated[int, Meta(ge=0, le=100, description="0 to 100, as STIX has it")]

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
Pap = Literal["clear", "green", "amber", "red"]
ActorClass = Literal["nation-state-apt", "apm", "cybercrime-syndicate"]
Novelty = Literal["known", "adapted", "unprecedented"]
Uplift = Literal["none", "limited", "high"]
Autonomy = Literal["assistive", "supervised", "autonomous"]
Fit = Literal["primary", "related", "weak", "conditional"]
Framework = Literal["mitre-attack", "mitre-atlas"]
AccountKind = Literal["email", "phone", "username", "account-id"]
RuleType = Literal["sigma", "yara", "nova", "snort", "suricata"]
ActionType = Literal[
    "account-disabled",
    "api-key-disabled",
    "access-revoked",
    "assets-disabled",
    "infrastructure-disrupted",
    "takedown-with-third-party",
    "classifier-deployed",
    "model-hardened",
    "safeguards-strengthened",
    "indicators-published",
    "indicators-shared-with-partners",
    "indicators-shared-with-community",
    "intelligence-shared-with-industry",
    "partners-alerted",
    "authorities-notified",
    "victims-notified",
    "vendor-notified",
    "civil-action",
]

MALICIOUS = ("malicious-activity",)
THREAT_REPORT = ("threat-report",)


class Record(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Common to all: nothing unknown, nothing written out that is as it would be anyway."""


class Reference(Record, frozen=True, kw_only=True):
    """Where something was published, or what it is called elsewhere (STIX 2.1 §2.5)."""

    source: Line
    text: Text | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    id: Line | UnsetType = UNSET


class Identity(Record, frozen=True, kw_only=True):
    """Who the author is, for exchanges that have no identity of it yet."""

    name: Line
    description: Text | UnsetType = UNSET
    kind: Literal["organization", "system", "group", "individual"] = "organization"
    sectors: Lines = ()


class Mapping(Record, frozen=True, kw_only=True):
    """How a technique stands to one of ATT&CK or ATLAS: a hint, never an identity."""

    framework: Framework
    id: Annotated[str, Meta(pattern=r"^(AML\.)?T[0-9]{4}(\.[0-9]{3})?$", description="an id of a technique, like T1566 or AML.T0016.002")]
    name: Line
    fit: Fit
    version: Line | UnsetType = UNSET
    note: Line | UnsetType = UNSET


class Technique(Record, frozen=True, kw_only=True):
    """A technique that this file describes."""

    technique: Slug
    name: Line
    definition: Text
    aliases: Lines = ()
    phases: tuple[
        Annotated[str, Meta(pattern=f"^{SLUG}/{SLUG}$", description="kill chain and phase: mitre-attack/reconnaissance")], ...
    ] = ()
    mappings: Annotated[tuple[Mapping, ...], Meta(max_length=1_000)] = ()
    novelty: Novelty | UnsetType = UNSET
    references: tuple[Reference, ...] = ()


class Use(Record, frozen=True, kw_only=True):
    """What was seen of one technique."""

    technique: Named
    seen: Text
    services: Annotated[Lines, Meta(description="the AI services that were misused")] = ()
    first_seen: Time | UnsetType = UNSET
    last_seen: Time | UnsetType = UNSET
    novelty: Novelty | UnsetType = UNSET
    uplift: Uplift | UnsetType = UNSET
    autonomy: Autonomy | UnsetType = UNSET
    confidence: Confidence | UnsetType = UNSET


class Action(Record, frozen=True, kw_only=True):
    """What was done about the actor, and who was told."""

    action: ActionType
    name: Line | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    when: Time | UnsetType = UNSET
    by: Line | UnsetType = UNSET
    accounts: Count | UnsetType = UNSET
    api_keys: Count | UnsetType = UNSET
    assets: Count | UnsetType = UNSET
    told: Lines = ()
    redress: Url | UnsetType = UNSET
    references: tuple[Reference, ...] = ()


class Actor(Record, frozen=True, kw_only=True):
    """A threat actor: one that is known already, or, with a name, one that this file describes."""

    actor: Named
    name: Line | UnsetType = UNSET
    actor_class: ActorClass | UnsetType = msgspec.field(name="class", default=UNSET)
    aliases: Lines = ()
    description: Text | UnsetType = UNSET
    sponsor: Annotated[Line, Meta(description="as assessed, in the words of who says so")] | UnsetType = UNSET
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", description="the country of the sponsor: two capitals, ISO 3166-1")] | UnsetType = (
        UNSET
    )
    attribution: Annotated[Line, Meta(description="the wording of the attribution, such as: linked to")] | UnsetType = UNSET
    first_seen: Time | UnsetType = UNSET
    references: tuple[Reference, ...] = ()
    uses: tuple[Use, ...] = ()
    actions: tuple[Action, ...] = ()


class Infrastructure(Record, frozen=True, kw_only=True):
    """Machines and services of the actors."""

    infrastructure: Slug
    name: Line
    types: Lines = ()
    description: Text | UnsetType = UNSET
    first_seen: Time | UnsetType = UNSET
    last_seen: Time | UnsetType = UNSET
    actors: Annotated[Everybody, Meta(description="whose it is; without it, of every actor of the case")] = ()


class Account(Record, frozen=True, kw_only=True):
    """An account at a provider. It leaves this machine as a keyed hash only."""

    provider: Annotated[
        str, Meta(pattern=r"^[a-z0-9][^\sA-Z]*$", max_length=253, description="where the account is: a domain, or a name in lower case")
    ]
    kind: AccountKind
    user: Line | UnsetType = UNSET
    hashed: Hashed | UnsetType = UNSET


class Rule(Record, frozen=True, kw_only=True):
    """A detection rule in a language of its own."""

    type: RuleType
    name: Line
    text: Text
    version: Line | UnsetType = UNSET


class Indicator(Record, frozen=True, kw_only=True):
    """Something to look for: exactly one of the first eight."""

    domain: Value | UnsetType = UNSET
    ip: Value | UnsetType = UNSET
    url: Value | UnsetType = UNSET
    email: Value | UnsetType = UNSET
    hash: Hash | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    rule: Rule | UnsetType = UNSET
    pattern: Annotated[Text, Meta(description="a STIX pattern, for what none of the others says")] | UnsetType = UNSET
    name: Line | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    types: Lines = MALICIOUS
    valid_from: (
        Annotated[Time, Meta(description="a day like 2026-11-20, or an instant in UTC; without it, when the case was reported")] | UnsetType
    ) = UNSET
    valid_until: Time | UnsetType = UNSET
    confidence: Confidence | UnsetType = UNSET
    actors: Annotated[Everybody, Meta(description="whom it indicates; without it, every actor of the case")] = ()


INDICATED = ("domain", "ip", "url", "email", "hash", "account", "rule", "pattern")
"""What an indicator may be about: it has exactly one of these."""


class Case(Record, frozen=True, kw_only=True):
    """One case: who did what with which model, what was done about it, and what to look for."""

    case: Slug
    title: Line
    author: Annotated[Domain, Meta(description="the domain of the organisation that speaks")]
    reported: Annotated[Time, Meta(description="when it was published or else reported: a day like 2026-11-20, or an instant in UTC")]
    tlp: Tlp
    pap: Pap | UnsetType = UNSET
    summary: Text
    confidence: Confidence | UnsetType = UNSET
    kinds: Annotated[Lines, Meta(description="report types of STIX 2.1 §10.22")] = THREAT_REPORT
    example: Annotated[bool, Meta(description="fictional, for trying things out: reserved names and addresses only")] = False
    catalogue: Annotated[bool, Meta(description="knowledge of its own rather than one case: ids do not hold the case's name")] = False
    identity: Identity | UnsetType = UNSET
    sources: tuple[Reference, ...] = ()
    techniques: tuple[Technique, ...] = ()
    actors: tuple[Actor, ...] = ()
    infrastructure: tuple[Infrastructure, ...] = ()
    indicators: tuple[Indicator, ...] = ()


@cache
def case_schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of a case file."""
    (_ref,), components = msgspec.json.schema_components([Case])
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **components.pop("Case"), "title": "Tocsin case file"}
    return {**schema, "$defs": {name: components[name] for name in sorted(components)}}
