"""Case files on disk: the bundle beside a file is written whole or not at all, and only where it is that file's own."""

import json
import os
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.case import SMALL
from tocsin.errors import InvalidInputError
from tocsin.model.stamp import stamp_of
from tocsin.services.case import Compiled, compile_draft, read_drafts

NOW = stamp_of("2026-11-24T12:00:00Z")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "lantern.yaml").write_text(SMALL)
    return tmp_path / "lantern.yaml"


def compiled(file: Path) -> Compiled:
    (draft,) = read_drafts([file], well_known=lambda _: ())
    return compile_draft(draft, key=None, epoch="2026q4", now=NOW)


def refusal(file: Path) -> str:
    with pytest.raises(InvalidInputError) as refused:
        compiled(file)
    return str(refused.value)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_fails_leaves_the_old_bundle_whole(file: Path) -> None:
    """It is the memory of what was published. Nothing else is left behind, and once there is room, it goes on."""
    compiled(file)
    before = file.with_suffix(".json").read_bytes()
    file.write_text(f"{SMALL}  - domain: other.example.net\n")
    with full_disk(len(before) - 1):
        assert refusal(file) == f"{file.with_suffix('.json')}: File too large; give a folder that can be written, with room in it"
    assert file.with_suffix(".json").read_bytes() == before
    assert [one.name for one in sorted(file.parent.iterdir())] == ["lantern.json", "lantern.yaml"]
    assert (compiled(file).new, compiled(file).new) == (2, 0)


def test_the_first_bundle_is_written_whole_or_not_at_all(file: Path) -> None:
    with full_disk(1_000):
        refusal(file)
    assert [one.name for one in file.parent.iterdir()] == ["lantern.yaml"]


def test_a_folder_that_is_gone_is_told(file: Path) -> None:
    """Between reading and writing."""
    (draft,) = read_drafts([file], well_known=lambda _: ())
    file.unlink()
    file.parent.rmdir()
    with pytest.raises(InvalidInputError, match="No such file or directory; give a folder that can be written"):
        compile_draft(draft, key=None, epoch="2026q4", now=NOW)


def test_who_may_read_a_bundle_is_as_the_umask_has_it(file: Path) -> None:
    """A case may be marked for few."""
    mask = os.umask(0o077)
    try:
        compiled(file)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(file.with_suffix(".json").stat().st_mode) == 0o600


def with_objects(change: Callable[[list[dict[str, object]]], object]) -> Callable[[str], str]:
    """A bundle with something done to its objects."""

    def changed(text: str) -> str:
        bundle = json.loads(text)
        change(bundle["objects"])
        return json.dumps(bundle)

    return changed


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "{}",
        lambda _: "<<<<<<< ours",
        lambda _: "",
        lambda text: text[:-100],
        lambda _: '{"type": "bundle", "id": "bundle--1", "objects": [{"type": "indicator", "id": "indicator--1"}]}',
        with_objects(lambda objects: objects.pop()),
        with_objects(lambda objects: objects[0].pop("modified")),
        with_objects(lambda objects: objects[0].update(modified=5)),
        with_objects(lambda objects: objects[0].update(created="yesterday")),
    ],
)
def test_a_bundle_that_was_broken_is_refused_and_kept(file: Path, damage: Callable[[str], str]) -> None:
    """Compiling over it would forget what was published."""
    compiled(file)
    bundle = file.with_suffix(".json")
    bundle.write_text(damage(bundle.read_text()))
    before = bundle.read_bytes()
    hint = "restore it, give the case its old name, or move it away"
    assert refusal(file) == f"{bundle} is not the bundle of lantern by ai.example.org; {hint}"
    assert bundle.read_bytes() == before


@pytest.mark.parametrize(("old", "new"), [("case: lantern", "case: lamp"), ("author: ai.example.org", "author: other.example.org")])
def test_a_case_that_was_renamed_does_not_take_the_bundle_of_another(file: Path, old: str, new: str) -> None:
    compiled(file)
    file.write_text(SMALL.replace(old, new))
    assert "is not the bundle of" in refusal(file)


def test_a_case_file_is_never_written_over_by_its_bundle(file: Path) -> None:
    """JSON is YAML, and somebody may write a case in it."""
    wrong = file.with_suffix(".json")
    case = json.dumps(
        {"case": "lantern", "title": "A", "author": "ai.example.org", "reported": "2026-11-20", "tlp": "green", "summary": "B"}
    )
    wrong.write_text(case[:-1] + ', "actors": [{"actor": "forest-blizzard"}]}')
    before = wrong.read_bytes()
    assert "is not the bundle of lantern by ai.example.org" in refusal(wrong)
    assert wrong.read_bytes() == before


def test_an_unchanged_case_does_not_touch_its_bundle(file: Path) -> None:
    """Nor does it at another time."""
    compiled(file)
    before = file.with_suffix(".json").stat()
    (draft,) = read_drafts([file], well_known=lambda _: ())
    later = compile_draft(draft, key=None, epoch="2026q4", now=NOW + 10**12)
    assert (later.unchanged, file.with_suffix(".json").stat()) == (9, before)
