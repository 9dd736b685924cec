"""The extension `enforcement-action`: what a provider did about an actor (ADR 0013)."""

from tocsin.model.extension import interface as of

SLUG = "enforcement-action"
ACTION_TYPES = (
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
)

ENFORCEMENT_ACTION = of.Extension(
    slug=SLUG,
    title="Enforcement action",
    description=(
        "What a provider did about an actor: the kind of action, when, by whom, how many accounts, keys and other assets it concerned, "
        "who was told, and where those concerned may object."
    ),
    hosts=("course-of-action",),
    properties={
        "action_type": of.word("what was done", *ACTION_TYPES),
        "action_time": of.instant("when it was done"),
        "account_count": of.count("how many accounts it concerned"),
        "api_key_count": of.count("how many API keys it concerned"),
        "asset_count": of.count("how many other assets of the actor it concerned"),
        "taken_by": of.text("the name of who did it"),
        "taken_by_ref": of.reference("the identity of who did it", "identity"),
        "told": of.listed("who was told", of.text("a name")),
        "redress_url": of.address("where those concerned may object"),
    },
    required=("action_type",),
    example=of.example(
        "course-of-action",
        key="example-lantern|account-disabled",
        name="EXAMPLE accounts disabled",
        description="A fictional action.",
        extensions=of.carried(
            SLUG,
            action_type="account-disabled",
            action_time="2026-01-14T16:30:00.000Z",
            account_count=12,
            api_key_count=3,
            asset_count=0,
            taken_by="EXAMPLE AI Provider",
            taken_by_ref=of.EXAMPLE_AUTHOR,
            told=["EXAMPLE Mail Service"],
            redress_url="https://provider.example.org/appeals",
        ),
    ),
)
