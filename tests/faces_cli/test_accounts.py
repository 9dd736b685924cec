"""`tocsin organisation`, `member` and `token`: who is let in, and what is refused with which words."""

import json
from hashlib import sha256
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
        "state": "active",
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
        "state": "active",
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
        (b"\xff\xfe\xfflong enough\n", "the secret is not UTF-8; write it in UTF-8"),
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


def account(home: Path, name: str) -> dict[str, object]:
    """What the list says of a member."""
    return dict(next(one for one in typed_json("member", "list", home=home) if one["name"] == name))


def member(home: Path, name: str, *options: str) -> str:
    """A new member; its password."""
    return str(typed_json("member", "add", name, "--role", "peer", *options, home=home)["password"])


def test_the_list_of_members_tells_all_that_is_known(home: Path) -> None:
    """For programs, and a line each for people; the operator stands there as what never logs in."""
    member(home, "fay", "--organisation", "Beta AI", "--clearance", "amber+strict")
    typed("member", "expire", "fay", "--at", "2099-12-31T23:59:59Z", home=home)
    listed = account(home, "fay")
    assert listed == {
        "name": "fay",
        "organisation": "Beta AI",
        "role": "peer",
        "clearance": "amber+strict",
        "state": "active",
        "created": listed["created"],
        "last_used": None,
        "expires": "2099-12-31T23:59:59.000000Z",
    }
    assert account(home, "operator")["state"] == "no login"
    made = str(listed["created"])[:10]
    line = f"fay: active, made {made}, never used, expires 2099-12-31T23:59:59Z (Beta AI, peer, TLP:AMBER+STRICT)"
    assert line in typed("member", "list", home=home).stdout.splitlines()


def test_a_member_is_disabled_and_enabled(home: Path) -> None:
    """Each command shows what became of it."""
    member(home, "gus")
    assert typed_json("member", "disable", "gus", home=home) == account(home, "gus")
    assert account(home, "gus")["state"] == "disabled"
    assert typed("member", "enable", "gus", home=home).stdout.startswith("gus: active, made ")
    assert account(home, "gus")["state"] == "active"


@pytest.mark.parametrize(("options", "state"), [(["--in", "0"], "expired"), (["--in", "0.5"], "active"), (["--never"], "active")])
def test_a_member_expires_when_it_is_told_to(home: Path, options: list[str], state: str) -> None:
    name = f"hal {' '.join(options).strip('-').replace('--', '')}".replace(" ", ".")
    member(home, name)
    shown = typed_json("member", "expire", name, *options, home=home)
    assert (shown["state"], shown["expires"] is None) == (state, "--never" in options)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "it is not clear when it expires; give --at INSTANT, --in DAYS or --never"),
        (["--in", "1", "--never"], "it is not clear when it expires; give --at INSTANT, --in DAYS or --never"),
        (
            ["--at", "tomorrow"],
            "'tomorrow' is not a UTC timestamp; write it like \"2026-01-31T09:30:00.000Z\" (RFC 3339, UTC, ending in Z)",
        ),
    ],
)
def test_an_expiry_that_is_not_clear_is_refused(home: Path, options: list[str], line: str) -> None:
    assert refused("member", "expire", "admin", *options, home=home) == line


def test_a_new_password_is_made_and_shown_or_read(home: Path) -> None:
    """As when the member was made."""
    old = member(home, "ivo")
    made = typed_json("member", "rotate", "ivo", home=home)
    assert made == {"name": "ivo", "password": made["password"]}
    assert made["password"] != old
    assert typed_json("member", "rotate", "ivo", "--password-stdin", home=home, stdin=b"long enough and fine\n") == {"name": "ivo"}
    first, second = typed("member", "rotate", "ivo", home=home).stdout.splitlines()
    assert (first, second.startswith("Password: "), second.endswith("   (shown this once)")) == ("ivo has a new password", True, True)
    line = refused("member", "rotate", "ivo", "--password-stdin", home=home, stdin=b"short\n")
    assert line == "the password is too short; use 12 characters or more"


@pytest.mark.parametrize("command", ["disable", "enable", "rotate", "expire --never"])
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("nobody", "there is no member 'nobody'; list them with: tocsin member list"),
        ("operator", "operator cannot log in; it is the local command line"),
        ("peer:beta", "peer:beta cannot log in; it stands for a peer: use tocsin peer"),
    ],
)
def test_only_members_that_log_in_are_changed(home: Path, command: str, name: str, line: str) -> None:
    """The operator, and what stands in the log for a peer, are told apart from those that are not there."""
    if name.startswith("peer:") and not any(one["name"] == name for one in typed_json("member", "list", home=home)):
        typed("peer", "add", "beta", "--url", "http://127.0.0.1:1/", "--organisation", "Beta AI", home=home)
    verb, *options = command.split()
    assert refused("member", verb, name, *options, home=home) == line


def tokens(home: Path, name: str) -> list[dict[str, object]]:
    return [one for one in typed_json("token", "list", home=home) if one["member"] == name]


def test_the_list_of_tokens_never_shows_one(home: Path) -> None:
    """It calls them by the first digits of their hash."""
    member(home, "joy")
    token = str(typed_json("token", "add", "joy", home=home)["token"])
    (listed,) = tokens(home, "joy")
    assert listed == {
        "id": sha256(token.encode()).hexdigest()[:8],
        "member": "joy",
        "organisation": "Acme AI",
        "state": "active",
        "created": listed["created"],
        "last_used": None,
        "expires": None,
    }
    text = typed("token", "list", home=home).stdout
    assert f"{listed['id']}  joy: active, made {str(listed['created'])[:10]}, never used (Acme AI)" in text.splitlines()
    assert token not in text


def test_a_token_is_rotated_expires_and_is_disabled(home: Path) -> None:
    """The new one is shown once, like every other."""
    member(home, "kim")
    typed("token", "add", "kim", home=home)
    old = str(tokens(home, "kim")[0]["id"])
    made = typed_json("token", "rotate", old, "--grace", "24", home=home)
    assert made == {"token": made["token"], "member": "kim", "replaces": old}
    new = sha256(made["token"].encode()).hexdigest()[:8]
    assert [(one["id"], one["state"], one["expires"] is None) for one in tokens(home, "kim")] == [
        (old, "active", False),
        (new, "active", True),
    ]
    assert typed_json("token", "expire", old, "--in", "0", home=home)["state"] == "expired"
    assert typed("token", "disable", new, home=home).stdout.startswith(f"{new}  kim: disabled, made ")
    assert refused("token", "rotate", new, home=home) == f"the token {new} is disabled; make a new one with: tocsin token add"


def test_without_grace_the_old_token_ends_at_once(home: Path) -> None:
    member(home, "lea")
    typed("token", "add", "lea", home=home)
    assert typed("token", "rotate", str(tokens(home, "lea")[0]["id"]), home=home).stdout.startswith("tocsin_")
    assert [one["state"] for one in tokens(home, "lea")] == ["expired", "active"]


@pytest.mark.parametrize(
    ("identifier", "line"),
    [
        ("abc", "'abc' does not tell which token; give 8 digits or more of its id"),
        ("0" * 8, "there is no token '00000000'; list them with: tocsin token list"),
    ],
)
@pytest.mark.parametrize("command", ["disable", "rotate", "expire --never"])
def test_a_token_that_is_not_named_is_not_changed(home: Path, command: str, identifier: str, line: str) -> None:
    verb, *options = command.split()
    assert refused("token", verb, identifier, *options, home=home) == line


def test_an_organisation_is_off_boarded_and_readmitted(fresh: Path) -> None:
    """One command tells all that it revoked; nothing of it comes back by itself."""
    typed("organisation", "add", "Delta", home=fresh)
    member(fresh, "mia", "--organisation", "Delta")
    typed("token", "add", "mia", home=fresh)
    typed("peer", "add", "delta-x", "--url", "http://127.0.0.1:1/", "--organisation", "Delta", home=fresh)
    (token,) = tokens(fresh, "mia")
    assert typed("organisation", "offboard", "Delta", home=fresh).stdout.splitlines() == [
        "Delta is off-boarded; what it published stays",
        "disabled: member mia",
        f"disabled: token {token['id']} of mia",
        "disabled: peer delta-x",
    ]
    assert typed_json("organisation", "offboard", "Delta", home=fresh) == {"name": "Delta", "members": [], "tokens": [], "peers": []}
    assert next(one["state"] for one in typed_json("organisation", "list", home=fresh) if one["name"] == "Delta") == "off-boarded"
    assert "(off-boarded)" in typed("organisation", "list", home=fresh).stdout
    line = "Delta is off-boarded; take it in again with: tocsin organisation readmit"
    assert refused("member", "add", "new", "--role", "peer", "--organisation", "Delta", home=fresh) == line
    assert refused("member", "enable", "mia", home=fresh) == line
    assert typed_json("organisation", "readmit", "Delta", home=fresh) == {"name": "Delta", "state": "active"}
    assert (account(fresh, "mia")["state"], tokens(fresh, "mia")[0]["state"]) == ("disabled", "disabled")
    assert typed_json("member", "enable", "mia", home=fresh)["state"] == "active"


def test_our_own_organisation_stays(home: Path) -> None:
    line = refused("organisation", "offboard", "Acme AI", home=home)
    assert line == "Acme AI is our own organisation; disable its members one by one"
    assert (
        refused("organisation", "offboard", "Zeta", home=home)
        == "there is no organisation 'Zeta'; list them with: tocsin organisation list"
    )
