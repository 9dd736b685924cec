"""A STIX object as the exchange keeps it: a few facts read once at the edge, and the bytes as they arrived (ADR 0002).

An instance exists only for an object that passed admission (`tocsin.model.admission.read`); a refused one is a `Refusal`.
"""

from dataclasses import dataclass

from tocsin.model.marking import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class StixObject:
    """One version of one STIX object."""

    id: str  # "type--uuid"
    type: str
    version: str | None  # normalised `modified`, else `created`; None for an object without both (an SCO)
    created_by: str | None  # `created_by_ref`
    level: Level | None  # strictest TLP among its own and its granular markings; None when it carries no TLP marking
    content_hash: bytes  # 32 bytes; equal exactly when the JSON values are equal
    body: bytes  # the slice of the request, as it arrived
    warnings: tuple[str, ...] = ()  # what STIX says SHOULD be otherwise; never a reason to refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why one object was not taken."""

    id: str  # as given, cut to 300 characters; "objects[7]" where there is none
    version: str | None  # as in StixObject, where it could be read
    path: str  # JSON path in the object: "$.valid_from"
    reason: str
    hint: str  # what to write instead
    is_passing: bool = False  # the same object may be taken later (a clock ahead of ours, a full disk)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}; {self.hint}"
