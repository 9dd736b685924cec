"""Notifications and answers as we write them: STIX objects with our extension, and the same in words for whoever does not know it.

Their ids follow from who says what about which (ADR 0016), so that saying it again is a new version of the same object. Nothing here
orders anything: what is written to a provider is evidence and a question.

Sources: docs/extensions/notification.md and notification-answer.md; STIX 2.1 §4.6 (grouping), §4.13 (note), §4.14 (opinion).
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.errors import ForbiddenError, InvalidInputError, NotFoundError
from tocsin.model.extension import extended
from tocsin.model.graph import Body, Named, extension
from tocsin.model.identifier import extension_definition_id, object_id
from tocsin.model.marking import MARKING_REF, Level
from tocsin.model.notification import Kind, Notification, notification_id
from tocsin.model.stamp import stamp_of, stix_text, text_of, version_text

_HOUR = 3_600_000_000  # microseconds
_MILLISECOND = 1_000
_SHOWN = 5  # objects that a refusal names
_ASKED = {
    "inform": "nothing is asked",
    "verify": "please see whether this is so",
    "consider-action": "please see whether this is so, and what your own policies say to it",
}
_FOUND = {
    "blocked": "it was stopped",
    "successful-attempt": "it took place",
    "failed-attempt": "it was tried in vain",
    "false-positive": "it is not so",
    "low-value": "it is so, and does not matter",
    "suspected": "it cannot be decided",
}
_OPINION = {"false-positive": "disagree", "suspected": "neutral"}  # every other verdict agrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A notification as its sender means it."""

    sender: Named
    recipient: Named
    evidence: tuple[str, ...]  # ids
    case: Named | None = None  # the report that it comes from
    summary: str = ""  # in the sender's words
    urgency: str = "normal"
    requested_action: str = "verify"
    acknowledge_by: int | None = None  # stamp
    level: Level = Level.AMBER  # of the notification itself
    is_drill: bool = False

    @property
    def id(self) -> str:
        """The same for the same case, or without one for the same evidence."""
        return notification_id(self.sender.id, self.recipient.id, case=self.case.id if self.case else "", evidence=self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as its author means it."""

    author: Named
    notification: Notification
    kind: Kind
    verdict: str = ""  # with the kind verdict
    outcome: tuple[str, ...] = ()
    count: int | None = None
    hold_until: int | None = None  # stamp; with the kind hold
    purge_by: int | None = None  # stamp; with the kind recall
    words: str = ""  # in the author's own

    @property
    def id(self) -> str:
        """One a kind and version of the notification."""
        return self._id_of("note")

    @property
    def opinion_id(self) -> str:
        """That of the opinion which says the same."""
        return self._id_of("opinion")

    def _id_of(self, kind: str) -> str:
        answered = f"{self.notification.id}|{version_text(self.notification.modified)}|{self.kind}"
        return object_id(kind, self.author.id, key=answered)


def deadline(urgency: str, sent: int, *, hours: Mapping[str, float]) -> int:
    """Until when an acknowledgement is hoped for, as a stamp.

    Args:
        hours: by urgency.

    Raises:
        InvalidInputError: there is no such urgency.
    """
    if urgency not in hours:
        raise InvalidInputError(f"there is no urgency {urgency[:40]!r}", hint=f"urgencies: {', '.join(hours)}")
    return sent + int(hours[urgency] * _HOUR)


def require_sendable(
    draft: Draft, *, providers: Container[str], levels: Mapping[str, Level], clearance: Level, foreign: Container[str] = ()
) -> None:
    """The notification may go to its recipient.

    Args:
        providers: the identities of the organisations that take part here.
        levels: of the evidence that we hold, by id.
        clearance: the recipient's.
        foreign: evidence that is another provider's.

    Raises:
        InvalidInputError: it is addressed to ourselves, or has no evidence.
        NotFoundError: the recipient takes no part here, or evidence is not held.
        ForbiddenError: evidence, or the notification itself, is above the recipient's clearance; or what another marked AMBER or
            stricter would be passed on.
    """
    if draft.recipient.id == draft.sender.id:
        raise InvalidInputError("the notification is addressed to ourselves", hint="name the provider whose services are concerned")
    if not draft.evidence:
        raise InvalidInputError("the notification has no evidence", hint="name the objects, or a case that holds some")
    if draft.recipient.id not in providers:
        raise NotFoundError(f"{draft.recipient.name} takes no part here", hint="see: tocsin organisation list")
    missing = [one for one in draft.evidence if one not in levels]
    if missing:
        raise NotFoundError(f"evidence is not held here: {_listed(missing)}", hint="submit it first")
    above = [f"{one} (TLP:{levels[one].label.upper()})" for one in draft.evidence if levels[one] > clearance]
    above += [f"the notification (TLP:{draft.level.label.upper()})"] if draft.level > clearance else []
    if above:
        reason = f"{draft.recipient.name} is cleared for TLP:{clearance.label.upper()}, which is exceeded by {_listed(above)}"
        raise ForbiddenError(reason, hint="leave that out, or ask whoever marked it")
    kept = [one for one in draft.evidence if one in foreign and levels[one] > Level.GREEN]
    if kept:
        reason = f"another provider has marked for us, and not to be passed on: {_listed(kept)}"
        raise ForbiddenError(reason, hint="leave that out, or ask that provider to send it")


def grouping_of(draft: Draft, *, created: int, modified: int) -> dict[str, Any]:
    """The notification as a STIX object, without signature; stamps, `created` that of its first version."""
    said = extended(
        "notification",
        sender_ref=draft.sender.id,
        recipient_ref=draft.recipient.id,
        urgency=draft.urgency,
        requested_action=draft.requested_action,
        acknowledge_by=None if draft.acknowledge_by is None else stix_text(draft.acknowledge_by),
        case_ref=draft.case.id if draft.case else None,
        summary=draft.summary,
        is_drill=True if draft.is_drill else None,
    )
    subject = draft.case.name if draft.case else "abuse of language models"
    return {
        **_head("grouping", draft.id, author=draft.sender, created=created, modified=modified),
        "name": f"{'EXERCISE: ' if draft.is_drill else ''}{draft.sender.name} notifies {draft.recipient.name}: {subject}",
        "description": "\n\n".join(filter(None, _letter(draft))),
        "context": "suspicious-activity",
        "object_refs": list(draft.evidence),
        "object_marking_refs": [MARKING_REF[draft.level]],
        "extensions": said,
    }


def note_of(reply: Reply, *, created: int, modified: int) -> dict[str, Any]:
    """The answer as a STIX object, without signature; stamps, `created` that of its first version."""
    said = extended(
        "notification-answer",
        answer_kind=reply.kind.value,
        notification_ref=reply.notification.id,
        notification_modified=version_text(reply.notification.modified),
        verdict=reply.verdict,
        outcome=list(reply.outcome),
        count=reply.count,
        hold_until=None if reply.hold_until is None else stix_text(reply.hold_until),
        purge_by=None if reply.purge_by is None else stix_text(reply.purge_by),
    )
    return {
        **_head("note", reply.id, author=reply.author, created=created, modified=modified),
        "abstract": f"{reply.kind.capitalize()}: {reply.notification.name}".removesuffix(": "),
        "content": "\n\n".join(filter(None, [f"{reply.author.name} {_telling(reply)}.", reply.words])),
        "object_refs": [reply.notification.id],
        "object_marking_refs": [_marking(reply)],
        "extensions": said,
    }


def opinion_of(reply: Reply, *, created: int, modified: int) -> dict[str, Any]:
    """A verdict in plain STIX, for readers that do not know our extension; it counts only where the note does not reach."""
    return {
        **_head("opinion", reply.opinion_id, author=reply.author, created=created, modified=modified),
        "opinion": _OPINION.get(reply.verdict, "agree"),
        "explanation": f"{reply.author.name} {_telling(reply)}.",
        "object_refs": [reply.notification.id],
        "object_marking_refs": [_marking(reply)],
    }


def recalled(grouping: Body, *, modified: int) -> dict[str, Any]:
    """The revoked version of a notification, without signature: from whom to whom about which objects, and nothing of what it said."""
    said = {name: value for name, value in extension(grouping, "notification").items() if name not in ("summary", "signature")}
    silent = {name: value for name, value in grouping.items() if name != "description"}
    empty = {"name": "Recalled notification", "revoked": True, "modified": stix_text(modified)}
    return silent | empty | {"extensions": {extension_definition_id("notification"): said}}


def withdrawn(body: Body, *, now: int) -> dict[str, Any]:
    """The revoked version of an object that has versions."""
    return {**body, "revoked": True, "modified": stix_text(max(now, stamp_of(body["modified"]) + _MILLISECOND))}


def _head(kind: str, identifier: str, *, author: Named, created: int, modified: int) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": identifier,
        "created_by_ref": author.id,
        "created": stix_text(created),
        "modified": stix_text(modified),
    }


def _letter(draft: Draft) -> list[str]:
    """What a person reads who knows nothing of us."""
    sender, recipient = draft.sender.name, draft.recipient.name
    case = f"Case: {draft.case.name}. " if draft.case else ""
    number = len(draft.evidence)
    by = "" if draft.acknowledge_by is None else f" Please acknowledge it by {_time(draft.acknowledge_by)}."
    return [
        "This is an exercise: take no action against anybody." if draft.is_drill else "",
        f"{sender} tells {recipient} of abuse of language models that may concern the services of {recipient}.",
        draft.summary,
        f"{case}Evidence: {number} {'object' if number == 1 else 'objects'}, named in object_refs.",
        f"Urgency: {draft.urgency}. What is asked: {_ASKED.get(draft.requested_action, draft.requested_action)}.{by}",
        f"This is evidence and no order: {recipient} verifies for itself and acts under its own policies.",
        "To answer, post a note or an opinion whose object_refs name this grouping. An opinion says agree (it is so), disagree (it is not) "
        "or neutral (it cannot be decided).",
    ]


def _telling(reply: Reply) -> str:
    """What the author does, as a sentence without its subject."""
    concerned = f" (accounts, keys or other assets concerned: {reply.count})" if reply.count else ""
    match reply.kind:
        case Kind.RECEIPT if reply.author.id == reply.notification.recipient:
            return "has received the notification"
        case Kind.RECEIPT:
            return "has received the outcome, and closes the matter"
        case Kind.ACKNOWLEDGEMENT:
            return "has taken the notification on"
        case Kind.HOLD:
            until = "" if reply.hold_until is None else f" until {_time(reply.hold_until)}"
            return f"is investigating, and says nothing more{until}; please hold back as well"
        case Kind.VERDICT:
            return f"has looked into it: {_FOUND.get(reply.verdict, reply.verdict)}{concerned}"
        case Kind.OUTCOME if reply.outcome or reply.count:
            return f"has acted: {', '.join(one.replace('-', ' ') for one in reply.outcome) or 'in a way that is not told'}{concerned}"
        case Kind.OUTCOME:
            return "has done nothing about it"
        case Kind.RECALL:
            by = "" if reply.purge_by is None else f" by {_time(reply.purge_by)}"
            return f"takes the notification back; please delete your copies of it and of its evidence{by}, and say so in a note"
        case Kind.PURGE:
            return "has deleted its copies of the notification and of its evidence"


def _marking(reply: Reply) -> str:
    """That of the notification."""
    level = reply.notification.level
    return MARKING_REF[Level.AMBER if level is None else level]


def _time(stamp: int) -> str:
    return f"{text_of(stamp)[:16].replace('T', ' ')} UTC"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
