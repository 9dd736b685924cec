"""The extension `notification-answer`: what becomes of a notification, from its receipt to its purge (ADR 0013).

The words of `verdict` are the determinations of the OASIS incident core extension.
"""

from tocsin.model.extension import interface as of
from tocsin.model.extension.enforcement_action import ACTION_TYPES
from tocsin.model.extension.notification import EXAMPLE_SIGNATURE, NOTIFICATION
from tocsin.model.identifier import identity_id, object_id

SLUG = "notification-answer"
KINDS = ("receipt", "acknowledgement", "hold", "verdict", "outcome", "recall", "purge")
VERDICTS = ("blocked", "successful-attempt", "failed-attempt", "false-positive", "low-value", "suspected")

_NOTIFICATION = NOTIFICATION.example["id"]


def _needs(kind: str, name: str) -> of.Schema:
    """An answer of one kind says one thing more."""
    is_kind = {"required": ["answer_kind"], "properties": {"answer_kind": {"const": kind}}}
    return of.within(SLUG, {"if": is_kind, "then": {"required": [name]}})


NOTIFICATION_ANSWER = of.Extension(
    slug=SLUG,
    title="Notification answer",
    description=(
        "A note about a notification: that it has arrived or has been read, is on hold, what was found and what was done; from the "
        "sender, that it is taken back; and from the provider addressed, that its copies are deleted."
    ),
    hosts=("note",),
    properties={
        "answer_kind": of.word("what this answer says", *KINDS),
        "notification_ref": of.reference("the notification", "grouping"),
        "notification_modified": of.instant("`modified` of the version that is answered"),
        "verdict": of.word("what the provider addressed has found; with the kind `verdict` it must be there", *VERDICTS),
        "outcome": of.listed("what the provider addressed has done", of.word("an action type", *ACTION_TYPES)),
        "count": of.count("how many accounts, keys and other assets that concerned"),
        "hold_until": of.instant("until when nothing more will be said; with the kind `hold` it must be there"),
        "purge_by": of.instant("with the kind `recall`: until when the copies should be deleted"),
        "signature": of.SIGNATURE,
    },
    required=("answer_kind", "notification_ref", "notification_modified"),
    rules=(_needs("verdict", "verdict"), _needs("hold", "hold_until")),
    example={
        **of.example("note", key="", abstract="EXAMPLE verdict", content="Fictional: two of the three accounts are the same actor."),
        "id": object_id("note", identity_id("receiver.example.net"), key=f"{_NOTIFICATION}|2026-01-15T09:00:00.000Z|verdict"),
        "created_by_ref": identity_id("receiver.example.net"),
        "object_refs": [_NOTIFICATION],
        "extensions": of.carried(
            SLUG,
            answer_kind="verdict",
            notification_ref=_NOTIFICATION,
            notification_modified="2026-01-15T09:00:00.000Z",
            verdict="successful-attempt",
            outcome=["account-disabled"],
            count=2,
            signature=EXAMPLE_SIGNATURE,
        ),
    },
)
