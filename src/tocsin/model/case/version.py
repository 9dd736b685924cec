"""Versions of what a case says: an object whose content did not change stays what it was, a changed one gets a new version.

What a case stated and does not state any more is revoked, not forgotten (STIX 2.1 §3.6): a reader that holds it must learn that it is gone.
What a case described, its techniques and actors, stays: other cases may refer to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tocsin.errors import InvalidInputError
from tocsin.model.stamp import stamp_of, text_of

Object = dict[str, Any]

STATEMENTS = frozenset({"relationship", "course-of-action", "infrastructure", "indicator"})
_MILLISECOND = 1_000  # microseconds


def dated(contents: Sequence[Object], before: Mapping[str, Object], *, now: int) -> list[Object]:
    """The objects with their versions: those of the case first, then what was published before and is not in it any more.

    Args:
        contents: as `compile_case` gives them.
        before: the last version of each object that was published of this case, by id.
        now: stamp.

    Raises:
        InvalidInputError: the case states again what it withdrew; a revoked object has no later version.
    """
    there = {one["id"] for one in contents}
    current = [_version(one, before.get(one["id"]), now=now) for one in contents]
    return current + [_withdrawn(old, now=now) for old in before.values() if old["id"] not in there and "created" in old]


def _version(content: Object, old: Object | None, *, now: int) -> Object:
    if "created_by_ref" not in content:
        return content  # an SCO has no versions
    if old is None:
        return _stamped(content, created=_text(now), modified=_text(now))
    if old.get("revoked"):
        name = content.get("name") or f"{content.get('source_ref')} {content.get('relationship_type')} {content.get('target_ref')}"
        raise InvalidInputError(
            f"{name!r} ({old['id']}) was withdrawn on {old['modified']}", hint="nothing comes back after that: state it in a new case"
        )
    same = _stamped(content, created=old["created"], modified=old["modified"])
    return old if same == old else same | {"modified": _later(old, now)}


def _withdrawn(old: Object, *, now: int) -> Object:
    if old["type"] not in STATEMENTS or old.get("revoked"):
        return old
    return old | {"modified": _later(old, now), "revoked": True}


def _stamped(content: Object, *, created: str, modified: str) -> Object:
    """The same with its version, where readers look for it: behind the author."""
    head = ("type", "spec_version", "id", "created_by_ref")
    return {name: content[name] for name in head} | {"created": created, "modified": modified} | content


def _later(old: Object, now: int) -> str:
    """Now, or the next millisecond after the last version where clocks disagree."""
    return _text(max(now, stamp_of(old["modified"]) + _MILLISECOND))


def _text(stamp: int) -> str:
    """With milliseconds, as every reader takes it."""
    return f"{text_of(stamp - stamp % _MILLISECOND)[:23]}Z"


def last_versions(objects: Iterable[Object]) -> dict[str, Object]:
    """Of each id the last version, in the order in which the ids come first."""
    last: dict[str, Object] = {}
    for one in objects:
        old = last.get(one["id"])
        if old is None or stamp_of(one.get("modified", "1970-01-01T00:00:00Z")) >= stamp_of(old.get("modified", "1970-01-01T00:00:00Z")):
            last[one["id"]] = one
    return last
