"""`tocsin key`: two providers get the same hashes, and a secret is shown by two commands alone."""

from pathlib import Path

import pytest

from tests.model.test_hashed_account import ANN, PHONE
from tests.support.command import refused, typed, typed_json

TEXT = "tocsin-key-1:example:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8:9a0b8399"
SECRET = TEXT.split(":")[2]


@pytest.fixture
def holder(fresh: Path) -> Path:
    """An exchange that holds the key of the test vectors."""
    typed("key", "import", home=fresh, stdin=f"{TEXT}\n".encode())
    return fresh


def test_a_key_is_shown_when_it_is_made_and_when_it_is_exported(fresh: Path) -> None:
    made = typed("key", "new", "community", home=fresh).stdout
    assert made.startswith("tocsin-key-1:community:")
    assert typed("key", "export", "community", home=fresh).stdout == made
    assert typed_json("key", "export", "community", home=fresh) == {"name": "community", "key": made.rstrip()}
    again = typed_json("key", "new", "other", home=fresh)
    assert sorted(again) == ["fingerprint", "key", "name"]


def test_no_other_command_shows_a_secret(holder: Path) -> None:
    """Nor any file of the exchange, its database among them."""
    commands = [("key", "list"), ("key", "hash", "email"), ("key", "retire", "example"), ("doctor",), ("db", "check")]
    given = {"home": holder, "stdin": b"ann@ai.example\n"}
    shown = "".join(
        done.stdout + done.stderr for command in commands for done in (typed(*command, **given), typed(*command, "--json", **given))
    )
    assert "hmac-sha256:example." in shown
    assert SECRET not in shown
    assert bytes(range(32)).hex() not in shown
    for file in (path for path in holder.rglob("*") if path.is_file()):
        assert bytes(range(32)) not in file.read_bytes()
        assert SECRET.encode() not in file.read_bytes()


def test_a_key_is_imported_from_standard_input(fresh: Path) -> None:
    """Its name and fingerprint are told, to be compared with the other side's; the same again is fine."""
    done = typed("key", "import", home=fresh, stdin=f"{TEXT}\r\n".encode())
    assert done.stdout == "example  009c91f6\n"
    assert typed_json("key", "import", home=fresh, stdin=TEXT.encode()) == {"name": "example", "fingerprint": "009c91f6"}
    assert typed("key", "list", home=fresh).stdout == "example  009c91f6\n"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (b"", "this is no shared key; give the whole line that begins with tocsin-key-1:"),
        (TEXT[:-1].encode(), "this is no shared key; give the whole line that begins with tocsin-key-1:"),
        (TEXT.replace("AAEC", "AAED").encode(), "the key has a slip of the pen: its checksum does not fit; have it handed over again"),
        (b"\xff\xfe", "the secret is not UTF-8; write it in UTF-8"),
    ],
)
def test_what_is_no_key_is_refused(fresh: Path, given: bytes, line: str) -> None:
    assert refused("key", "import", home=fresh, stdin=given) == line
    assert typed_json("key", "list", home=fresh) == []


def test_the_list_says_what_is_retired(holder: Path) -> None:
    assert typed("key", "retire", "example", home=holder).stdout == "example is retired\n"
    (listed,) = typed_json("key", "list", home=holder)
    assert {**listed, "created": "…", "retired": "…"} == {"name": "example", "fingerprint": "009c91f6", "created": "…", "retired": "…"}
    assert typed("key", "list", home=holder).stdout == f"example  009c91f6  (retired {listed['retired'][:10]})\n"
    assert refused("key", "hash", "email", home=holder).startswith("no shared key is in use; make one with: tocsin key new NAME")


def test_the_list_shows_a_key_that_cannot_be_opened(holder: Path) -> None:
    """The root secret was lost, and another one written."""
    (holder / "secret").write_text("ab" * 32 + "\n")
    assert typed("key", "list", home=holder).stdout == "example  cannot be opened: it was stored under another root secret\n"
    assert typed_json("key", "list", home=holder)[0]["fingerprint"] is None


def test_accounts_are_hashed_line_by_line(holder: Path) -> None:
    """As in the test vectors; the key needs no name where there is one."""
    done = typed("key", "hash", "email", "--epoch", "2026q4", home=holder, stdin=b" Ann@AI.example\r\nann@ai.example\n")
    assert done.stdout == f"hmac-sha256:example.2026q4:1:{ANN}\n" * 2
    result = typed_json("key", "hash", "phone", "--epoch", "2026q4", "--key", "example", home=holder, stdin=b"+44 20 7946 0958")
    assert result == [{"line": 1, "user_id": f"hmac-sha256:example.2026q4:1:{PHONE}"}]


def test_a_line_that_cannot_be_hashed_is_named_and_leaves_its_place_empty(holder: Path) -> None:
    """The others are hashed, so the output stays beside the input; the value is not repeated."""
    done = typed("key", "hash", "email", "--epoch", "2026q4", home=holder, stdin=b"ann@ai.example\nnobody\n\nann@ai.example\n")
    line = f"hmac-sha256:example.2026q4:1:{ANN}\n"
    assert (done.returncode, done.stdout) == (1, f"{line}\n\n{line}")
    hint = "the email is no address; write it like name@example.org, without a display name"
    assert done.stderr == f"line 2: {hint}\nline 3: {hint}\n"
    done = typed("key", "hash", "email", "--json", home=holder, stdin=b"nobody")
    assert (done.returncode, done.stdout) == (1, '[\n  {\n    "line": 1,\n    "user_id": null\n  }\n]\n')


def test_the_epoch_is_the_quarter_that_we_are_in(holder: Path) -> None:
    """Unless another one is named."""
    (made,) = typed_json("key", "hash", "username", home=holder, stdin=b"lantern")
    assert made["user_id"].startswith("hmac-sha256:example.20")
    assert made["user_id"][24] == "q"


@pytest.mark.parametrize(
    ("arguments", "given", "line"),
    [
        (("ip",), b"", "there is no kind of account 'ip'; kinds: email, phone, username, account-id"),
        (
            ("email", "--key", "other"),
            b"",
            "there is no key 'other'; make one with: tocsin key new NAME, or take one over with: tocsin key import",
        ),
        (
            ("email", "--key", "Other"),
            b"",
            "'Other' cannot name a key; use up to 40 small letters, digits and single hyphens, such as community",
        ),
        (("email", "--epoch", "Q4"), b"", "'Q4' is no epoch; write it like 2026q4: small letters, digits and single hyphens"),
        (("email",), b"\xff", "the values are not UTF-8; write them in UTF-8, one a line"),
    ],
)
def test_a_wrong_question_is_one_line(holder: Path, arguments: tuple[str, ...], given: bytes, line: str) -> None:
    assert refused("key", "hash", *arguments, home=holder, stdin=given) == line


def test_where_several_are_in_use_the_key_is_named(holder: Path) -> None:
    typed("key", "new", "community", home=holder)
    assert refused("key", "hash", "email", home=holder) == "it is not clear which key is meant; name one of: community, example"
