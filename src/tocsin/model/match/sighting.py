"""What was seen as STIX sightings: which indicator, how often, when, by us. Nothing of the telemetry is in them.

The same indicator seen first at the same instant is the same sighting: over a longer log it gets a later `last_seen` and a higher count,
as a new version. It is marked as the indicator is: who may know of the one may know of the other.

Source: STIX 2.1 §5.2 (sighting).
"""

from typing import Any

from tocsin.model.graph import Body, texts
from tocsin.model.identifier import object_id
from tocsin.model.marking import LEVELS, MARKING_REF, level_of
from tocsin.model.match.scan import Tally
from tocsin.model.stamp import text_of

_MOST = 999_999_999  # of `count`


def sighting_of(indicator: Body, tally: Tally, *, author: str) -> dict[str, Any]:
    """A sighting without its version.

    Args:
        author: our identity's id.
    """
    first = None if tally.first is None else text_of(tally.first)
    last = None if tally.last is None else text_of(tally.last)
    found = {
        "type": "sighting",
        "spec_version": "2.1",
        "id": object_id("sighting", author, key=f"{indicator['id']}|{first or ''}"),
        "created_by_ref": author,
        "first_seen": first,
        "last_seen": last,
        "count": min(tally.count, _MOST),
        "sighting_of_ref": indicator["id"],
        "where_sighted_refs": [author],
        "object_marking_refs": _markings(indicator),
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _markings(indicator: Body) -> list[str]:
    """Those of the whole indicator; where one of its parts is stricter, its level instead."""
    level = level_of(indicator)
    refs = [ref for ref in texts(indicator, "object_marking_refs") if LEVELS.get(ref, level) == level]
    if level is not None and not any(ref in LEVELS for ref in refs):
        refs.append(MARKING_REF[level])
    return refs
