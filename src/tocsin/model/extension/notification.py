"""The extension `notification`: one provider tells another of abuse of the other's models (ADR 0013).

It never orders anything: who is addressed verifies for itself and acts under its own policies.
"""

from tocsin.model.extension import interface as of
from tocsin.model.identifier import identity_id, object_id

SLUG = "notification"
URGENCY = ("low", "normal", "high", "critical")
REQUESTS = ("inform", "verify", "consider-action")
# Of the right form; it proves nothing, for it is the signature of the empty text in RFC 8032 §7.1.
EXAMPLE_SIGNATURE = {
    "algorithm": "ed25519",
    "key_id": "2026-1",
    "value": "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc-bRr0lv18FlbviRlUUFDjnoQCw",
}
_CASE = object_id("report", of.EXAMPLE_AUTHOR, key="example-case-1")

NOTIFICATION = of.Extension(
    slug=SLUG,
    title="Notification",
    description=(
        "A grouping that one provider addresses to another: the objects grouped are the evidence that an actor abuses the other's "
        "services. It says who speaks to whom, how urgent that is, what is asked (never more than to consider an action), and until "
        "when an acknowledgement is hoped for."
    ),
    hosts=("grouping",),
    properties={
        "sender_ref": of.reference("the identity of the provider that notifies", "identity"),
        "recipient_ref": of.reference("the identity of the provider that is addressed", "identity"),
        "urgency": of.word("how soon it should be looked at", *URGENCY),
        "requested_action": of.word("what is asked: evidence, never an order", *REQUESTS),
        "acknowledge_by": of.instant("until when an acknowledgement is hoped for"),
        "case_ref": of.reference("the report of the case that it comes from", "report"),
        "summary": of.text("what the sender says about it, in its own words", at_most=20_000),
        "is_drill": {"description": "whether this is an exercise; absent: it is not", "type": "boolean"},
        "signature": of.SIGNATURE,
    },
    required=("sender_ref", "recipient_ref", "urgency", "requested_action"),
    example=of.example(
        "grouping",
        key=f"{identity_id('receiver.example.net')}|{_CASE}",
        name="EXAMPLE accounts that may be yours",
        description="A fictional notification: an actor that we have disabled appears to go on with accounts at your service.",
        context="suspicious-activity",
        object_refs=[object_id("indicator", of.EXAMPLE_AUTHOR, key="example-account-1")],
        extensions=of.carried(
            SLUG,
            sender_ref=of.EXAMPLE_AUTHOR,
            recipient_ref=identity_id("receiver.example.net"),
            urgency="high",
            requested_action="verify",
            acknowledge_by="2026-01-16T09:00:00.000Z",
            case_ref=_CASE,
            summary="Both registered with the same telephone number and asked for the same texts.",
            is_drill=True,
            signature=EXAMPLE_SIGNATURE,
        ),
    ),
)
