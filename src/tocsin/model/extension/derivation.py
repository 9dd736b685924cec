"""The extension `derivation`: an indicator that was made from another one, for consumers that take single values only (ADR 0013)."""

from tocsin.model.extension import interface as of
from tocsin.model.identifier import object_id

SLUG = "derivation"
METHODS = ("single-value",)

DERIVATION = of.Extension(
    slug=SLUG,
    title="Derivation",
    description=(
        "An indicator that was made from another one and says nothing new: it holds one value of a pattern that holds several, for "
        "consumers that read no more than that. Who reads the whole pattern passes it by."
    ),
    hosts=("indicator",),
    properties={
        "derived_from_ref": of.reference("the indicator that it was made from", "indicator"),
        "method": of.word("how it was made", *METHODS),
    },
    required=("derived_from_ref", "method"),
    example=of.example(
        "indicator",
        key="example-pair|domain-name:value|lure.example.net",
        name="EXAMPLE single value",
        description="Fictional: one of the two values of another indicator.",
        indicator_types=["malicious-activity"],
        pattern="[domain-name:value = 'lure.example.net']",
        pattern_type="stix",
        pattern_version="2.1",
        valid_from="2026-01-15T09:00:00Z",
        extensions=of.carried(SLUG, derived_from_ref=object_id("indicator", of.EXAMPLE_AUTHOR, key="example-pair"), method="single-value"),
    ),
)
