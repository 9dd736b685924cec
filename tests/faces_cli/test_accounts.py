"""`tocsin organisation`, `member` and `token`: who is let in, and what is refused with which words."""

import json
from pathlib import Path

import pytest

from tests.support.command import refused, typed, typed_json
from tests.support.objects import INSTANT

IDENTITY = {
    "type": "identity",
    "spec_version": "2.1",
    "id": "identity--6fa459ea-ee8a-4ca4-894e-db77e160355e",
    "created": INSTANT,
    "modified": INSTANT,
    "name": "Gamma",
    "identity_class": "organization",
}


@pytest.fixture(scope="module", autouse=True)
def beta(home: Path) -> dict[str, object]:
    """The organisation that is there already."""
    made: dict[str, object] = typed_json("organisation", "add", "Beta AI", "--domain", "beta.example", home=home)
    return made


def test_an_organisation_gets_an_identity_and_an_outbox(home: Path, beta: dict[str, object]) -> None:
    """Its id follows from its domain, so that others compute the same."""
    outbox = next(one for one in typed_json("collection", "list", home=home) if one["alias"] == "outbox-beta-ai")
    assert beta == {
        "name": "Beta AI",
        "domain": "beta.example",
        "identity": "identity--08e749ea-aec7-54c1-bc72-340b6b16e3b9",
        "is_own": False,
        "outbox": {"id": outbox["id"], "alias": "outbox-beta-ai"},
    }
    assert outbox["rights"] == {"read": ["Beta AI"], "write": ["administrator", "analyst"]}


def test_an_organisation_may_bring_its_own_identity(home: Path, tmp_path: Path) -> None:
    """Whose id we then use, and whose bytes are published."""
    file = tmp_path / "identity.json"
    file.write_text(json.dumps(IDENTITY))
    done = typed("organisation", "add", "Gamma", "--identity", str(file), home=home)
    assert done.stdout == f"Gamma is {IDENTITY['id']}; what is addressed to it goes into outbox-gamma\n"


def test_the_list_of_organisations_says_which_is_ours(home: Path) -> None:
    listed = {one["name"]: one for one in typed_json("organisation", "list", home=home)}
    assert listed["Acme AI"] == {
        "name": "Acme AI",
        "domain": "acme.example",
        "identity": "identity--05c5620a-0972-53d5-a6c3-fafede128221",
        "is_own": True,
    }
    text = typed("organisation", "list", home=home).stdout.splitlines()
    assert text[:2] == [
        "Acme AI  identity--05c5620a-0972-53d5-a6c3-fafede128221  (ours)",
        "Beta AI  identity--08e749ea-aec7-54c1-bc72-340b6b16e3b9",
    ]


@pytest.mark.parametrize(
    ("name", "options", "line"),
    [
        ("Beta AI", [], "an organisation or a member is called 'Beta AI' already; choose another name"),
        ("BETA AI", [], "an organisation or a member is called 'BETA AI' already; choose another name"),
        ("admin", [], "an organisation or a member is called 'admin' already; choose another name"),
        ("beta-ai", [], "there is a collection outbox-beta-ai or 'Outbox for beta-ai' already; choose another name"),
        ("Delta", ["--domain", "Beta.example"], "'Delta' has the identity or the alias of another organisation"),
        ("Delta", ["--domain", "no domain"], "'no domain' is not a DNS domain; write it like provider.example.org"),
        ("soc", [], "'soc' cannot name an organisation: it has a meaning; choose no role, *, anonymous or operator"),
        ("-", [], "'-' cannot name an organisation; use 1 to 80 letters"),
        ("Delta", ["--identity", "/nowhere.json"], "/nowhere.json: No such file or directory; give a file that can be read"),
    ],
)
def test_an_organisation_that_cannot_be_is_refused(home: Path, name: str, options: list[str], line: str) -> None:
    before = typed("organisation", "list", home=home).stdout
    assert line in refused("organisation", "add", name, *options, home=home)
    assert typed("organisation", "list", home=home).stdout == before


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("nope", "the identity is not admissible: $: not JSON"),
        (json.dumps({**IDENTITY, "type": "indicator"}), "the identity is not admissible: $.id"),
        (json.dumps({**IDENTITY, "created": "yesterday"}), "the identity is not admissible: $.created"),
        (json.dumps({"objects": [IDENTITY]}), "the identity is not admissible: $.type: the property type is missing"),
    ],
)
def test_a_file_without_an_identity_is_refused(home: Path, tmp_path: Path, content: str, line: str) -> None:
    """With the place in it."""
    file = tmp_path / "identity.json"
    file.write_text(content)
    assert line in refused("organisation", "add", "Epsilon", "--identity", str(file), home=home)


@pytest.mark.parametrize("role", ["administrator", "analyst", "peer", "soc"])
def test_a_member_of_every_role_gets_a_password_once(home: Path, role: str) -> None:
    made = typed_json("member", "add", f"a-{role}", "--role", role, "--organisation", "Beta AI", "--clearance", "amber+strict", home=home)
    assert len(made.pop("password")) == 24
    assert made == {"name": f"a-{role}", "organisation": "Beta AI", "role": role, "clearance": "amber+strict"}


def test_a_member_is_ours_and_cleared_for_green_unless_told(home: Path) -> None:
    done = typed("member", "add", "ann", "--role", "analyst", home=home)
    first, second = done.stdout.splitlines()
    assert first == "ann is a member of Acme AI: analyst, cleared for TLP:GREEN"
    assert second.startswith("Password: ")
    assert second.endswith("   (shown this once)")


def test_a_password_may_come_from_standard_input(home: Path) -> None:
    """It is then not shown."""
    options = ("--role", "soc", "--password-stdin")
    made = typed_json("member", "add", "carl", *options, home=home, stdin="long enough ünd fine\n".encode())
    assert made == {"name": "carl", "organisation": "Acme AI", "role": "soc", "clearance": "green"}


@pytest.mark.parametrize(
    ("stdin", "line"),
    [
        (b"short\n", "the password is too short; use 12 characters or more"),
        (b"", "the password is too short; use 12 characters or more"),
        (b"\xff\xfe\xfflong enough\n", "the password is not UTF-8; write it in UTF-8"),
        (b"tocsin_looks_like_a_token\n", "a password cannot begin with tocsin_: it would be taken for a token; choose another"),
    ],
)
def test_a_password_that_is_no_good_is_refused(home: Path, stdin: bytes, line: str) -> None:
    assert refused("member", "add", "dora", "--role", "soc", "--password-stdin", home=home, stdin=stdin) == line


@pytest.mark.parametrize("name", ["administrator", "analyst", "peer", "soc", "*", "anonymous", "operator", "PEER", "Operator"])
def test_no_member_is_called_what_means_something_else(home: Path, name: str) -> None:
    """In a collection's `read` and `write` the word would let in many."""
    line = refused("member", "add", name, "--role", "peer", home=home)
    assert line == f"{name!r} cannot name a member: it has a meaning; choose no role, *, anonymous or operator"


@pytest.mark.parametrize("name", ["Beta AI", "beta ai", "admin"])
def test_no_member_is_called_like_an_organisation_or_another_member(home: Path, name: str) -> None:
    line = refused("member", "add", name, "--role", "peer", home=home)
    assert line == f"an organisation or a member is called {name!r} already; choose another name"


@pytest.mark.parametrize("name", ["", "a:b", "x\x1b[31m", "x\nadmin", "x" * 81])
def test_a_name_that_cannot_stand_in_a_login_is_refused(home: Path, name: str) -> None:
    assert "cannot name a member; use 1 to 80 letters, digits, spaces" in refused("member", "add", name, "--role", "peer", home=home)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--role", "chef"], "there is no role 'chef'; roles: administrator, analyst, peer, soc"),
        (
            ["--role", "peer", "--clearance", "purple"],
            "'purple' is not a TLP level (known: clear, green, amber, amber+strict, red); give one of those",
        ),
        (["--role", "peer", "--organisation", "Nobody"], "there is no organisation 'Nobody'; organisations here: Acme AI"),
    ],
)
def test_an_unknown_word_is_answered_with_the_known_ones(home: Path, options: list[str], line: str) -> None:
    assert line in refused("member", "add", "eve", *options, home=home)


def test_a_token_is_shown_and_nothing_else(home: Path) -> None:
    """As it goes into a variable of a script: TOKEN=$(tocsin token add …)."""
    done = typed("token", "add", "admin", home=home)
    made = typed_json("token", "add", "admin", home=home)
    assert done.stdout.startswith("tocsin_")
    assert len(done.stdout.strip()) == len(made["token"]) == 50
    assert made == {"token": made["token"], "member": "admin"}
    assert done.stdout.strip() != made["token"]


@pytest.mark.parametrize(
    ("member", "line"),
    [
        ("nobody", "there is no member 'nobody'; make one with: tocsin member add"),
        ("operator", "operator cannot log in; add a member with the role administrator, and a token for it"),
    ],
)
def test_a_token_is_for_a_member_that_can_log_in(home: Path, member: str, line: str) -> None:
    assert refused("token", "add", member, home=home) == line
