"""The one form of a case: values without defence marks, times as short as they can be, what would be so anyway left out.

Two files that say the same have the same form, and taking a bundle apart (`decompile`) gives exactly this form back.
"""

import re
from ipaddress import ip_network
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from tocsin.model.case.names import ACTOR, TECHNIQUE, Names
from tocsin.model.case.record import INDICATED, MALICIOUS, THREAT_REPORT, Account, Action, Actor, Case, Indicator, Infrastructure, Use

HASHES = {32: "MD5", 40: "SHA-1", 64: "SHA-256", 128: "SHA-512"}  # by the number of digits
_START, _END = "T00:00:00.000Z", "T23:59:59.999Z"
_DEFANGED = re.compile(r"[\[(](\.|dot|:|@|at|://)[\])]", re.IGNORECASE)
_FANGS = {"dot": ".", "at": "@"}
_PLAIN = r"'([^'\\]+)'"
_TITLES = {"domain": "Domain", "ip": "Address", "url": "URL", "email": "E-mail address", "hash": "File", "pattern": "Pattern"}
_SIMPLE = {
    "domain": re.compile(rf"\[domain-name:value = {_PLAIN}\]"),
    "ip": re.compile(rf"\[ipv[46]-addr:value = {_PLAIN}\]"),
    "url": re.compile(rf"\[url:value = {_PLAIN}\]"),
    "email": re.compile(rf"\[email-addr:value = {_PLAIN}\]"),
    "hash": re.compile(rf"\[file:hashes\.(?:MD5|'SHA-1'|'SHA-256'|'SHA-512') = {_PLAIN}\]"),
}


def instant(time: str, *, is_end: bool = False) -> str:
    """A time of a case file as STIX writes it, with milliseconds; a day that ends something lasts until its last millisecond."""
    if len(time) == len("2026-11-20"):
        return time + (_END if is_end else _START)
    second, _, fraction = time.removesuffix("Z").partition(".")
    return f"{second}.{fraction:0<3}Z"


def shortest(time: str | UnsetType, *, is_end: bool = False) -> str | UnsetType:
    """The same time as a case file writes it at its shortest."""
    if isinstance(time, UnsetType):
        return time
    whole = instant(time, is_end=is_end)
    day, rest = whole[:10], whole[10:]
    return day if rest == (_END if is_end else _START) else whole.replace(".000Z", "Z")


def refanged(value: str) -> str:
    """A value without what analysts write so that nobody clicks on it: hxxp, [.], (at)."""
    text = _DEFANGED.sub(lambda match: _FANGS.get(match.group(1).lower(), match.group(1)), value)
    return re.sub(r"^hxxp(?=s?://)", "http", text, flags=re.IGNORECASE)


def about(indicator: Indicator) -> tuple[str, Any]:
    """Which of the eight things an indicator is about, and its value."""
    return next((kind, getattr(indicator, kind)) for kind in INDICATED if getattr(indicator, kind) is not UNSET)


def pattern_of(indicator: Indicator) -> tuple[str, str]:
    """The type of an indicator's pattern, and the pattern; an account must be hashed already."""
    kind, value = about(indicator)
    match kind:
        case "rule":
            return value.type, value.text
        case "pattern":
            return "stix", value
        case "account":
            return "stix", account_pattern(value.provider, value.hashed)
        case "hash":
            name = HASHES[len(value)]
            algorithm = name if name == "MD5" else f"'{name}'"
            return "stix", f"[file:hashes.{algorithm} = '{value}']"
        case "ip":
            return "stix", f"[ipv{6 if ':' in value else 4}-addr:value = '{value}']"
    path = {"domain": "domain-name", "url": "url", "email": "email-addr"}[kind]
    return "stix", f"[{path}:value = '{value}']"


def account_pattern(provider: str, hashed: str) -> str:
    """The pattern that finds an account."""
    return f"[user-account:account_type = '{provider}' AND user-account:user_id = '{hashed}']"


def simple_value(pattern: str) -> tuple[str, str]:
    """What a STIX pattern is about, as an indicator of a case file says it; ("pattern", the pattern) where that has no word for it."""
    for kind, shape in _SIMPLE.items():
        found = shape.fullmatch(pattern)
        if found:
            try:
                simple = msgspec.convert({kind: normal_value(kind, found.group(1))}, Indicator)
            except msgspec.ValidationError:  # a value that only a pattern can hold, such as one with a blank in it
                break
            if pattern_of(simple) == ("stix", pattern):
                return kind, found.group(1)
    return "pattern", pattern


def default_action_name(action: Action, actor: str) -> str:
    """What an action is called that has no name of its own."""
    return _one_line(f"{action.action.replace('-', ' ').capitalize()}: {actor}")


def default_indicator_name(indicator: Indicator) -> str:
    """What an indicator is called that has no name of its own; a rule has one, and an account must be hashed already."""
    kind, value = about(indicator)
    match kind:
        case "rule":
            return str(value.name)
        case "account":
            return _one_line(f"Account at {value.provider} {str(value.hashed)[-12:]}")
    return _one_line(f"{_TITLES[kind]} {value}")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300].rstrip()


def normal_value(kind: str, value: str) -> str:
    """A value of an indicator in its one spelling; one that is wrong stays as it is, for the checks to find."""
    value = refanged(value)
    match kind:
        case "domain":
            return value.lower().rstrip(".")
        case "hash":
            return value.lower()
        case "email":
            local, at, domain = value.rpartition("@")
            return f"{local}{at}{domain.lower()}"
        case "ip":
            try:
                network = ip_network(value)
            except ValueError:
                return value
            return str(network) if "/" in value and network.num_addresses > 1 else str(network.network_address)
    return value


def normal(case: Case, names: Names) -> Case:
    """The one form of a case that passed its checks."""
    everybody = tuple(names.normal(ACTOR, actor.actor) for actor in case.actors)
    return replace(
        case,
        reported=shortest(case.reported),
        kinds=_or_usual(case.kinds, THREAT_REPORT),
        actors=tuple(_actor(actor, names) for actor in case.actors),
        infrastructure=tuple(_infrastructure(one, names, everybody=everybody) for one in case.infrastructure),
        indicators=tuple(_indicator(one, names, everybody=everybody, reported=str(shortest(case.reported))) for one in case.indicators),
    )


def _actor(actor: Actor, names: Names) -> Actor:
    slug = names.normal(ACTOR, actor.actor)
    name = actor.name if isinstance(actor.name, str) else slug
    return replace(
        actor,
        actor=slug,
        first_seen=shortest(actor.first_seen),
        uses=tuple(_use(use, names) for use in actor.uses),
        actions=tuple(_action(action, name) for action in actor.actions),
    )


def _use(use: Use, names: Names) -> Use:
    technique = names.normal(TECHNIQUE, use.technique)
    return replace(use, technique=technique, first_seen=shortest(use.first_seen), last_seen=shortest(use.last_seen, is_end=True))


def _action(action: Action, actor: str) -> Action:
    name = UNSET if action.name == default_action_name(action, actor) else action.name
    return replace(action, name=name, when=shortest(action.when))


def _infrastructure(one: Infrastructure, names: Names, *, everybody: tuple[str, ...]) -> Infrastructure:
    first, last = shortest(one.first_seen), shortest(one.last_seen, is_end=True)
    return replace(one, first_seen=first, last_seen=last, actors=_whose(one.actors, names, everybody=everybody))


def _or_usual(words: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    """The default itself, which is not written out, where nothing else is said."""
    return words if words and words != usual else usual


def _whose(actors: tuple[str, ...], names: Names, *, everybody: tuple[str, ...]) -> tuple[str, ...]:
    """Of every actor of the case: nothing to say."""
    whose = tuple(dict.fromkeys(names.normal(ACTOR, actor) for actor in actors))
    return () if whose == everybody else whose


def _indicator(one: Indicator, names: Names, *, everybody: tuple[str, ...], reported: str) -> Indicator:
    kind, value = about(one)
    if kind == "pattern":
        kind, value = simple_value(value)
    elif isinstance(value, str):
        value = normal_value(kind, value)
    start = shortest(one.valid_from)
    changed = replace(one, **({"pattern": UNSET} | {kind: value} if kind != "account" else {}))
    return replace(
        changed,
        name=UNSET if changed.name == default_indicator_name(changed) else changed.name,
        types=_or_usual(one.types, MALICIOUS),
        valid_from=UNSET if start == reported else start,
        valid_until=shortest(one.valid_until, is_end=True),
        actors=_whose(one.actors, names, everybody=everybody),
    )


def with_hashed_accounts(case: Case, hashed: dict[Account, str]) -> Case:
    """The case with keyed hashes in place of the names of accounts."""

    def sealed(one: Indicator) -> Indicator:
        if isinstance(one.account, UnsetType) or one.account not in hashed:
            return one
        return replace(one, account=replace(one.account, user=UNSET, hashed=hashed[one.account]))

    return replace(case, indicators=tuple(sealed(one) for one in case.indicators))
