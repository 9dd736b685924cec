"""Case files on disk: read and checked with what is known beside them, compiled to the bundle of the same name.

The bundle is the memory of what was published: compiling again gives new versions of what changed and revokes what is gone. Nothing here
needs an exchange; accounts are hashed with a key that the caller brings.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from tocsin.errors import InvalidInputError
from tocsin.model import strict_json
from tocsin.model.case.check import WellKnown, check_case
from tocsin.model.case.compile import compile_case
from tocsin.model.case.decompile import decompile
from tocsin.model.case.names import Known, Names, described, known_from, names_of
from tocsin.model.case.normal import normal, with_hashed_accounts
from tocsin.model.case.reading import Reading, read_case
from tocsin.model.case.record import Account, Case
from tocsin.model.case.text import Document, Problem
from tocsin.model.case.version import dated, last_versions
from tocsin.model.hashed_account import ALGORITHM, user_id
from tocsin.model.identifier import identity_id, object_id
from tocsin.model.key import Key
from tocsin.model.stamp import stamp_of

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A case file, read and checked."""

    file: Path
    case: Case | None  # in its one form; None when the file says nothing that can be compiled
    names: Names
    problems: tuple[Problem, ...]

    @property
    def bundle(self) -> Path:
        """Where it is compiled to."""
        return self.file.with_suffix(".json")

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Accounts whose names are still in the file."""
        indicators = self.case.indicators if self.case else ()
        return tuple(one.account for one in indicators if isinstance(one.account, Account) and isinstance(one.account.user, str))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A bundle, and what became of its objects."""

    file: Path
    objects: tuple[Object, ...]
    new: int
    changed: int
    revoked: int

    @property
    def unchanged(self) -> int:
        """How many stayed what they were."""
        return len(self.objects) - self.new - self.changed - self.revoked


def read_drafts(paths: Sequence[Path], *, well_known: WellKnown) -> list[Draft]:
    """Reads and checks case files; those given together may refer to each other.

    Args:
        well_known: why nobody should block a value, if there is a reason.

    Raises:
        InvalidInputError: a file cannot be read.
    """
    readings = [(path, read_case(_content(path))) for path in paths]
    cases = [(path, reading.case) for path, reading in readings if reading.case]
    beside = _beside(paths)
    known = known_from([*(one for _, one in beside), *(one for _, case in cases for one in described(case))])
    told = [*((file, one["id"]) for file, one in beside), *((path, _report_id(case)) for path, case in cases)]
    drafts = [_draft(path, reading, known=known, well_known=well_known) for path, reading in readings]
    return [_unless_told_elsewhere(draft, reading.document, told=told) for draft, (_, reading) in zip(drafts, readings, strict=True)]


def known_beside(*paths: Path) -> Known:
    """Techniques and actors of the catalogue that comes with Tocsin, and of the bundles that lie beside these files."""
    return known_from([one for _, one in _beside(paths)])


def _beside(paths: Sequence[Path]) -> list[tuple[Path, Object]]:
    """Each object of those bundles, with its file; a folder may hold other files too."""
    shipped = Path(str(files("tocsin") / "data" / "seeds"))
    folders = dict.fromkeys([shipped, *(path.parent for path in paths)])
    found: list[tuple[Path, Object]] = []
    for file in (file for folder in folders for file in sorted(folder.glob("*.json"))):
        with suppress(InvalidInputError):
            found += ((file, one) for one in _objects(file))
    return found


def compile_draft(draft: Draft, *, key: Key | None, epoch: str, now: int) -> Compiled:
    """Compiles a case and writes its bundle, whole or not at all.

    Args:
        key: hashes the accounts of the case; needed where their names are still in the file.
        epoch: of the key, for accounts that were not published under another one.

    Raises:
        InvalidInputError: the case has errors, states again what it withdrew, or its bundle cannot be read or written.
    """
    case = draft.case
    if case is None or any(problem.is_error for problem in draft.problems):
        raise InvalidInputError(f"{draft.file} has errors", hint=f"see: tocsin case check {draft.file}")
    before = _before(draft.bundle, case)
    case = with_hashed_accounts(case, _hashes(draft, before, key=key, epoch=epoch))
    objects = dated(compile_case(case, draft.names), before, now=now)
    bundle = {"type": "bundle", "id": object_id("bundle", draft.names.author, key=case.case), "objects": objects}
    if objects != list(before.values()):
        _write(draft.bundle, json.dumps(bundle, indent=2, ensure_ascii=False) + "\n")
    fates = Counter(_fate(one, before.get(one["id"])) for one in objects)
    return Compiled(file=draft.bundle, objects=tuple(objects), new=fates["new"], changed=fates["changed"], revoked=fates["revoked"])


def read_back(file: Path) -> Case:
    """The case that a bundle says.

    Raises:
        InvalidInputError: the file cannot be read, or is no case.
    """
    return decompile(_objects(file), known_beside(file))


def write_new(file: Path, text: str) -> None:
    """Writes a file that is not there yet.

    Raises:
        InvalidInputError: it is there, or cannot be written.
    """
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise InvalidInputError(f"{file} is there already", hint="give another name") from error
    except OSError as error:
        raise InvalidInputError(f"{file}: {error.strerror}", hint="give a file that can be written") from error


def _draft(path: Path, reading: Reading, *, known: Known, well_known: WellKnown) -> Draft:
    case = reading.case
    if case is None:
        return Draft(file=path, case=None, names=Names(author="", own={}, known=known), problems=reading.problems)
    names = names_of(case, known)
    problems = tuple(check_case(case, reading.document, names=names, well_known=well_known))
    form = None if any(problem.is_error for problem in problems) else normal(case, names)
    return Draft(file=path, case=form, names=names, problems=problems)


def _unless_told_elsewhere(draft: Draft, document: Document, *, told: Sequence[tuple[Path, str]]) -> Draft:
    """A copied file that still has the name of the first one would give out that one's objects with other contents."""
    if draft.case is None:
        return draft
    own, report = (draft.file, draft.bundle), _report_id(draft.case)
    other = next((file for file, found in told if found == report and file.parent == draft.file.parent and file not in own), None)
    if other is None:
        return draft
    hint = "give this one a name of its own, or move the other away"
    problem = document.problem(("case",), f"{other.name} has a case of that name and author", hint=hint)
    return replace(draft, case=None, problems=(problem, *draft.problems))


def _report_id(case: Case) -> str:
    return object_id("report", identity_id(case.author), key=case.case)


def _before(bundle: Path, case: Case) -> dict[str, Object]:
    """What was published of a case until now; empty where there is no bundle yet.

    Raises:
        InvalidInputError: the bundle is another one, or somebody broke it.
    """
    if not bundle.exists():
        return {}
    try:
        before = last_versions(_objects(bundle))
        dates = [stamp_of(one[name]) for one in before.values() if "created" in one for name in ("created", "modified")]
    except (KeyError, TypeError, InvalidInputError):
        dates = []
    if not dates or _report_id(case) not in before:
        raise InvalidInputError(
            f"{bundle} is not the bundle of {case.case} by {case.author}", hint="restore it, give the case its old name, or move it away"
        )
    return before


def _hashes(draft: Draft, before: Mapping[str, Object], *, key: Key | None, epoch: str) -> dict[Account, str]:
    """The accounts of a case as they leave: those that were published keep their hash, or each quarter would revoke and state them anew."""
    if not draft.accounts:
        return {}
    if key is None:
        raise InvalidInputError(f"{draft.file} names accounts, and there is no key", hint="give --home, and see: tocsin key new")
    published = {str(one.get("user_id")) for one in before.values() if one["type"] == "user-account"}
    epochs = {user.split(":")[1].partition(".")[2] for user in published if user.startswith(f"{ALGORITHM}:{key.name}.")}
    hashed = dict[Account, str]()
    for one in draft.accounts:
        found = [user_id(one.kind, str(one.user), key=key.derived(each), key_id=key.key_id(each)) for each in (epoch, *sorted(epochs))]
        hashed[one] = next((user for user in found if user in published), found[0])
    return hashed


def _fate(one: Object, old: Object | None) -> str:
    if old is None:
        return "new"
    if one.get("modified") == old.get("modified"):
        return "unchanged"
    return "revoked" if one.get("revoked") else "changed"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}", hint="give a file that can be read") from error


def _objects(file: Path) -> list[Object]:
    """The objects of a bundle, read strictly."""
    content = _content(file)
    try:
        found = [strict_json.read(body).value for body in strict_json.cut_file(content)]
    except InvalidInputError as error:
        raise InvalidInputError(f"{file}: {error.message}", hint=error.hint) from error
    return list(_usable(found))


def _usable(found: Sequence[Any]) -> Iterator[Object]:
    """What has a type and an id; bundles that lie about may hold anything."""
    for one in found:
        if isinstance(one, dict) and isinstance(one.get("type"), str) and isinstance(one.get("id"), str):
            yield one


def _write(file: Path, text: str) -> None:
    """Whole or not at all: the bundle is the memory of what was published. Who may read it is as the user's umask has it."""
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with scratch.open("w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        scratch.replace(file)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink()
        raise InvalidInputError(f"{file}: {error.strerror}", hint="give a folder that can be written, with room in it") from error
