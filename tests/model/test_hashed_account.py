"""The same account has the same hash at every provider, whatever program computes it (docs/hashed-accounts.md)."""

import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import InvalidInputError
from tocsin.model.hashed_account import KINDS, HashedAccount, canonical, derive, read_user_id, user_id

PAGE = Path(__file__).parents[2] / "docs/hashed-accounts.md"
MASTER, KEY_ID = bytes(range(32)), "example.2026q4"
KEY = bytes.fromhex("ff235a62363a5b3efa8aa0dda6c9bf9ec2b13b9acd0fafec6c2832e80a4ee20a")
ANN = "57a97d20978c4f1d863f5a75c0a63ebccfe8c0690f7b48ea0a3ca7bc6c2a8998"
JOERG = "19bad3318876693a577bbb171020fa8e94b7d7b8ec61d549a1d29140af7bc6d3"
BUECHER = "525ab2fb8fd4c709b769ac32b68a534895338bf44c4b8b1e5a5d9d7aeb3697f7"
PHONE = "8b7e1901b2805703e11259e24c725aa0a72bbad85a69cdcdc8e5bd45d7c06fcc"
LANTERN = "21eef9a1a678b8e3cdaeca684a751388740a7e14148ee05a47f5e8f75d1d0d05"
STREET = "fb993ebfad54f20de8333bb92d7c6f22ee35bae7ea97521043a5513eccf87c8e"

VECTORS = [  # kind, value, canonical form, hash
    ("email", "ann@ai.example", "ann@ai.example", ANN),
    ("email", "\uff21nn\uff20ai\uff0eexample", "ann@ai.example", ANN),
    (
        "email",
        "  Ann.Example+News@AI.EXAMPLE\r\n",
        "ann.example+news@ai.example",
        "4faf9c49a3b05e562db62cfef5558a3746f49e335a080bcc5db4ca7d2e7916c9",
    ),
    ("email", "annexample@ai.example", "annexample@ai.example", "6636e0903eca7ab100607c3adecc9b5c83c081f8cec52b1b0ea67d3fd1bc17ab"),
    ("email", "ann@B\u00dcCHER.example", "ann@xn--bcher-kva.example", BUECHER),
    ("email", "ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example", BUECHER),
    ("email", "J\u00d6RG@ai.example", "j\u00f6rg@ai.example", JOERG),
    ("email", "jo\u0308rg@ai.example", "j\u00f6rg@ai.example", JOERG),
    ("phone", "+44 20 7946 0958", "+442079460958", PHONE),
    ("phone", "00442079460958", "+442079460958", PHONE),
    ("phone", "+44.(20)-7946\u20130958", "+442079460958", PHONE),
    ("phone", "\uff0b\uff14\uff14\uff12\uff10\uff17\uff19\uff14\uff16\uff10\uff19\uff15\uff18", "+442079460958", PHONE),
    ("username", "@Paper_Lantern", "paper_lantern", LANTERN),
    ("username", "@@ paper_lantern", "paper_lantern", LANTERN),
    ("username", "STRASSE", "strasse", STREET),
    ("username", "stra\u00dfe", "strasse", STREET),
    ("username", "\ufb01sh \u00a0pond", "fish  pond", "8c21bc7612523dccb524c21de04c07c17e4edb0755386277bd250c38481fe53c"),
    (
        "username",
        "\u0391\u03a3\u03a3\u0391\u03a3",
        "\u03b1\u03c3\u03c3\u03b1\u03c3",
        "78cb7492f831326cd3248f1913b592e0cd0fc3219743bef2584e9d374f434966",
    ),
    ("account-id", " org-7fA2\n", "org-7fA2", "fa666d178e8d73d77c3ae387807d1736af88f90cc2ba9dee1c370255ed77eae6"),
    ("account-id", "org-7fa2", "org-7fa2", "f00b0a646e5ac6a4b62b94cbfd6b8632c2b555002160cc1c0b284a6de1b5403d"),
    ("account-id", "\uff41", "\uff41", "7dd6c5cf184997f00d919162cd58b51471ffb37ac5c5f94bdcd1b4893b336c67"),
]
REFUSED = [  # kind, value
    ("email", "ann"),
    ("email", "@ai.example"),
    ("email", "ann@localhost"),
    ("email", "a@b@ai.example"),
    ("email", "ann@ai..example"),
    ("email", "ann@ai.example."),
    ("email", "ann@[192.0.2.1]"),
    ("email", "Ann <ann@ai.example>"),
    ("email", "mailto:ann@ai.example"),
    ("email", "ann@stra\u00dfe.example"),
    ("email", "an\u200bn@ai.example"),
    ("phone", "020 7946 0958"),
    ("phone", "+44 (0)20 7946 0958"),
    ("phone", "+0442079460958"),
    ("phone", "+1234567"),
    ("phone", "+1234567890123456"),
    ("phone", "+44 20 7946 0958 x12"),
    ("phone", "+\u0664\u0664\u0662\u0660\u0667\u0669\u0664\u0666\u0660\u0669\u0665\u0668"),
    ("username", ""),
    ("username", "@"),
    ("username", "paper\u0000lantern"),
    ("username", "paper\ud800lantern"),
    ("account-id", " \t"),
    ("account-id", "org\u202e7fa2"),
    ("ip", "192.0.2.1"),
]


def expected(secret: bytes, info: str, message: str) -> str:
    """HKDF and HMAC by their definitions, with nothing of ours and nothing of the library that we use."""
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    derived = hmac.new(extracted, info.encode() + b"\1", hashlib.sha256).digest()
    return hmac.new(derived, message.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(("kind", "value", "form", "digest"), VECTORS)
def test_the_vectors_hold(kind: str, value: str, form: str, digest: str) -> None:
    """Every edge that two programs could see differently."""
    assert canonical(kind, value) == form
    assert user_id(kind, value, key=derive(MASTER, KEY_ID), key_id=KEY_ID) == f"hmac-sha256:{KEY_ID}:1:{digest}"
    assert expected(MASTER, f"tocsin hashed account 1|{KEY_ID}", f"{kind}|{form}") == digest


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_what_has_no_certain_form_is_refused_with_a_hint_and_not_repeated(kind: str, value: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        canonical(kind, value)
    assert raised.value.hint
    assert len(value) < 4 or value not in str(raised.value)


@pytest.mark.parametrize("kind", KINDS)
def test_more_than_320_characters_are_refused(kind: str) -> None:
    """Before any rule looks at them."""
    with pytest.raises(InvalidInputError, match="longer than 320"):
        canonical(kind, "x" * 321)
    assert canonical("account-id", "x" * 320) == "x" * 320


@given(st.sampled_from(KINDS), st.text(max_size=30) | st.from_regex(r"[@ ]?[\w.]{1,6}@[\w]{1,6}\.[\w]{2,4}", fullmatch=True))
def test_a_canonical_form_is_its_own_canonical_form(kind: str, value: str) -> None:
    """Whoever canonicalises once more, or takes the form from somebody else's log, hashes the same."""
    try:
        form = canonical(kind, value)
    except InvalidInputError:
        return
    assert canonical(kind, form) == form


def test_keys_of_two_epochs_names_or_kinds_have_nothing_in_common() -> None:
    """The same value hashes differently, so figures of one quarter cannot be joined with those of the next."""
    made = {
        user_id(kind, "7", key=derive(MASTER, key_id), key_id=key_id).rpartition(":")[2]
        for kind in ("username", "account-id")
        for key_id in ("example.2026q4", "example.2027q1", "example2.2026q4")
    }
    assert derive(MASTER, KEY_ID) == KEY
    assert len(made) == 6


def test_a_user_id_tells_its_parts() -> None:
    assert read_user_id(f"hmac-sha256:{KEY_ID}:1:{ANN}") == HashedAccount(key_id=KEY_ID, canonicalisation=1, digest=ANN)


@pytest.mark.parametrize(
    "text",
    [
        *("", ANN, f"sha256:{KEY_ID}:1:{ANN}", f"hmac-sha256:example:1:{ANN}", f"hmac-sha256:{KEY_ID}:0:{ANN}"),
        *(f"hmac-sha256:{KEY_ID}:1:{digest}" for digest in (ANN[1:], ANN.upper(), f"{ANN}\n")),
        f"hmac-sha256:Example.2026q4:1:{ANN}",
    ],
)
def test_anything_else_is_no_user_id(text: str) -> None:
    with pytest.raises(InvalidInputError, match="no user_id of a hashed account"):
        read_user_id(text)


# The page, by which others write their own


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_page_has_these_vectors() -> None:
    """One JSON list a line, in ASCII, so that no editor changes what they are about."""
    vectors, refusals = blocks("json")
    assert [tuple(json.loads(line)) for line in vectors.splitlines()] == VECTORS
    assert [tuple(json.loads(line)) for line in refusals.splitlines()] == REFUSED
    assert vectors.isascii()
    assert refusals.isascii()


def test_the_program_of_the_page_computes_them_without_ours() -> None:
    """From the canonical form on, with the standard library alone."""
    (program,) = blocks("python")
    scope: dict[str, Any] = {}
    exec(program, scope)
    assert "import tocsin" not in program
    for kind, _, form, digest in VECTORS:
        assert scope["user_id"](MASTER, "example", "2026q4", kind, form) == f"hmac-sha256:{KEY_ID}:1:{digest}"
