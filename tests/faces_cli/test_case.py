"""`tocsin case`: a new file, its bundle, into a collection, back to a file; and what is refused on the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.case import IDS, SMALL, WHOLE
from tests.support.command import refused, typed, typed_json
from tocsin.model.case.record import case_schema

SAME = {"new": 0, "changed": 0, "revoked": 0, "unchanged": 9}
USER = "lamp.seller@example.com"
ACCOUNT = f"  - account: {{provider: mail.example.com, kind: email, user: {USER}}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The small case, in a folder of its own."""
    (tmp_path / "lantern.yaml").write_text(SMALL)
    return tmp_path / "lantern.yaml"


def objects_of(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.with_suffix(".json").read_text())["objects"]
    return found


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("lantern.yaml", "lantern"),
        ("Paper Lantern_2.yml", "paper-lantern-2"),
        ("2026.yaml", "case-2026"),
        ("true.yaml", "case-true"),
        ("é.yaml", "case"),
    ],
)
def test_a_new_case_can_be_compiled_and_submitted_as_it_is(home: Path, tmp_path: Path, name: str, case: str) -> None:
    """It is complete, has no mistake, and is named after its file."""
    file = tmp_path / name
    assert typed("case", "new", str(file)).stdout == f"{file} is written; edit it, then: tocsin case check {file}\n"
    assert file.read_text().splitlines()[3].startswith(f"case: {case}  # ")
    assert typed("case", "check", str(file)).stdout == "1 files, 0 errors, 0 warnings\n"
    assert typed_json("case", "submit", str(file), "--collection", "indicators", home=home)["refused"] == 0


def test_a_file_that_is_there_is_not_written_over(file: Path) -> None:
    assert refused("case", "new", str(file)) == f"{file} is there already; give another name"
    assert file.read_text() == SMALL
    missing = file.parent / "nowhere" / "a.yaml"
    assert refused("case", "new", str(missing)) == f"{missing}: No such file or directory; give a file that can be written"


def test_a_case_is_compiled_to_the_bundle_beside_it(file: Path) -> None:
    done = typed("case", "compile", str(file))
    bundle = file.with_suffix(".json")
    assert done.stdout == f"{bundle}: 9 objects (9 new, 0 changed, 0 revoked, 0 as before)\n"
    assert [one["id"] for one in objects_of(file)] == IDS
    assert json.loads(bundle.read_text())["id"] == "bundle--725d27d6-9699-58c8-9413-3203d81ca84e"


def test_what_became_of_the_objects_is_counted(file: Path) -> None:
    result = {"file": str(file.with_suffix(".json")), "objects": 9}
    assert typed_json("case", "compile", str(file)) == [result | SAME | {"new": 9, "unchanged": 0}]
    written = file.with_suffix(".json").stat()
    assert typed_json("case", "compile", str(file)) == [result | SAME]
    assert file.with_suffix(".json").stat() == written
    change(file, "  - ip: 192.0.2.45\n", "")
    assert typed_json("case", "compile", str(file)) == [result | {"new": 0, "changed": 1, "revoked": 2, "unchanged": 6}]


def test_nothing_is_compiled_when_one_of_the_files_has_an_error(file: Path) -> None:
    """Warnings and errors are told as `check` tells them."""
    other = file.with_name("other.yaml")
    other.write_text(SMALL.replace("case: lantern", "case: other").replace("tlp: green", "tlp: grey"))
    done = typed("case", "compile", str(file), str(other))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"{other}:5: tlp: 'grey' is not allowed; did you mean green?",
        f"tocsin: {other}: not compiled; correct the lines named above",
    ]
    assert [one.name for one in sorted(file.parent.iterdir())] == ["lantern.yaml", "other.yaml"]


def test_what_was_withdrawn_is_refused_with_its_day(file: Path) -> None:
    typed("case", "compile", str(file))
    change(file, "  - ip: 192.0.2.45\n", "")
    typed("case", "compile", str(file))
    day = objects_of(file)[-1]["modified"]
    file.write_text(SMALL)
    line = refused("case", "compile", str(file))
    assert line == f"'Address 192.0.2.45' ({IDS[6]}) was withdrawn on {day}; nothing comes back after that: state it in a new case"


def test_a_case_goes_into_a_collection_and_again_when_it_changed(home: Path, file: Path) -> None:
    """What the exchange has already is fine."""
    submit = ["case", "submit", str(file), "--collection", "indicators"]
    done = typed(*submit, home=home)
    assert (done.stdout, done.stderr.splitlines()[0]) == (
        "9 taken, 0 refused\n",
        f"{file.with_suffix('.json')}: 9 objects (9 new, 0 changed, 0 revoked, 0 as before)",
    )
    change(file, "Had a mailer written.", "Had two mailers written.")
    assert typed_json(*submit, home=home)["taken"] == 9


def test_what_a_collection_does_not_take_is_named(home: Path, file: Path) -> None:
    """A case for few does not fit into a collection for many."""
    change(file, "tlp: green", "tlp: red")
    done = typed("case", "submit", str(file), "--collection", "indicators", home=home)
    assert (done.returncode, done.stdout) == (1, "0 taken, 9 refused\n")
    assert "it is marked TLP:RED, and indicators holds nothing above GREEN" in done.stderr


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--collection", "nope"], "there is no collection 'nope' that operator may use; see: tocsin collection list"),
        (["--collection", "indicators", "--as", "nobody"], "there is no member 'nobody'; make one with: tocsin member add"),
    ],
)
def test_a_wrong_destination_is_refused(home: Path, file: Path, options: list[str], line: str) -> None:
    done = typed("case", "submit", str(file), *options, home=home)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[-1]) == (2, "", f"tocsin: {line}")


def test_a_bundle_is_told_as_a_file_again(file: Path) -> None:
    """In the one form; compiled again, it gives the same objects."""
    typed("case", "compile", str(file))
    before = objects_of(file)
    done = typed("case", "decompile", str(file.with_suffix(".json")))
    assert done.stdout == SMALL.replace("2026-11-20", "'2026-11-20'").replace("example: true\n", "").replace(
        "actors:", "example: true\nactors:"
    )
    file.write_text(done.stdout)
    assert typed_json("case", "compile", str(file))[0]["unchanged"] == 9
    assert objects_of(file) == before


def test_a_bundle_is_told_as_json_too(file: Path) -> None:
    typed("case", "compile", str(file))
    case = typed_json("case", "decompile", str(file.with_suffix(".json")))
    assert (case["case"], case["indicators"]) == ("lantern", [{"domain": "lure.example.net"}, {"ip": "192.0.2.45"}])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            '{"type": "bundle", "id": "bundle--1", "objects": [{"type": "a", "id": "a--1"}]}',
            "the bundle holds 0 cases; give a bundle that was made from a case file",
        ),
        ("{nope", "not JSON: expected '\"' (byte 1); send valid JSON in UTF-8, without a byte order mark"),
    ],
)
def test_what_is_no_case_cannot_be_told_as_one(tmp_path: Path, content: str, line: str) -> None:
    (tmp_path / "a.json").write_text(content)
    assert refused("case", "decompile", str(tmp_path / "a.json")).endswith(line)


@pytest.mark.parametrize("command", ["check", "compile", "decompile"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, command: str) -> None:
    missing = tmp_path / "missing"
    assert refused("case", command, str(missing)) == f"{missing}: No such file or directory; give a file that can be read"
    assert refused("case", command, str(tmp_path)) == f"{tmp_path}: Is a directory; give a file that can be read"


def test_the_schema_is_printed_for_editors() -> None:
    assert json.loads(typed("case", "schema").stdout) == json.loads(json.dumps(case_schema()))


@pytest.fixture
def with_account(file: Path) -> Path:
    file.write_text(SMALL + ACCOUNT)
    return file


def everything_in(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file() and one.suffix != ".yaml")


def test_an_account_leaves_as_a_hash_under_a_shared_key(fresh: Path, with_account: Path) -> None:
    """Its name is in no bundle, no output, no database; decompiled, it stays a hash."""
    typed("key", "new", "community", home=fresh)
    done = typed("case", "submit", str(with_account), "--collection", "indicators", home=fresh)
    assert done.stdout == "12 taken, 0 refused\n"
    told = typed("case", "decompile", str(with_account.with_suffix(".json")), home=fresh)
    (account,) = (one for one in objects_of(with_account) if one["type"] == "user-account")
    assert f"hashed: {account['user_id']}" in told.stdout
    assert account["user_id"].startswith("hmac-sha256:community.")
    assert USER not in done.stdout + done.stderr + told.stdout
    assert USER.encode() not in everything_in(with_account.parent) + everything_in(fresh)


def test_two_analysts_with_the_same_key_get_the_same_hash(fresh: Path, with_account: Path, tmp_path: Path) -> None:
    """However they write the address, and with the hash that the key command gives."""
    other = tmp_path / "other"
    typed_json("init", str(other))
    key = typed("key", "new", "community", home=fresh).stdout
    typed("key", "import", home=other, stdin=key.encode())
    typed("case", "compile", str(with_account), "--epoch", "2026q4", home=fresh)
    there = tmp_path / "there.yaml"
    there.write_text(with_account.read_text().replace(USER, USER.upper()).replace("case: lantern", "case: there"))
    typed("case", "compile", str(there), "--epoch", "2026q4", home=other)
    hashes = {one["user_id"] for file in (with_account, there) for one in objects_of(file) if one["type"] == "user-account"}
    assert hashes == {typed("key", "hash", "email", "--epoch", "2026q4", home=fresh, stdin=USER.encode()).stdout.strip()}


def test_an_account_that_was_published_keeps_its_hash_in_later_quarters(fresh: Path, with_account: Path) -> None:
    """A new one gets that of its own quarter."""
    typed("key", "new", "community", home=fresh)
    typed("case", "compile", str(with_account), "--epoch", "2026q3", home=fresh)
    with_account.write_text(with_account.read_text() + ACCOUNT.replace("lamp", "shade"))
    (result,) = typed_json("case", "compile", str(with_account), "--epoch", "2026q4", home=fresh)
    assert result == {"file": str(with_account.with_suffix(".json")), "objects": 15, "new": 3, "changed": 1, "revoked": 0, "unchanged": 11}
    assert [one["user_id"][:29] for one in objects_of(with_account) if one["type"] == "user-account"] == [
        "hmac-sha256:community.2026q3:",
        "hmac-sha256:community.2026q4:",
    ]


def test_an_account_without_a_key_is_refused(home: Path, with_account: Path) -> None:
    """Without an exchange, and in one that has none; checking needs neither."""
    assert typed("case", "check", str(with_account)).returncode == 0
    line = refused("case", "compile", str(with_account))
    assert line == "no exchange is named; give --home FOLDER before the command, or set TOCSIN_HOME"
    line = refused("case", "compile", str(with_account), home=home)
    assert line == "no shared key is in use; make one with: tocsin key new NAME, or take one over with: tocsin key import"
    assert not with_account.with_suffix(".json").exists()


def test_of_several_keys_one_is_named(fresh: Path, with_account: Path) -> None:
    for name in ("community", "pair"):
        typed("key", "new", name, home=fresh)
    line = refused("case", "compile", str(with_account), home=fresh)
    assert line == "it is not clear which key is meant; name one of: community, pair"
    typed("case", "compile", str(with_account), "--key", "pair", home=fresh)
    assert [one["user_id"][:17] for one in objects_of(with_account) if one["type"] == "user-account"] == ["hmac-sha256:pair."]


def test_the_whole_case_of_the_documentation_is_compiled(fresh: Path, tmp_path: Path) -> None:
    file = tmp_path / "whole.yaml"
    file.write_text(WHOLE)
    typed("key", "new", "community", home=fresh)
    assert typed("case", "submit", str(file), "--collection", "restricted", home=fresh).stdout == "30 taken, 0 refused\n"
