"""The extension `actor-profile`: which class of actor this is, and for whom it is said to work (ADR 0013)."""

from tocsin.model.extension import interface as of

SLUG = "actor-profile"
CLASSES = ("nation-state-apt", "apm", "cybercrime-syndicate")

ACTOR_PROFILE = of.Extension(
    slug=SLUG,
    title="Actor profile",
    description=(
        "Which of the classes of actor named by the principles of February 2024 a threat actor belongs to, for whom it works as far as "
        "that has been assessed, and in which words whoever attributes it says so."
    ),
    hosts=("threat-actor",),
    properties={
        "slug": of.slug("the short name of the actor in its author's catalogue, which never changes"),
        "actor_class": of.word("the class of the actor, as the author of the object sees it", *CLASSES),
        "sponsor": of.text("for whom the actor works, as assessed"),
        "sponsor_country": of.formed("the sponsor's country, ISO 3166-1 alpha-2", "^[A-Z]{2}$"),
        "attribution": of.text("the words in which the attribution is made, by whoever makes it", at_most=2_000),
    },
    example=of.example(
        "threat-actor",
        key="example-lantern",
        name="EXAMPLE Lantern",
        description="A fictional actor.",
        threat_actor_types=["nation-state"],
        extensions=of.carried(
            SLUG,
            slug="example-lantern",
            actor_class="nation-state-apt",
            sponsor="a ministry of a country that does not exist",
            sponsor_country="ZZ",
            attribution="assessed with moderate confidence to be linked to",
        ),
    ),
)
