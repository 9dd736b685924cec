"""The extension `provider`: how to reach an AI provider's exchange, and with which keys it signs (ADR 0013)."""

from tocsin.model.extension import interface as of
from tocsin.model.identifier import identity_id

SLUG = "provider"
PRINCIPLES = ("identify-and-act", "notify-providers", "collaborate", "transparency")

_KEY = of.record(
    "a key with which the provider signs",
    {
        "key_id": of.key_id("the provider's own name for the key; never used again for another key"),
        "algorithm": of.always("the kind of key (RFC 8032)", "ed25519"),
        # The last character has only sixteen values: it carries four bits of the 32 bytes.
        "public_key": of.formed("the 32 bytes of the public key in base64url without padding", "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"),
        "valid_from": of.instant("signatures count from then on"),
        "valid_until": of.instant("signatures count until then; absent: no end is set"),
    },
    required=("key_id", "algorithm", "public_key", "valid_from"),
)

PROVIDER = of.Extension(
    slug=SLUG,
    title="AI provider",
    description=(
        "How to reach the exchange of an AI provider: where its TAXII discovery is, which of its collections takes what is addressed to "
        "it, with which keys it signs, and which of the four principles of February 2024 it has subscribed to."
    ),
    hosts=("identity",),
    properties={
        "public_keys": of.listed("the keys with which the provider signs, old ones too", _KEY, is_unique=False),
        "discovery_url": of.address("the TAXII 2.1 discovery of the provider's exchange"),
        "inbox_collection": of.formed(
            "the id of the collection there that takes what is addressed to the provider",
            "^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        ),
        "principles": of.listed("the principles that the provider has subscribed to", of.word("a principle", *PRINCIPLES)),
    },
    example={
        **of.example("identity", key="", name="EXAMPLE AI Provider", identity_class="organization"),
        "id": identity_id("provider.example.org"),
        "extensions": of.carried(
            SLUG,
            public_keys=[
                {
                    "key_id": "2026-1",
                    "algorithm": "ed25519",
                    "public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",  # of RFC 8037, whose private half everybody knows
                    "valid_from": "2026-01-01T00:00:00.000Z",
                    "valid_until": "2027-01-01T00:00:00.000Z",
                }
            ],
            discovery_url="https://provider.example.org/taxii2/",
            inbox_collection="0f2c9a51-3d6e-4b7a-9c18-5e4d3b2a1f06",
            principles=list(PRINCIPLES),
        ),
    },
)
