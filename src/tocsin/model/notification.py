"""Notifications and the answers to them: read from STIX with care, and whose word counts (ADR 0016).

A notification is a grouping, an answer a note, each with our extension; a plain note or opinion about the grouping is an answer too,
of a provider on other software. Everything that refers to a notification is kept and shown as what it is; who may say what decides
whether it counts, and that is who brought it or a signature that holds, never what the object says of itself.

What becomes of a notification is folded in `tocsin.model.lifecycle`; what we say ourselves is written in `tocsin.model.letter`.

Sources: docs/extensions/notification.md and notification-answer.md; STIX 2.1 §4.6 (grouping), §4.13 (note), §4.14 (opinion).
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.model.extension import check
from tocsin.model.graph import Body, count, extension, instant, moment, text, texts
from tocsin.model.identifier import extension_definition_id, object_id
from tocsin.model.marking import Level, level_of
from tocsin.model.signature import Seal
from tocsin.model.stamp import stamp_of, version_text

_OPINIONS = {  # of who knows nothing of our words
    "strongly-agree": "successful-attempt",
    "agree": "successful-attempt",
    "neutral": "suspected",
    "disagree": "false-positive",
    "strongly-disagree": "false-positive",
}


class Kind(StrEnum):
    """What an answer says, in the order in which answers are made."""

    RECEIPT = "receipt"
    ACKNOWLEDGEMENT = "acknowledgement"
    HOLD = "hold"
    VERDICT = "verdict"
    OUTCOME = "outcome"
    RECALL = "recall"
    PURGE = "purge"


FROM_SENDER = frozenset({Kind.RECEIPT, Kind.RECALL})  # a receipt: that of the outcome, which closes
FROM_RECIPIENT = frozenset(Kind) - {Kind.RECALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One version of a notification."""

    id: str
    created: str  # normalised, and so below
    modified: str
    author: str  # `created_by_ref`
    sender: str  # identity, and so below
    recipient: str
    urgency: str
    requested_action: str
    name: str = ""
    description: str = ""
    summary: str = ""  # the sender's own words
    evidence: tuple[str, ...] = ()  # ids
    acknowledge_by: int | None = None  # stamp
    case: str = ""  # report
    is_drill: bool = False
    is_revoked: bool = False
    level: Level | None = None  # None: it carries no TLP marking

    @property
    def has_own_id(self) -> bool:
        """Its id is not one that follows from what somebody else tells, or tells another: nobody takes over a notification."""
        is_made_from_name = self.id.partition("--")[2][14:15] == "5"  # the version digit of the UUID is that of a UUIDv5
        told = notification_id(self.sender, self.recipient, case=self.case, evidence=self.evidence)
        return self.id == told or not is_made_from_name

    @property
    def sent(self) -> int:
        """When it was sent first, as a stamp; every version says so, the one that is revoked too."""
        return stamp_of(version_text(self.created))

    @property
    def made(self) -> int:
        """When this version was made, as a stamp."""
        return stamp_of(version_text(self.modified))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One version of an answer."""

    id: str
    modified: str  # normalised
    author: str  # `created_by_ref`
    refs: tuple[str, ...]  # the notifications that it speaks of: one, or with a plain one several
    kind: Kind
    version: str = ""  # `notification_modified`, normalised; "" of a plain one
    verdict: str = ""
    outcome: tuple[str, ...] = ()
    count: int | None = None
    hold_until: int | None = None  # stamp
    purge_by: int | None = None  # stamp
    words: str = ""  # what it says to people
    is_plain: bool = False  # a note or opinion without our extension
    is_revoked: bool = False  # taken back by its author

    @property
    def made(self) -> int:
        """When this version was made, as a stamp."""
        return stamp_of(version_text(self.modified))


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """What carries our extension and cannot be read."""

    id: str
    refs: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A notification or an answer with what we know of where it comes from."""

    said: Notification | Answer | Malformed
    organisation: str  # the identity of the organisation whose member posted it
    seal: Seal  # judged with the keys of its author


class Standing(StrEnum):
    """What the word of a posted object is worth."""

    COUNTS = "counts"
    PLAIN = "plain"  # counts, as far as it goes: it does not know our extension
    FORGED = "forged"  # the signature is not of this object, or the id is that of another notification
    UNKNOWN_KEY = "unknown-key"  # signed, and nobody can say by whom
    MISADDRESSED = "misaddressed"  # from somebody who may not say that, or to somebody else
    UNSIGNED_FROM_OTHER = "unsigned-from-other"  # its author is right, and another one brought it without a signature
    OTHER_VERSION = "other-version"  # of a version that is known and not the current one
    UNKNOWN_VERSION = "unknown-version"
    MALFORMED = "malformed"

    @property
    def is_counted(self) -> bool:
        """Whether it changes anything."""
        return self in (Standing.COUNTS, Standing.PLAIN)


def notification_id(sender: str, recipient: str, *, case: str, evidence: Iterable[str]) -> str:
    """The same for the same case, or without one ("") for the same evidence."""
    return object_id("grouping", sender, key=f"{recipient}|{case or ','.join(sorted(evidence))}")


def read(body: Body) -> Notification | Answer | Malformed | None:
    """What an object says about a notification; None when it says nothing of one. Of any shape: admission may have been another's."""
    carried = [slug for slug in ("notification", "notification-answer") if _carries(body, slug)]
    if not carried or not text(body, "type"):
        return _plain(body)
    fault = check(body)
    if fault is not None:
        return _malformed(body, f"{fault.path}: {fault.reason}")
    if not instant(body, "modified"):
        return _malformed(body, "$.modified: it is no timestamp")
    return _notification(body) if carried == ["notification"] else _answer(body)


def current_of(versions: Sequence[Notification]) -> Notification:
    """The version that is to be answered: the last that is not revoked; of several contents of one version always the same."""
    alive = [one for one in versions if not one.is_revoked]
    return max(alive or versions, key=lambda one: (one.modified, repr(one)))


def standing(posted: Posted, *, versions: Sequence[Notification] = (), us: str = "") -> Standing:
    """What the word of an object is worth.

    Args:
        versions: of an answer: those of the notification that count themselves.
        us: of a notification: our identity, which it must come from or go to; "": any.
    """
    said = posted.said
    if isinstance(said, Malformed):
        return Standing.MALFORMED
    if isinstance(said, Notification):
        return _standing_of_notification(posted, said, us=us)
    known = [one for one in versions if one.id in said.refs]
    if not known:
        return Standing.UNKNOWN_VERSION
    if said.is_plain:
        return _standing_of_plain(posted, said, known=known)
    current = current_of(known)
    speakers = [party for party, kinds in ((current.sender, FROM_SENDER), (current.recipient, FROM_RECIPIENT)) if said.kind in kinds]
    voice = _voice(posted, said.author, may=speakers)
    return voice if voice is not Standing.COUNTS else _fit(said, current, known=known)


def _standing_of_notification(posted: Posted, notification: Notification, *, us: str) -> Standing:
    if us not in ("", notification.sender, notification.recipient):
        return Standing.MISADDRESSED
    voice = _voice(posted, notification.author, may=(notification.sender,))
    return voice if voice is not Standing.COUNTS or notification.has_own_id else Standing.FORGED


def _voice(posted: Posted, author: str, *, may: Container[str]) -> Standing:
    """Whether it is the word of one who may speak."""
    if author not in may:
        return Standing.MISADDRESSED
    if posted.seal is Seal.UNSIGNED:
        return Standing.COUNTS if posted.organisation == author else Standing.UNSIGNED_FROM_OTHER
    return {Seal.FORGED: Standing.FORGED, Seal.UNKNOWN_KEY: Standing.UNKNOWN_KEY}.get(posted.seal, Standing.COUNTS)


def _fit(answer: Answer, current: Notification, *, known: Sequence[Notification]) -> Standing:
    """Whether it answers the version that there is to answer; a recall and a purge are about all of them.

    Of a notification that is all revoked, what was answered once may have been deleted as asked.
    """
    if current.is_revoked:
        return Standing.COUNTS
    if answer.version not in {one.modified for one in known}:
        return Standing.UNKNOWN_VERSION
    is_about_it = answer.kind in (Kind.RECALL, Kind.PURGE) or answer.version == current.modified
    return Standing.COUNTS if is_about_it else Standing.OTHER_VERSION


def _standing_of_plain(posted: Posted, answer: Answer, *, known: Sequence[Notification]) -> Standing:
    """It names no version: what was written before a correction is not about it."""
    current = current_of(known)
    if posted.organisation != current.recipient:
        return Standing.MISADDRESSED
    is_first = current.modified == min(one.modified for one in known)
    return Standing.PLAIN if is_first or answer.modified >= current.modified else Standing.OTHER_VERSION


def _notification(body: Body) -> Notification:
    said = extension(body, "notification")
    return Notification(
        id=text(body, "id"),
        created=instant(body, "created") or instant(body, "modified"),
        modified=instant(body, "modified"),
        author=text(body, "created_by_ref"),
        sender=text(said, "sender_ref"),
        recipient=text(said, "recipient_ref"),
        urgency=text(said, "urgency"),
        requested_action=text(said, "requested_action"),
        name=text(body, "name"),
        description=text(body, "description"),
        summary=text(said, "summary"),
        evidence=texts(body, "object_refs"),
        acknowledge_by=moment(said, "acknowledge_by"),
        case=text(said, "case_ref"),
        is_drill=said.get("is_drill") is True,
        is_revoked=body.get("revoked") is True,
        level=level_of(body),
    )


def _answer(body: Body) -> Answer:
    said = extension(body, "notification-answer")
    return Answer(
        id=text(body, "id"),
        modified=instant(body, "modified"),
        author=text(body, "created_by_ref"),
        refs=(text(said, "notification_ref"),),
        kind=Kind(text(said, "answer_kind")),
        version=instant(said, "notification_modified"),
        verdict=text(said, "verdict"),
        outcome=texts(said, "outcome"),
        count=count(said, "count"),
        hold_until=moment(said, "hold_until"),
        purge_by=moment(said, "purge_by"),
        words=text(body, "content"),
        is_revoked=body.get("revoked") is True,
    )


def _plain(body: Body) -> Answer | Malformed | None:
    is_opinion = text(body, "type") == "opinion"
    refs = _groupings(body)
    if not refs or not (is_opinion or text(body, "type") == "note"):
        return None
    if not instant(body, "modified"):
        return _malformed(body, "$.modified: it is no timestamp")
    if is_opinion and text(body, "opinion") not in _OPINIONS:
        return _malformed(body, "$.opinion: it is none of the words of STIX")
    return Answer(
        id=text(body, "id"),
        modified=instant(body, "modified"),
        author=text(body, "created_by_ref"),
        refs=refs,
        kind=Kind.VERDICT if is_opinion else Kind.ACKNOWLEDGEMENT,
        verdict=_OPINIONS[text(body, "opinion")] if is_opinion else "",
        words=text(body, "explanation" if is_opinion else "content"),
        is_plain=True,
        is_revoked=body.get("revoked") is True,
    )


def _malformed(body: Body, reason: str) -> Malformed:
    named = (text(body, "id"), text(extension(body, "notification-answer"), "notification_ref"), *_groupings(body))
    refs = tuple(dict.fromkeys(one for one in named if one.startswith("grouping--")))
    return Malformed(id=text(body, "id"), refs=refs, reason=reason)


def _groupings(body: Body) -> tuple[str, ...]:
    return tuple(one for one in texts(body, "object_refs") if one.startswith("grouping--"))


def _carries(body: Body, slug: str) -> bool:
    """With whatever content."""
    extensions = body.get("extensions")
    return isinstance(extensions, dict) and extension_definition_id(slug) in extensions
