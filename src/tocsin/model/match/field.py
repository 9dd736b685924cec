"""Which fields of a record hold what: names that many use, and those that the reader names.

A name with dots is looked for as it stands, and as a path into objects. Nothing is guessed from what a field holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.errors import InvalidInputError


class Kind(StrEnum):
    """What a field holds."""

    IP = "ip"
    DOMAIN = "domain"
    URL = "url"
    EMAIL = "email"
    HASH = "hash"
    ACCOUNT = "account"
    PHONE = "phone"
    PROMPT = "prompt"
    TIME = "time"
    PIECE = "piece"  # of plain text; no field holds one


NAMED = tuple(kind for kind in Kind if kind is not Kind.PIECE)
DEFAULTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.IP: (
        *("ip", "ip_address", "src_ip", "source_ip", "client_ip", "remote_ip", "remote_addr", "src", "dst_ip", "dest_ip"),
        *("destination_ip", "dst"),
    ),
    Kind.DOMAIN: ("domain", "host", "hostname", "fqdn", "query", "server_name", "sni"),
    Kind.URL: ("url", "uri", "request_url", "referrer", "referer"),
    Kind.EMAIL: ("email", "email_address", "mail", "user_email", "sender", "recipient"),
    Kind.HASH: ("md5", "sha1", "sha256", "sha512", "hash", "file_hash"),
    Kind.ACCOUNT: ("user", "username", "user_name", "user_id", "userid", "account", "account_id", "login"),
    Kind.PHONE: ("phone", "phone_number"),
    Kind.PROMPT: ("prompt",),
    Kind.TIME: ("time", "timestamp", "@timestamp", "ts", "datetime", "date", "event_time", "created_at"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """One field of a record."""

    kind: Kind
    name: str  # of the field, or of the outermost object
    path: tuple[str, ...] = ()  # from there on

    @property
    def full_name(self) -> str:
        """As it was named."""
        return ".".join((self.name, *self.path))


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields that are looked at."""

    _looks: Mapping[str, tuple[Look, ...]]  # by the name of the field, or of the outermost object

    def plan(self, names: Iterable[str]) -> list[Look]:
        """What to look at in a record that has these."""
        return [look for name in names for look in self._looks.get(name, ())]


def read_fields(given: Sequence[str]) -> Fields:
    """The fields of the table above, and those of TYPE=NAME; whoever names a field says all that it holds.

    Raises:
        InvalidInputError: one of them is malformed.
    """
    chosen: dict[str, list[Kind]] = {}
    for text in given:
        kind, _, name = text.partition("=")
        if kind not in NAMED or not name:
            raise InvalidInputError(f"--field {text[:60]!r} says nothing", hint=f"write TYPE=NAME; types: {', '.join(NAMED)}")
        chosen.setdefault(name, []).append(Kind(kind))
    usual = {name: [kind] for kind, names in DEFAULTS.items() for name in names}
    looks: dict[str, tuple[Look, ...]] = {}
    for name, kinds in (usual | chosen).items():
        top, *path = name.split(".")
        for kind in kinds:
            looks[name] = (*looks.get(name, ()), Look(kind, name))
            if path:
                looks[top] = (*looks.get(top, ()), Look(kind, top, tuple(path)))
    return Fields(looks)
