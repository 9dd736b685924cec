"""What is wrong in a case file of the right shape, and what deserves a second look: meaning, values, and what should never leave.

Nothing is looked up: what is known elsewhere (the catalogue, lists of well-known values) is given. Sources: STIX 2.1, docs/cases.md, and
HAZARDS of sharing: what a plain hash, a key in a text or a private address does to those who receive it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from tocsin.errors import InvalidInputError
from tocsin.model import address, care
from tocsin.model.case.names import ACTOR, TECHNIQUE, Names
from tocsin.model.case.normal import about, instant, normal_value, pattern_of
from tocsin.model.case.record import DOMAIN, INDICATED, SLUG, Account, Actor, Case, Indicator, Reference
from tocsin.model.case.text import Document, Path, Problem
from tocsin.model.hashed_account import canonical
from tocsin.model.pattern import check_pattern

WellKnown = Callable[[str], Iterable[tuple[str, bool]]]  # value: why it is well known, and whether that forbids to publish it

_PROSE = frozenset({"summary", "description", "definition", "seen", "title", "name", "text"})
_FOREIGN = re.compile(f"{SLUG}@{DOMAIN}")
_SLUG = re.compile(SLUG)
_ID = re.compile(r"[a-z-]+--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TERM = re.compile(r"\b(domain-name|ipv4-addr|ipv6-addr|url|email-addr):value\s*(?:=|ISSUBSET)\s*'([^'\\]+)'")
_KINDS = {"domain-name": "domain", "ipv4-addr": "ip", "ipv6-addr": "ip", "url": "url", "email-addr": "email"}
_PLAIN_ACCOUNT = re.compile(r"user-account:(?:user_id|account_login|display_name|credential)\b(?!\s*=\s*'hmac-sha256:)")
_IDS_OF = {ACTOR: ("threat-actor--", "intrusion-set--"), TECHNIQUE: ("attack-pattern--",)}
_TIMES = ("reported", "first_seen", "last_seen", "when", "valid_from", "valid_until")
_PERIODS = (("first_seen", "last_seen"), ("valid_from", "valid_until"), ("reported", "valid_until"))
_DESCRIBING = ("actor_class", "aliases", "description", "sponsor", "country", "attribution", "first_seen", "references")


def check_case(case: Case, document: Document, *, names: Names, well_known: WellKnown) -> list[Problem]:
    """Everything to say about a case, in the order of its lines."""
    checker = _Checker(document, names, well_known, case)
    return sorted(checker.problems(), key=lambda problem: (problem.line, problem.path))


@dataclass(frozen=True, slots=True)
class _Checker:
    document: Document
    names: Names
    well_known: WellKnown
    case: Case

    def problems(self) -> Iterator[Problem]:
        case = self.case
        yield from self._whole(case)
        yield from self._times(self.document.value, ())
        yield from self._prose(self.document.value, ())
        for path, references in _reference_lists(case):
            yield from self._references(references, path)
        for position, actor in enumerate(case.actors):
            yield from self._actor(actor, ("actors", position))
        for position, one in enumerate(case.infrastructure):
            yield from self._named(ACTOR, one.actors, path=("infrastructure", position, "actors"))
        for position, indicator in enumerate(case.indicators):
            yield from self._indicator(indicator, ("indicators", position))
        yield from self._twice(case)

    def _whole(self, case: Case) -> Iterator[Problem]:
        if not (case.techniques or case.actors or case.infrastructure or case.indicators):
            yield self._wrong((), "the case says nothing yet", hint="add an actor with what it used, or an indicator")
        if not (case.actors or case.techniques) and case.indicators:
            yield self._odd(("indicators",), "the indicators point at nobody", hint="add the actor, even an unnamed one")
        if not case.sources and case.tlp == "clear" and not case.example:
            yield self._odd(("sources",), "a public case without a source", hint="name the publication it rests on, if there is one")

    def _actor(self, actor: Actor, path: Path) -> Iterator[Problem]:
        if actor.name is UNSET:
            for name in _DESCRIBING:
                if getattr(actor, name) not in (UNSET, ()):
                    key = "class" if name == "actor_class" else name
                    yield self._wrong(
                        (*path, key), "only a case that describes the actor can say that", hint="add its name, or leave this out"
                    )
            yield from self._named(ACTOR, (actor.actor,), path=(*path, "actor"), is_list=False)
        elif "@" in actor.actor or "--" in actor.actor:
            yield self._wrong((*path, "actor"), "another author's actor cannot be described here", hint="leave its name and texts out")
        elif _SLUG.fullmatch(actor.actor) is None or len(actor.actor) > 100:
            yield self._wrong((*path, "actor"), f"{actor.actor!r} is no short name", hint="write a-z, 0-9 and single dashes, 100 at most")
        for position, use in enumerate(actor.uses):
            yield from self._named(TECHNIQUE, (use.technique,), path=(*path, "uses", position, "technique"), is_list=False)
        techniques = [(self.names.id_of(TECHNIQUE, use.technique), use.technique) for use in actor.uses]
        yield from self._repeated(techniques, (*path, "uses"), hint="say it once")
        yield from self._repeated([(one.action, one.action) for one in actor.actions], (*path, "actions"), hint="say it once")

    def _named(self, kind: str, given: tuple[str, ...], *, path: Path, is_list: bool = True) -> Iterator[Problem]:
        for position, name in enumerate(given):
            place = (*path, position) if is_list else path
            if "--" in name and not (name.startswith(_IDS_OF[kind]) and _ID.fullmatch(name)):
                yield self._wrong(place, f"this is not the id of a {kind}", hint=f"write {kind}-- and a UUID, or a short name")
            elif "@" in name and _FOREIGN.fullmatch(name) is None:
                yield self._wrong(place, f"{name!r} is not a name", hint="write it like paper-lantern@ai.example.org")
            elif self.names.is_known(kind, name):
                continue
            elif "--" in name or "@" in name:
                yield self._odd(place, f"{name} is not known here, so nobody checked it", hint="make sure that it exists")
            else:
                near = self.names.known.like(kind, name)
                word = "actor" if kind == ACTOR else "technique"
                hint = f"did you mean {' or '.join(near)}?" if near else f"describe the {word} in this file, or write name@domain"
                yield self._wrong(place, f"no {word} is called {name!r}", hint=hint)

    def _indicator(self, one: Indicator, path: Path) -> Iterator[Problem]:
        present = [kind for kind in INDICATED if getattr(one, kind) is not UNSET]
        if len(present) != 1:
            given = " and ".join(present) or "nothing"
            yield self._wrong(
                path, f"an indicator is about one thing, and this is about {given}", hint=f"give one of {', '.join(INDICATED)}"
            )
            return
        yield from self._named(ACTOR, one.actors, path=(*path, "actors"))
        kind, value = about(one)
        place = (*path, kind)
        match kind:
            case "rule":
                if one.name is not UNSET:
                    yield self._wrong((*path, "name"), "a rule has its own name", hint="leave this one out")
            case "account":
                yield from self._account(value, place)
            case "hash":
                yield from self._well_known(value, place)
            case "pattern":
                yield from self._pattern(value, place)
            case _:
                yield from self._value(kind, normal_value(kind, value), path=place)
        if one.valid_from is UNSET and isinstance(one.valid_until, str):
            yield from self._period({"reported": self.case.reported, "valid_until": one.valid_until}, path)

    def _pattern(self, pattern: str, path: Path) -> Iterator[Problem]:
        """What it compares with is judged like a value that stands alone."""
        reason = check_pattern(pattern)
        if reason:
            yield self._wrong(path, f"the pattern {reason}", hint="write it like [ipv4-addr:value = '198.51.100.7']")
            return
        if _PLAIN_ACCOUNT.search(pattern):
            yield self._wrong(path, "the pattern tells who has an account", hint="give it as an account: it leaves as a keyed hash only")
        for term in _TERM.finditer(pattern):
            kind = _KINDS[term[1]]
            yield from self._value(kind, normal_value(kind, term[2]), path=path)

    def _account(self, account: Any, path: Path) -> Iterator[Problem]:
        if (account.user is UNSET) == (account.hashed is UNSET):
            yield self._wrong(path, "an account has either user or hashed", hint="give user; it leaves this machine as a keyed hash only")
        if isinstance(account.user, str) and care.is_bare_hash(account.user):
            reason = "this looks like a plain hash, which a list of all addresses undoes"
            tell = self._odd if account.kind == "account-id" else self._wrong  # many a provider's own ids are random digits
            yield tell((*path, "user"), reason, hint="give the name itself; it leaves this machine as a keyed hash only")
        elif isinstance(account.user, str):
            try:
                canonical(account.kind, account.user)
            except InvalidInputError as error:
                yield self._wrong((*path, "user"), error.message, hint=error.hint)
        if "'" in account.provider or "\\" in account.provider:
            yield self._wrong((*path, "provider"), "a provider has no quotes or backslashes", hint="write its domain")

    def _value(self, kind: str, value: str, *, path: Path) -> Iterator[Problem]:
        """A domain, address, URL or e-mail address: is it one, and may it be published."""
        fault = _value_fault(kind, value)
        if fault:
            yield self._wrong(path, fault[0], hint=fault[1])
            return
        if address.is_example(value) != self.case.example:
            if self.case.example:
                yield self._wrong(path, f"{value} may belong to somebody", hint="examples use example.org, 192.0.2.0/24 or 2001:db8::/32")
                return
            yield self._wrong(path, f"{value} is reserved for examples", hint="give the real value, or write example: true")
            return
        reason = None if self.case.example else address.address_fault(value)
        if reason:
            yield self._wrong(path, reason, hint="leave it out")
            return
        yield from self._well_known(value, path)

    def _well_known(self, value: str, path: Path) -> Iterator[Problem]:
        for name, is_forbidden in self.well_known(value):
            tell = self._wrong if is_forbidden else self._odd
            yield tell(path, f"{value} is well known: {name}", hint="blocking it would hurt; leave it out, or say more (a URL)")

    def _times(self, value: Any, path: Path) -> Iterator[Problem]:
        """Wherever they stand: days that do not exist, and periods that end before they begin."""
        for step, item in _items(value):
            if step in _TIMES and isinstance(item, str):
                yield from self._time(item, (*path, step))
            yield from self._times(item, (*path, step))
        if isinstance(value, dict):
            yield from self._period(value, path)

    def _period(self, value: dict[str, Any], path: Path) -> Iterator[Problem]:
        for start, end in _PERIODS:
            if _exists(value.get(start)) and _exists(value.get(end)) and instant(value[end], is_end=True) <= instant(value[start]):
                yield self._wrong((*path, end), f"{end} is not after {start}", hint="exchange them, or leave one out")

    def _time(self, text: str, path: Path) -> Iterator[Problem]:
        if not _exists(text):
            yield self._wrong(path, f"there is no day {text[:10]}", hint="look it up in the calendar")

    def _prose(self, value: Any, path: Path) -> Iterator[Problem]:
        """Wherever text stands: no secret in it, and no person who has nothing to do with it."""
        if isinstance(value, str):
            for finding in care.secrets_in(value):
                yield self._wrong(path, f"this holds {finding.what} ({finding.excerpt})", hint=finding.hint)
            if path and path[-1] in _PROSE and "rule" not in path:
                for finding in care.personal_data_in(value):
                    yield self._odd(path, f"this holds {finding.what} ({finding.excerpt})", hint=finding.hint)
        for step, item in _items(value):
            yield from self._prose(item, (*path, step))

    def _references(self, references: tuple[Reference, ...], path: Path) -> Iterator[Problem]:
        for position, one in enumerate(references):
            if one.text is UNSET and one.url is UNSET and one.id is UNSET:
                yield self._wrong((*path, position), "a reference needs a text, a URL or an id", hint="add url, text or id")

    def _twice(self, case: Case) -> Iterator[Problem]:
        techniques = [(one.technique, one.technique) for one in case.techniques]
        actors = [(self.names.id_of(ACTOR, one.actor), one.actor) for one in case.actors]
        infrastructure = [(one.infrastructure, one.infrastructure) for one in case.infrastructure]
        yield from self._repeated(techniques, ("techniques",), hint="describe it once")
        yield from self._repeated(actors, ("actors",), hint="put everything below the first")
        yield from self._repeated(infrastructure, ("infrastructure",), hint="describe it once")
        yield from self._repeated([_key(one) for one in case.indicators], ("indicators",), hint="keep one")

    def _repeated(self, items: Sequence[tuple[str, str]], path: Path, *, hint: str) -> Iterator[Problem]:
        """What is the same as something before it in its list; of each item its key, and how to call it."""
        first: dict[str, int] = {}
        for position, (key, shown) in enumerate(items):
            before = first.setdefault(key, position) if key else position
            if before != position:
                line = self.document.line_of((*path, before))
                yield self._wrong((*path, position), f"{shown[:100]!r} is the same as in line {line}", hint=hint)

    def _wrong(self, path: Path, message: str, *, hint: str) -> Problem:
        return self.document.problem(path, message, hint=hint)

    def _odd(self, path: Path, message: str, *, hint: str) -> Problem:
        return self.document.problem(path, message, hint=hint, is_error=False)


def _reference_lists(case: Case) -> Iterator[tuple[Path, tuple[Reference, ...]]]:
    yield ("sources",), case.sources
    for position, technique in enumerate(case.techniques):
        yield ("techniques", position, "references"), technique.references
    for position, actor in enumerate(case.actors):
        yield ("actors", position, "references"), actor.references
        for number, action in enumerate(actor.actions):
            yield ("actors", position, "actions", number, "references"), action.references


def _value_fault(kind: str, value: str) -> tuple[str, str] | None:
    """Why a value is not of its kind, and what to write."""
    if "'" in value or "\\" in value:
        return "the value holds a quote or a backslash", "write it as a pattern of its own"
    if kind == "ip":
        try:
            ip_network(value)
        except ValueError:
            return f"{value!r} is no IP address or network", "write it like 198.51.100.7 or 2001:db8::/32"
    if kind == "domain" and ("." not in value or any(one in value for one in "/:@*")):
        return f"{value!r} is no domain name", "write the name alone, like login.example.org"
    if kind == "email" and (value.count("@") != 1 or value.startswith("@") or "." not in value.partition("@")[2]):
        return f"{value!r} is no e-mail address", "write it like name@example.org"
    if kind == "url" and "://" not in value:
        return f"{value!r} is no URL", "write it with its scheme, like https://"
    return None


def _key(one: Indicator) -> tuple[str, str]:
    """What no other indicator of a case may have, and how to call it; empty where it is about nothing or more than one thing."""
    if sum(getattr(one, kind) is not UNSET for kind in INDICATED) != 1:
        return "", ""
    kind, value = about(one)
    match kind:
        case "rule":
            return f"{value.type}|{value.name}", value.name
        case "account":
            return _account_key(value), f"account at {value.provider}"
        case "pattern":
            return value, value
    plain = normal_value(kind, value)
    return pattern_of(replace(one, **{kind: plain}))[1], plain


def _account_key(account: Account) -> str:
    if not isinstance(account.user, str):
        return f"{account.provider}|{account.hashed}"
    try:
        return f"{account.provider}|{account.kind}|{canonical(account.kind, account.user)}"
    except InvalidInputError:
        return ""


def _items(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _exists(time: object) -> bool:
    """Whether there is such a day; of what is missing there is none."""
    try:
        datetime.fromisoformat(str(time)[:10])
    except ValueError:
        return False
    return True
