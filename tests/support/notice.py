"""Notifications and answers between providers of invented names, as objects and as they lie in a log."""

import json
from dataclasses import replace
from typing import Any

from tocsin.model import strict_json
from tocsin.model.graph import Named
from tocsin.model.identifier import identity_id, object_id
from tocsin.model.letter import Draft, Reply, grouping_of, note_of
from tocsin.model.notification import Answer, Kind, Notification, Posted, read
from tocsin.model.signature import Seal
from tocsin.model.stamp import stamp_of

SENDER = Named(id=identity_id("sender.example.org"), name="Sender AI")
RECIPIENT = Named(id=identity_id("recipient.example.net"), name="Recipient AI")
STRANGER = Named(id=identity_id("stranger.example.com"), name="Stranger AI")
EVIDENCE = (object_id("indicator", SENDER.id, key="one"), object_id("indicator", SENDER.id, key="two"))
CASE = Named(id=object_id("report", SENDER.id, key="paper-lantern"), name="Paper Lantern")
SENT = stamp_of("2026-01-15T09:00:00Z")
MINUTE = 60_000_000  # microseconds
DRAFT = Draft(sender=SENDER, recipient=RECIPIENT, evidence=EVIDENCE, case=CASE, acknowledge_by=SENT + 60 * MINUTE)


def parsed(body: Any) -> Any:
    """As an exchange reads it."""
    return strict_json.read(json.dumps(body).encode()).value


def notification(minute: float = 0, **changes: Any) -> Notification:
    """The version of that minute."""
    made = read(parsed(grouping_of(DRAFT, created=SENT, modified=SENT + int(minute * MINUTE))))
    assert isinstance(made, Notification)
    return replace(made, **changes)


NOTIFICATION = notification()


def reply(kind: Kind, *, author: Named = RECIPIENT, to: Notification = NOTIFICATION, **said: Any) -> Reply:
    """An answer, not made yet; a verdict and a hold with what they need."""
    needed: dict[Kind, dict[str, Any]] = {Kind.VERDICT: {"verdict": "successful-attempt"}, Kind.HOLD: {"hold_until": SENT + 90 * MINUTE}}
    return Reply(author=author, notification=to, kind=kind, **(needed.get(kind, {}) | said))


def answer(minute: float, kind: Kind, **said: Any) -> Answer:
    """An answer made in that minute."""
    made = read(parsed(note_of(reply(kind, **said), created=SENT, modified=SENT + int(minute * MINUTE))))
    assert isinstance(made, Answer)
    return made


def plain(minute: float, opinion: str = "", *, number: int = 0, **changes: Any) -> Answer:
    """A note or an opinion by a program that does not know us."""
    kind = "opinion" if opinion else "note"
    said = {"opinion": opinion, "explanation": "In our view."} if opinion else {"content": "Thank you."}
    body = {"type": kind, "id": object_id(kind, STRANGER.id, key=str(number)), "object_refs": [NOTIFICATION.id], **said}
    made = read(parsed({**body, "modified": f"2026-01-15T09:{minute:02}:00.000Z", "created_by_ref": RECIPIENT.id}))
    assert isinstance(made, Answer)
    return replace(made, **changes)


def posted(said: Any, *, by: Named | None = None, seal: Seal = Seal.UNSIGNED) -> Posted:
    """Without a poster: by a member of its author's organisation."""
    return Posted(said=said, organisation=by.id if by else said.author, seal=seal)
