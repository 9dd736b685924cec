"""Case files to work on: a small one, and any that a person could write."""

import re
import string
from functools import partial
from pathlib import Path
from typing import Any, get_args

from hypothesis import strategies as st

from tocsin.model.case import record
from tocsin.model.case.names import Known, Names
from tocsin.model.case.normal import instant
from tocsin.model.identifier import CATALOGUE, identity_id, object_id

SMALL = """\
case: lantern
title: EXAMPLE Lures written with a model
author: ai.example.org
reported: 2026-11-20
tlp: green
summary: What happened.
example: true
actors:
  - actor: paper-lantern
    name: EXAMPLE Paper Lantern
    uses:
      - technique: llm-aided-development
        seen: Had a mailer written.
    actions:
      - action: account-disabled
        accounts: 12
indicators:
  - domain: lure.example.net
  - ip: 192.0.2.45
"""

IDS = [
    "threat-actor--912d08e8-c991-5a11-b2c1-181cb5f2e957",
    "relationship--54e837ef-e92e-54a8-80ed-81aebf8e0dff",
    "course-of-action--67d136ee-bc4e-58df-89f7-fa6a79c15d7f",
    "relationship--25df2f90-fd52-5f90-baa7-f6feff499e54",
    "indicator--44d575ca-adaf-592e-addf-157375046a65",
    "relationship--fe385355-bb97-5b8a-bb6f-b3257738e806",
    "indicator--0ed0b60c-ba4e-5506-9050-653595dcd68f",
    "relationship--f0136c42-0c71-53c3-96da-0e4c7920a047",
    "report--030ce8df-9e74-53d9-8a43-8f1c212afbcb",
]
"""What the small case compiles to: actor, use, action and its target, two indicators and whom they indicate, report."""

WHOLE = re.findall(
    r"^```yaml\n(.*?)^```$", (Path(__file__).parents[2] / "docs/cases.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)[0]
"""The case that docs/cases.md shows, with every key."""

TECHNIQUE = object_id("attack-pattern", CATALOGUE, key="llm-aided-development")
ACTOR = object_id("threat-actor", CATALOGUE, key="forest-blizzard")
KNOWN = Known(
    names={TECHNIQUE: ("LLM-aided development",), ACTOR: ("Forest Blizzard", "STRONTIUM", "Fancy Bear")},
    slugs={TECHNIQUE: "llm-aided-development", ACTOR: "forest-blizzard"},
)
"""A catalogue of one technique and one actor."""

_ODD = ["null", "~", "true", "No", "12", "0x1F", "1e3", "2026-11-20", "- a", "a: b", "a #b", "# c", "'", '"', "\\", "|", ">", "&a", "*a"]
_ODD += ["!t", "%x", "@x", "`", "{a}", "[a", "? a", "<<", "=", ":", "a:", "...", "---", "a\u00a0b", "a\u200db", "\U0001f3f4\U000e0067"]
_LETTERS = st.characters(exclude_categories=["C", "Z"], include_characters=" \u00a0\u200d\U000e0067")
_SLUGS = st.sampled_from(["paper-lantern", "a", "0", "x-1", "llm-aided-development", "forest-blizzard"])
_UUID = "00000000-0000-4000-8000-00000000000"

LINES = (st.sampled_from(_ODD) | st.text(_LETTERS, min_size=1, max_size=40)).filter(lambda text: text == text.strip())
TEXTS = LINES | st.lists(LINES | st.sampled_from(["", "  indented", "\tx", "- item", "# no comment"]), min_size=1, max_size=5).map(
    "\n".join
).filter(lambda text: text != "" and text == text.strip())
URLS = st.text(string.ascii_letters + string.digits + "-._~/?#&=%", max_size=20).map(lambda rest: f"https://example.org/{rest}")
DAYS = st.dates().map(str)
INSTANTS = st.datetimes().map(lambda time: f"{time.isoformat(timespec='milliseconds')}Z") | DAYS.flatmap(
    lambda day: st.sampled_from([f"{day}T00:00:00Z", f"{day}T23:59:59.999Z", f"{day}T09:30:00.5Z", f"{day}T00:00:00.000Z"])
)
TIMES = DAYS | INSTANTS
FEW_LINES = st.lists(LINES, max_size=3, unique=True)


def _some(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def _words(kind: Any) -> st.SearchStrategy[str]:
    return st.sampled_from(get_args(kind))


def _named(own: list[str], kind: str, known: str) -> st.SearchStrategy[str]:
    """What this file describes, what the catalogue does, what others do, an id."""
    foreign = [f"{slug}@other.example.org" for slug in ("paper-lantern", "a")] + [f"{known}@tocsin.invalid"]
    ids = [f"{kind}--{_UUID}{digit}" for digit in "12"] + [object_id(kind, CATALOGUE, key=known)]
    return st.sampled_from([*own, known, *foreign, *ids])


def _in_order(value: dict[str, Any], start: str, end: str) -> dict[str, Any]:
    """The same without an end that is not after its beginning."""
    if start in value and end in value and instant(value[end], is_end=True) <= instant(value[start]):
        return {name: item for name, item in value.items() if name != end}
    return value


REFERENCES = st.lists(_some({"source": LINES, "url": URLS}, text=TEXTS, id=LINES) | _some({"source": LINES, "text": TEXTS}), max_size=2)
MAPPINGS = st.one_of(
    _some(
        {"framework": st.just(framework), "id": st.sampled_from(ids), "name": LINES, "fit": _words(record.Fit)}, version=LINES, note=LINES
    )
    for framework, ids in (("mitre-attack", ["T1566", "T1588.007"]), ("mitre-atlas", ["AML.T0016", "AML.T0016.002"]))
)
TECHNIQUES = _some(
    {"technique": _SLUGS, "name": LINES, "definition": TEXTS},
    aliases=FEW_LINES,
    phases=st.lists(st.sampled_from(["mitre-attack/reconnaissance", "a/b"]), unique=True),
    mappings=st.lists(MAPPINGS, max_size=3),
    novelty=_words(record.Novelty),
    references=REFERENCES,
)
ACTIONS = _some(
    {"action": _words(record.ActionType)},
    name=LINES,
    description=TEXTS,
    when=TIMES,
    by=LINES,
    accounts=st.sampled_from([0, 1, 2**53 - 1]),
    api_keys=st.just(0),
    assets=st.just(3),
    told=FEW_LINES,
    redress=URLS,
    references=REFERENCES,
)
PATTERNS = [
    "[domain-name:value = 'plain.example.org']",
    "[ipv4-addr:value = '192.0.2.7' OR ipv4-addr:value = '192.0.2.8']",
    "[file:name = 'a b' AND file:size = 12]\n  FOLLOWEDBY\n[url:value = 'https://example.org/x y']",
    "[process:command_line MATCHES '^curl \\\\S+']",
]
VALUES = {
    True: {
        "domain": ["lure.example.net", "Lure.EXAMPLE.org.", "a[.]b[dot]example.com", "b\u00fccher.example.org", "b.test"],
        "ip": ["192.0.2.45", "198.51.100.0/24", "2001:DB8::1", "2001:db8:0::/48", "203.0.113.9/32"],
        "url": ["https://lure.example.net/a?b=1&c=%27", "hxxps://lure[.]example[.]net/", "ftp://192.0.2.1/x"],
        "email": ["A.b+c@Example.org", "x[at]mail.example.com"],
        "pattern": PATTERNS,
    },
    False: {
        "domain": ["lantern-mail.net", "x.duckdns.org"],
        "ip": ["45.66.77.88", "2a0e:1234::/48"],
        "url": ["hxxp://lantern-mail.net/kit.zip"],
        "email": ["lantern@lantern-mail.net"],
        "pattern": ["[domain-name:value = 'lantern-drop.net']", "[file:name = 'kit.zip']"],
    },
}
HASHES = st.sampled_from([32, 40, 64, 128]).flatmap(lambda size: st.text("0123456789abcdefABCDEF", min_size=size, max_size=size))
ACCOUNTS = st.builds(
    lambda provider, kind: {"provider": provider, "kind": kind, "hashed": f"hmac-sha256:community.2026q4:1:{kind.encode().hex():a<64}"},
    st.sampled_from(["mail.example.com", "chat"]),
    _words(record.AccountKind),
)
RULES = _some({"type": _words(record.RuleType), "name": LINES, "text": TEXTS}, version=LINES)


@st.composite
def plain_cases(draw: st.DrawFn) -> dict[str, Any]:
    """What could stand in a case file, and has nothing wrong with it but what it says."""
    author, is_example, reported = draw(st.sampled_from(["ai.example.org", "tocsin.invalid"])), draw(st.booleans()), draw(TIMES)
    techniques = draw(st.lists(TECHNIQUES, max_size=2, unique_by=lambda one: one["technique"]))
    described = draw(st.lists(_SLUGS, max_size=2, unique=True))
    names = _names(author, [one["technique"] for one in techniques], described)
    whom = _named(described, "threat-actor", "forest-blizzard")
    id_of = partial(names.id_of, "threat-actor")
    whose = st.lists(whom, max_size=3, unique_by=id_of)
    uses = _uses([one["technique"] for one in techniques], names)
    actors = draw(whose.flatmap(lambda given: st.tuples(*(_actor(name, name in described, uses) for name in given))))
    actors += draw(
        st.tuples(*(_actor(name, True, uses) for name in described if id_of(name) not in [id_of(one["actor"]) for one in actors]))
    )
    actors = actors or ({"actor": "forest-blizzard"},)  # a case says something
    rest = draw(
        _some(
            {},
            pap=_words(record.Pap),
            confidence=st.integers(0, 100),
            kinds=FEW_LINES,
            catalogue=st.booleans(),
            identity=_some({"name": LINES}, description=TEXTS, kind=st.sampled_from(["group", "organization"]), sectors=FEW_LINES),
            sources=REFERENCES,
        )
    )
    return rest | {
        "case": draw(_SLUGS),
        "title": draw(LINES),
        "author": author,
        "reported": reported,
        "tlp": draw(_words(record.Tlp)),
        "summary": draw(TEXTS),
        "example": is_example,
        "techniques": techniques,
        "actors": list(actors),
        "infrastructure": draw(st.lists(_infrastructure(whose), max_size=2, unique_by=lambda one: one["infrastructure"])),
        "indicators": draw(_indicators(VALUES[is_example], whose).map(lambda found: [_lasting(one, reported) for one in found])),
    }


def _names(author: str, techniques: list[str], actors: list[str]) -> Names:
    identity = identity_id(author)
    own = {object_id("attack-pattern", identity, key=slug): slug for slug in techniques}
    return Names(author=identity, own=own | {object_id("threat-actor", identity, key=slug): slug for slug in actors}, known=KNOWN)


def _uses(own: list[str], names: Names) -> st.SearchStrategy[list[dict[str, Any]]]:
    use = _some(
        {"technique": _named(own, "attack-pattern", "llm-aided-development"), "seen": TEXTS},
        services=FEW_LINES,
        first_seen=TIMES,
        last_seen=TIMES,
        novelty=_words(record.Novelty),
        uplift=_words(record.Uplift),
        autonomy=_words(record.Autonomy),
        confidence=st.integers(0, 100),
    )
    in_order = use.map(lambda one: _in_order(one, "first_seen", "last_seen"))
    return st.lists(in_order, max_size=2, unique_by=lambda one: names.id_of("attack-pattern", one["technique"]))


def _actor(name: str, is_described: bool, uses: st.SearchStrategy[list[dict[str, Any]]]) -> st.SearchStrategy[dict[str, Any]]:
    deeds = {"uses": uses, "actions": st.lists(ACTIONS, max_size=2, unique_by=lambda one: one["action"])}
    if not is_described:
        return _some({"actor": st.just(name)}, **deeds)
    optional = {"class": _words(record.ActorClass), "aliases": FEW_LINES, "description": TEXTS, "sponsor": LINES, "country": st.just("ZZ")}
    optional |= {"attribution": LINES, "first_seen": TIMES, "references": REFERENCES}
    return _some({"actor": st.just(name), "name": LINES}, **optional, **deeds)


def _infrastructure(whose: st.SearchStrategy[list[str]]) -> st.SearchStrategy[dict[str, Any]]:
    optional = {"types": FEW_LINES, "description": TEXTS, "first_seen": TIMES, "last_seen": TIMES, "actors": whose}
    found = _some({"infrastructure": _SLUGS, "name": LINES}, **optional)
    return found.map(lambda one: _in_order(one, "first_seen", "last_seen"))


def _indicators(values: dict[str, list[str]], whose: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    about = {kind: st.sampled_from(found) for kind, found in values.items()} | {"hash": HASHES, "account": ACCOUNTS, "rule": RULES}
    optional = {"description": TEXTS, "types": FEW_LINES, "valid_from": TIMES, "valid_until": TIMES, "confidence": st.integers(0, 100)}
    optional |= {"actors": whose}
    each = st.one_of(_some({kind: value}, **optional, **({} if kind == "rule" else {"name": LINES})) for kind, value in about.items())
    return st.lists(each, max_size=4, unique_by=_what)


def _what(indicator: dict[str, Any]) -> str:
    """What no two indicators of a case have in common."""
    kind = next(kind for kind in record.INDICATED if kind in indicator)
    value = indicator[kind]
    return f"{value['type']}|{value['name']}" if kind == "rule" else f"{kind}|{value}".lower()


def _lasting(indicator: dict[str, Any], reported: str) -> dict[str, Any]:
    """Valid for some time: from when the case was reported, unless it says otherwise."""
    whole = _in_order({"valid_from": reported} | indicator, "valid_from", "valid_until")
    return {name: item for name, item in whole.items() if name in indicator}
