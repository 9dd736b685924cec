"""Alerts: what the exchange tells its own people, and the contact of a peer, of a notification (ADR 0018).

An alert says that something happened and to which object, never what the object says: its data are ids, names of organisations, words
from closed lists, instants and counts, so that it may go where the evidence may not. Nothing is sent here.

Source: Standard Webhooks 1.0.0 (payload, signature, retries), RFC 3339.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tocsin.errors import InvalidInputError
from tocsin.model.stamp import text_of

SECOND = 1_000_000  # of a stamp
DAY = 86_400 * SECOND
Value = str | int | Sequence[str]  # bool is an int


class Kind(StrEnum):
    """What happened; the `type` of a webhook."""

    NOTIFICATION_RECEIVED = "notification.received"
    NOTIFICATION_OVERDUE = "notification.overdue"
    ANSWER_RECEIVED = "answer.received"
    RECALL_RECEIVED = "recall.received"
    TEST = "alert.test"


class Channel(StrEnum):
    """How an alert goes out."""

    WEBHOOK = "webhook"
    MAIL = "mail"


# What the data of an alert may hold, and nothing else: no title, no description, no value of an indicator.
FIELDS = (
    "notification",  # its id
    "sender",  # identity id
    "sender_name",
    "recipient",
    "recipient_name",
    "urgency",
    "requested_action",
    "deadline",  # RFC 3339: until when something is asked of the recipient
    "state",
    "answer_kind",
    "verdict",
    "outcome",  # list of action types
    "count",
    "evidence",  # number of objects
    "is_drill",
)
_SENTENCES = {
    Kind.NOTIFICATION_RECEIVED: "a notification has come in",
    Kind.NOTIFICATION_OVERDUE: "a notification was not acknowledged in time",
    Kind.ANSWER_RECEIVED: "an answer to a notification has come in",
    Kind.RECALL_RECEIVED: "a notification was recalled",
    Kind.TEST: "this is a test, nothing has happened",
}
_LAST_LINE = "The details are in the exchange, not in this mail. A program sent it; nobody reads answers to it."
_PAUSES = tuple(seconds * SECOND for seconds in (5, 30, 120, 600, 3_600, 6 * 3_600, 24 * 3_600))
_LONGEST_WAIT = 6 * 3_600 * SECOND
_LONGEST = 200  # characters of one text; also of a reason
_SECRET_PREFIX, _SECRET_BYTES = "whsec_", range(24, 65)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message to one target, as the outbox holds it."""

    id: str  # UUID; the same at every try
    key: str  # what makes it the same alert when it is raised again
    kind: Kind
    created: int
    payload: bytes
    channel: Channel
    target: str  # the origin of the webhook, or a mail address
    attempts: int = 0
    next_try: int | None = None  # None: it is done, or given up
    done: int | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a channel did not get rid of an alert."""

    reason: str
    is_final: bool = False  # no further try helps
    wait: int = 0  # microseconds for which the other side wants to be left alone


def payload_of(kind: Kind, data: Mapping[str, Value], *, now: int) -> bytes:
    """What is sent of an event: JSON with `type`, `timestamp` and `data`.

    Raises:
        InvalidInputError: the data hold a name that is not in FIELDS.
    """
    strangers = sorted(set(data) - set(FIELDS))
    if strangers:
        raise InvalidInputError(f"an alert cannot carry {strangers[0]!r}", hint=f"it carries {', '.join(FIELDS)}")
    shown = {name: _plain(data[name]) for name in FIELDS if name in data}
    event = {"type": kind, "timestamp": text_of(now), "data": shown}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def daily(subject: str, *, since: int, now: int) -> str:
    """A key that is new every 24 hours after `since`: what it is raised with comes once a day and no more."""
    return f"{subject}|{(now - since) // DAY}"


def letter_of(payload: bytes) -> tuple[str, str]:
    """Subject and text of a mail; the subject is one line."""
    event = json.loads(payload)
    data = event["data"]
    parties = " to ".join(data[name] for name in ("sender_name", "recipient_name") if name in data)
    details = ", ".join(part for part in (parties, data.get("urgency"), "drill" if data.get("is_drill") else "") if part)
    sentence = _SENTENCES[Kind(event["type"])]
    lines = [f"{name.replace('_', ' ')}: {_words(value)}" for name, value in data.items()]
    text = "\n".join([f"{sentence[0].upper()}{sentence[1:]}.", "", *lines, f"time: {event['timestamp']}", "", _LAST_LINE, ""])
    return f"Tocsin: {sentence}{f' ({details})' if details else ''}", text


def after_try(alert: Alert, failure: Failure | None, *, now: int, luck: float) -> Alert:
    """How an alert stands after a try that its `attempts` count already.

    Args:
        luck: between 0 and 1; spreads the tries of many alerts.
    """
    if failure is None:
        return replace(alert, done=now, next_try=None, last_error="")
    pause = None if failure.is_final else pause_after(alert.attempts, luck=luck)
    next_try = None if pause is None else now + max(pause, min(failure.wait, _LONGEST_WAIT))
    return replace(alert, next_try=next_try, last_error=_line(failure.reason))


def pause_after(attempts: int, *, luck: float) -> int | None:
    """Microseconds until the next try, a fifth more or less; None when it is given up."""
    return int(_PAUSES[attempts - 1] * (0.8 + 0.4 * luck)) if attempts <= len(_PAUSES) else None


def webhook_secret(text: str) -> bytes:
    """The key behind a secret as Standard Webhooks writes it.

    Raises:
        InvalidInputError: it has another form; the message does not repeat it.
    """
    hint = f"write {_SECRET_PREFIX} and the Base64 of {_SECRET_BYTES[0]} to {_SECRET_BYTES[-1]} random bytes"
    try:
        key = base64.b64decode(text.removeprefix(_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError("webhook_secret is not Base64", hint=hint) from error
    if not text.startswith(_SECRET_PREFIX) or len(key) not in _SECRET_BYTES:
        raise InvalidInputError(f"webhook_secret is too short, too long or without {_SECRET_PREFIX}", hint=hint)
    return key


def signed_headers(key: bytes, *, id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows who sent a body, and when (Unix time)."""
    digest = hmac.digest(key, b".".join([id.encode(), str(seconds).encode(), body]), "sha256")
    signature = base64.b64encode(digest).decode()
    return {"webhook-id": id, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{signature}"}


def _plain(value: Value) -> Value:
    """Texts on one line, without what a terminal or a header would obey, and of no more than a name's length."""
    if isinstance(value, int):
        return value
    return _line(value) if isinstance(value, str) else [_line(one) for one in value]


def _line(text: str) -> str:
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:_LONGEST]


def _words(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int) else ", ".join(value)
