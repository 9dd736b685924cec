"""The extension `hashed-account`: how the value of an account was made, which the object does not tell (ADR 0013).

The standard's own properties hold the hash, so that its id rule works and every consumer can compare: `account_type` is the provider,
`user_id` is `hmac-sha256:<key id>:<canonicalisation>:<64 hexadecimal digits>`. What would tell the account itself is refused.
"""

from tocsin.model.extension import interface as of
from tocsin.model.identifier import observable_id
from tocsin.model.marking import MARKING_REF, Level

SLUG = "hashed-account"
KINDS = ("email", "phone", "username", "account-id")
PLAIN = ("account_login", "credential", "display_name")  # each tells who it is

_KEY_ID = "[a-z0-9.-]{1,129}"
_EXAMPLE = {
    "user_id": "hmac-sha256:example.2026q1:1:3f0a94c1e57d2b68903c1fd4a7be5062d81e9cb3476af0d52c89be1374a6f05d",
    "account_type": "service.example.net",
}

HASHED_ACCOUNT = of.Extension(
    slug=SLUG,
    title="Hashed account",
    description=(
        "An account of which only a keyed hash is told. Who holds the same key can tell whether it is one of its own accounts, and nobody "
        "else can tell anything. The hash stands in user_id, and the provider of the account in account_type."
    ),
    hosts=("user-account",),
    properties={
        "algorithm": of.always("how the hash was made (RFC 2104, FIPS 180-4)", "hmac-sha256"),
        "key_id": of.formed("which key it was made with, as in `user_id`", f"^{_KEY_ID}$"),
        "canonicalisation": {
            "description": "the version of the rules by which the identifier was written before it was hashed, as in `user_id`",
            "type": "integer",
            "minimum": 1,
            "maximum": 9_999,
        },
        "identifier_kind": of.word("what was hashed", *KINDS),
    },
    required=("algorithm", "key_id", "canonicalisation", "identifier_kind"),
    rules=(
        {
            "required": ["user_id", "account_type"],
            "properties": {
                "user_id": of.formed(
                    "hmac-sha256, the key's id, the version of the canonicalisation and the hash, in hexadecimal",
                    f"^hmac-sha256:{_KEY_ID}:[1-9][0-9]{{0,3}}:[0-9a-f]{{64}}$",
                ),
                "account_type": of.formed("the provider of the account: its domain, or its name, in lower case", r"^[a-z0-9][^A-Z\s]*$"),
                **dict.fromkeys(PLAIN, False),
            },
        },
    ),
    example={
        "type": "user-account",
        "spec_version": "2.1",
        "id": observable_id("user-account", _EXAMPLE),
        **_EXAMPLE,
        "object_marking_refs": [MARKING_REF[Level.GREEN]],
        "extensions": of.carried(SLUG, algorithm="hmac-sha256", key_id="example.2026q1", canonicalisation=1, identifier_kind="email"),
    },
)
