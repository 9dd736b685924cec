"""What should never leave: found by its shape, never repeated, and not seen where there is nothing.

Every secret below is made up, and put together here, so that this file holds none by shape. Numbers are published examples.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.care import is_bare_hash, personal_data_in, secrets_in

ROOT = Path(__file__).parents[2]
MIXED = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY" * 3

SECRETS = {  # what: texts
    "an OpenAI key": ["sk-" + MIXED[:48], "sk-proj-" + MIXED[:60] + "_-x", "sk-or-v1-" + "0a1b" * 16],
    "an Anthropic key": ["sk-ant-" + "api03-" + MIXED[:80]],
    "an AWS access key": ["AKIA" + "IOSFODNN7" + "ABCDEFG", "ASIA" + "Q2W3E4R5T6Y7U8I9"],
    "a Google API key": ["AIza" + MIXED[:35]],
    "a GitHub token": ["ghp_" + MIXED[:36], "gho_" + MIXED[:36], "github_pat_" + MIXED[:22] + "_" + MIXED[:59]],
    "a GitLab token": ["glpat-" + MIXED[:20]],
    "a Slack token": ["xoxb-" + "123456789012-" + MIXED[:24], "xoxp-" + MIXED[:24]],
    "a Hugging Face token": ["hf_" + MIXED[:34]],
    "a Stripe key": ["sk_live_" + MIXED[:24], "rk_live_" + MIXED[:24]],
    "a JSON web token": ["eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0." + MIXED[:43]],
    "a private key": [
        "-----BEGIN " + "PRIVATE KEY-----",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----",
    ],
    "a token of Tocsin": ["tocsin_" + MIXED[:43]],
    "a shared key of Tocsin": ["tocsin-key-1:" + "community:" + MIXED[:43] + ":0a1b2c3d"],
    "a secret with its name": [
        "password: " + "Summer2024!",
        'DB_PASSWORD="' + 'hunter2-again"',
        "pwd=" + "tr0ub4dor&3",
        "api_key = '" + MIXED[:20] + "'",
        '"client_secret": "' + MIXED[:40] + '"',
        "AccountKey=" + MIXED[:40] + "==",
        "Authorization: Bearer " + MIXED[:32],
    ],
}
HARMLESS = [
    "The actor asked how to reset a password; the password must be changed every 90 days.",
    "Password: required. Token limit: 128000. api_key = <your key here>, secret: ${SECRET}, token = EXAMPLE-TOKEN-0000-1111",
    "password: ********** and passwords: see the manual",
    "risk-based task-oriented disk-encryption-for-everybody-in-2024 and sk-learn",
    "GPT-4o-mini, Llama-3.1-70B-Instruct and claude-opus-4-20250514 with token=8192 and secret-sharing",
    "https://example.org/?token=abc and eyJ is how a JSON web token begins; AKIA is how an access key does; hf_ is a prefix",
    "hmac-sha256:community.2026q4:1:" + "57a97d20978c4f1d" * 4 + " or e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "threat-actor--24a50de7-4cd5-55be-9da2-4582b87a0a94 on 2024-02-14T00:00:00.000Z, +01:00, version 4.1.2.3, 1,000,000,000 times",
    "user@example.org, @handle, a@b, me @ home, CVE-2024-3094, T1566.001, AML.T0054, 4 of 5 and 3.14159265358979",
]
PERSONAL = {
    "an e-mail address": ["ann.other+news@ministry.gov.uk", "jörg@bücher.de", "write to <x_y@mail.co>."],
    "a phone number": ["+44 20 7946 0958", "+1 (212) 555-0100", "call +49.30.12345678!"],
    "an IBAN": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "NL91 ABNA 0417 1643 00 IS HIS"],
    "a payment card number": ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "it was 6011111111111117."],
}
IMPERSONAL = [
    "DE88 3704 0044 0532 0130 00",
    "XX89 3704 0044 0532 0130 00",
    "4111 1111 1111 1112",
    "9111 1111 1111 1111",
    "+1234567",
    "4242",
]


def of(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(what, text) for what, texts in table.items() for text in texts]


@pytest.mark.parametrize(("what", "text"), of(SECRETS))
@pytest.mark.parametrize("around", ["{}", "it used {} there", "“{}”", "x\n{}\ny"])
def test_a_secret_is_found_wherever_it_stands(what: str, text: str, around: str) -> None:
    """Once, at its place, with what to do."""
    (found,) = secrets_in(around.format(text))
    assert found.what == what
    assert found.start >= around.index("{")
    assert "revoked" in found.hint


@pytest.mark.parametrize(("what", "text"), of(SECRETS))
def test_a_finding_does_not_repeat_the_secret(what: str, text: str) -> None:
    """Messages go to logs and screens: no more is shown than the prefix that every such key has, or the name before it."""
    (found,) = secrets_in(text)
    assert found.excerpt.removesuffix("…").strip() in text
    assert not any(text[place : place + 6] in found.excerpt + found.hint for place in range(found.start + 4, len(text) - 6))


def test_everything_in_a_text_is_found_in_its_order() -> None:
    text = "\n".join(text for _, text in of(SECRETS))
    assert [one.what for one in secrets_in(text)] == [what for what, _ in of(SECRETS)]


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_prose_is_clean(text: str) -> None:
    assert (secrets_in(text), personal_data_in(text)) == ([], [])


@pytest.mark.parametrize(("what", "text"), of(PERSONAL))
def test_personal_data_is_found_and_masked(what: str, text: str) -> None:
    """Two characters are shown."""
    (found,) = personal_data_in(f"He wrote: {text}")
    assert (found.what, len(found.excerpt)) == (what, 3)
    assert f"He wrote: {text}"[found.start :].startswith(found.excerpt[:2])


@pytest.mark.parametrize("text", IMPERSONAL)
def test_numbers_with_a_wrong_checksum_are_none(text: str) -> None:
    """Nor are those of no known country, issuer or length."""
    assert personal_data_in(text) == []


def test_an_address_kept_for_examples_is_nobodys() -> None:
    found = personal_data_in("ann@example.org, ann@mail.example.com, ann@ai.example, ann@examples.org")
    assert [one.excerpt for one in found] == ["an…"]


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(one)


@pytest.mark.parametrize("file", sorted(ROOT.glob("seeds/*.json")), ids=lambda file: file.name)
def test_the_seeds_are_clean(file: Path) -> None:
    """Every text of every object that is shipped."""
    texts = list(strings(json.loads(file.read_text(encoding="utf-8"))))
    assert len(texts) > 40
    assert [text for text in texts if secrets_in(text) or personal_data_in(text)] == []


@given(st.text(max_size=200))
def test_any_text_is_read_without_fault(text: str) -> None:
    found = [*secrets_in(text), *personal_data_in(text)]
    assert all(0 <= one.start < len(text) for one in found)


PIECES = [
    *(
        "sk-",
        "sk-ant-",
        "eyJ",
        "eyJaaaaaaaa.",
        "password",
        "password=",
        "password: aaaaaa1",
        "token: ",
        "bearer ",
        "api_key='",
        "AKIA",
        "AIza",
    ),
    *("-----BEGIN ", "-----BEGIN A ", "github_pat_", "xoxb-", "tocsin_", "tocsin-key-1:", "a@", "@", "a@b.", "x.y@z-", "a@b.test ", "+1 ("),
    *("DE89 ", "DE89", "AB12C", "4 ", "4-", "5105105105105101 ", "a", " ", "é", "_", "%", "\n"),
]


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    """Four times as long takes four times as long, not sixteen times: 100 kB of the worst of these take some 30 ms."""

    def seconds(characters: int) -> float:
        text = piece * (characters // len(piece))
        best = 1e9
        for _ in range(3):
            start = time.perf_counter()
            secrets_in(text), personal_data_in(text)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(20_000) < 10 * seconds(5_000) + 0.05


HASHES = [  # of ann@ai.example, in the ways in which people write hashes
    "7a3b" * 8,
    "7A3B" * 10,
    "7a3b" * 14,
    "7a3b" * 16,
    "7a3b" * 24,
    "7a3b" * 32,
    "md5:" + "7a3b" * 8,
    "sha256:" + "7a3b" * 16,
    "SHA-1$" + "7a3b" * 10,
    " " + "7a3b" * 16 + "\n",
    "1B2M2Y8AsgTpgAmY7PhCfg==",
    "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
    "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
]


@pytest.mark.parametrize("value", HASHES)
def test_a_plain_hash_is_seen(value: str) -> None:
    assert is_bare_hash(value)


@pytest.mark.parametrize(
    "value",
    [
        *("ann@ai.example", "+442079460958", "paper_lantern", "christophermontgomeryx", "alexander-hamilton-smith-jr", "user-AbC123", ""),
        *("24a50de7-4cd5-55be-9da2-4582b87a0a94", "7a3b" * 8 + "7", "7a3b" * 6, "hmac-sha256:community.2026q4:1:" + "7a3b" * 16),
    ],
)
def test_names_numbers_and_keyed_hashes_are_no_plain_hash(value: str) -> None:
    """A name may have as many letters as a hash."""
    assert not is_bare_hash(value)
