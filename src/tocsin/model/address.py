"""Addresses that are no indicator: private and reserved ones, ranges too wide, names that nobody can own, and those kept for examples.

Judged by the standards alone; what is well known and in daily use is judged by `services/warninglist.py`. Nothing is looked up.

Sources: the IANA registries of special-purpose addresses and of special-use domain names, and the RFCs named in each row.
"""

import ipaddress
import re
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WIDEST = {4: 16, 6: 32}  # prefix lengths
_ELSEWHERE = "it means another machine to every reader"
_EXAMPLE = "kept for documentation"
_SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    (ipaddress.ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "no address of one machine (RFC 1122)"),
        ("10.0.0.0/8", f"private (RFC 1918): {_ELSEWHERE}"),
        ("172.16.0.0/12", f"private (RFC 1918): {_ELSEWHERE}"),
        ("192.168.0.0/16", f"private (RFC 1918): {_ELSEWHERE}"),
        ("100.64.0.0/10", f"shared within a provider's network (RFC 6598): {_ELSEWHERE}"),
        ("127.0.0.0/8", "loopback (RFC 1122): it is the reader's own machine"),
        ("169.254.0.0/16", f"link-local (RFC 3927): {_ELSEWHERE}"),
        ("192.0.0.0/24", "reserved for protocols (RFC 6890)"),
        ("192.0.2.0/24", f"{_EXAMPLE} (RFC 5737)"),
        ("198.51.100.0/24", f"{_EXAMPLE} (RFC 5737)"),
        ("203.0.113.0/24", f"{_EXAMPLE} (RFC 5737)"),
        ("198.18.0.0/15", "kept for benchmarks (RFC 2544)"),
        ("224.0.0.0/4", "multicast (RFC 5771)"),
        ("240.0.0.0/4", "reserved (RFC 1112)"),
        ("::/128", "no address of one machine (RFC 4291)"),
        ("::1/128", "loopback (RFC 4291): it is the reader's own machine"),
        ("::ffff:0:0/96", "an IPv4 address in disguise (RFC 4291): write that one"),
        ("100::/64", "for what is to be discarded (RFC 6666)"),
        ("2001:db8::/32", f"{_EXAMPLE} (RFC 3849)"),
        ("3fff::/20", f"{_EXAMPLE} (RFC 9637)"),
        ("fc00::/7", f"private (RFC 4193): {_ELSEWHERE}"),
        ("fe80::/10", f"link-local (RFC 4291): {_ELSEWHERE}"),
        ("fec0::/10", f"site-local (RFC 3879): {_ELSEWHERE}"),
        ("ff00::/8", "multicast (RFC 4291)"),
    )
)
_NAMES = {
    **dict.fromkeys(("example", "example.com", "example.net", "example.org"), f"{_EXAMPLE} (RFC 2606)"),
    "test": "kept for tests (RFC 6761)",
    "invalid": "never a name that exists (RFC 6761)",
    "localhost": "the reader's own machine (RFC 6761)",
    "local": "a name within one local network (RFC 6762)",
    "home.arpa": "a name within one home network (RFC 8375)",
    "internal": "a name within one private network",
    **dict.fromkeys(("intranet", "private", "corp", "home", "lan", "localdomain"), "a name within one private network (RFC 6762)"),
    "arpa": "infrastructure of the Internet (RFC 3172)",
}
_EXAMPLE_NAMES = ("example", "example.com", "example.net", "example.org", "test", "invalid", "localhost")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_DEFANGED = re.compile(r"\[\.\]|\(\.\)|\[:\]|\[at\]|^hxxp", re.IGNORECASE)


def address_fault(value: str) -> str | None:
    """Why an IP address, network, domain, URL or e-mail address cannot be an indicator, in one sentence; None when it can."""
    if _DEFANGED.search(value):
        return f"{value} is written so that nobody clicks it: write it as it is, without [.] and hxxp"
    host = _host_of(value)
    if not host:
        return f"{value} names no host"
    network = _network_of(host)
    return _domain_fault(host) if network is None else _network_fault(host, network)


def is_example(value: str) -> bool:
    """It lies wholly within what is kept for examples (RFC 2606, 3849, 5737, 6761, 9637): real cases hold none, example cases no other."""
    host = _host_of(value)
    name = _name(host)
    if any(_is_within(name, reserved) for reserved in _EXAMPLE_NAMES):
        return True
    network = _network_of(host)
    return network is not None and any(_covers(special, network) for special, reason in _SPECIAL if reason.startswith(_EXAMPLE))


def _host_of(value: str) -> str:
    """What stands for the machine in an address; "" where a URL names none."""
    if "://" in value or value.lower().startswith(("mailto:", "data:", "javascript:")):
        try:
            return urlsplit(value).hostname or ""
        except ValueError:
            return ""
    return value.rpartition("@")[2]


def _network_of(host: str) -> Network | None:
    """One address or more; None for anything else."""
    try:
        return ipaddress.ip_network(host.partition("%")[0], strict=False)
    except ValueError:
        return None


def _network_fault(host: str, network: Network) -> str | None:
    reason = next((reason for special, reason in _SPECIAL if _covers(special, network)), None)
    if reason:
        return f"{host} is {reason}"
    if network.prefixlen < _WIDEST[network.version]:
        return f"{host} is too wide: give networks of /{_WIDEST[network.version]} or narrower"
    if ipaddress.ip_interface(host).ip != network.network_address:
        return f"{host} is one address and a network at once: write {network}, or the address alone"
    return next((f"{host} holds {special}, which is {reason}" for special, reason in _SPECIAL if _covers(network, special)), None)


def _covers(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _domain_fault(host: str) -> str | None:
    name = _name(host)
    labels = name.split(".")
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return f"{host} is neither an IP address nor a domain name"
    for reserved, reason in _NAMES.items():
        if _is_within(name, reserved):
            return f"{host} is {reason}"
    return f"{host} is a top-level domain or a name within one network: give a whole domain name" if len(labels) == 1 else None


def _name(host: str) -> str:
    """Lower case, without a dot at the end, in its ASCII form where it has one."""
    name = host.lower().removesuffix(".")
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def _is_within(name: str, parent: str) -> bool:
    return name == parent or name.endswith(f".{parent}")
