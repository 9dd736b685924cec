"""The extension `llm-technique`: what a technique of abusing language models is, and how it was used (ADR 0013).

On an attack pattern it describes the technique. On a relationship `uses` it describes that one use, and there the slug and the mappings
have no place: they are the technique's.
"""

from tocsin.model.extension import interface as of

SLUG = "llm-technique"
NOVELTY = ("known", "adapted", "unprecedented")
UPLIFT = ("none", "limited", "high")
AUTONOMY = ("assistive", "supervised", "autonomous")
FRAMEWORKS = ("mitre-attack", "mitre-atlas")
FITS = ("primary", "related", "weak", "conditional")

_MAPPING = of.record(
    "one technique of the framework",
    {
        "framework": of.word("whose technique it is", *FRAMEWORKS),
        "external_id": of.formed("its id there", r"^(AML\.)?T[0-9]{4}(\.[0-9]{3})?$"),
        "name": of.text("its name there"),
        "fit": of.word("how well it fits", *FITS),
        "note": of.text("why, or under which condition", at_most=2_000),
        "version": of.text("the version of the framework that was looked at"),
    },
    required=("framework", "external_id", "name", "fit"),
)
_IS_TECHNIQUE = {"properties": {"type": {"const": "attack-pattern"}}}
_IS_USE = {"properties": {"relationship_type": {"const": "uses"}}}
_NOT_OF_A_USE = of.within(SLUG, {"properties": {"slug": False, "mappings": False}})

LLM_TECHNIQUE = of.Extension(
    slug=SLUG,
    title="LLM technique",
    description=(
        "On an attack pattern: a technique of abusing language models, with a short name that stays, and how it stands to techniques of "
        "ATT&CK and ATLAS. On a relationship of the type uses: how the technique was used there, namely how new that was, how much it "
        "helped the actor, how far the model acted by itself, and which AI services were misused."
    ),
    hosts=("attack-pattern", "relationship"),
    properties={
        "slug": of.slug("the short name of the technique in its author's catalogue, which never changes"),
        "mappings": of.listed("related techniques of ATT&CK and ATLAS: hints, not identities", _MAPPING, is_unique=False),
        "novelty": of.word("whether it was seen before", *NOVELTY),
        "uplift": of.word("how much more the actor could do than without a model, as assessed", *UPLIFT),
        "autonomy": of.word("how far the model acted by itself", *AUTONOMY),
        "services": of.listed("the AI services that were misused", of.text("the name of a service")),
    },
    rules=({"if": _IS_TECHNIQUE, "then": of.within(SLUG, {"required": ["slug"]}), "else": {"allOf": [_IS_USE, _NOT_OF_A_USE]}},),
    example=of.example(
        "attack-pattern",
        key="example-llm-written-lures",
        name="EXAMPLE LLM-written lures",
        description="A fictional technique: a language model writes the messages that lure a victim.",
        aliases=["example-llm-written-lures"],
        extensions=of.carried(
            SLUG,
            slug="example-llm-written-lures",
            mappings=[
                {
                    "framework": "mitre-attack",
                    "external_id": "T1566",
                    "name": "Phishing",
                    "fit": "related",
                    "note": "where the messages are sent by the actor itself",
                    "version": "19",
                }
            ],
            novelty="known",
            uplift="limited",
            autonomy="assistive",
            services=["EXAMPLE Assistant"],
        ),
    ),
)
