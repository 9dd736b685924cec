"""Values that everybody knows and nobody should block: a small list of our own, and those of the MISP project where they are installed.

The lists come with the package of the extra `warninglists`; its files are read, its code is not run. Its own search either leaves out
networks or takes 0.15 seconds a value; here all entries stand in one index, in which a value is looked up as it is and as every network
that it lies in. Below a name of a list nothing is forbidden: the name that an actor rents at a shared host is what should be published.
Left out are lists to which nearly everything belongs (a million sites, all data centres), the shorter of two that hold each other, and what
`model/address.py` judges by the standards.

Load it only where it is needed: the first value that our own list does not know takes a fifth of a second.
"""

import ipaddress
from collections.abc import Iterator
from functools import cache
from hashlib import new
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PACKAGE = "pymispwarninglists"
_FORBIDDING = {  # lists of what no actor owns, by their folders; every other list only gives a warning
    *("alexa", "cisco_top1000", "moz-top500", "captive-portals", "bank-website", "whats-my-ip", "findip-host"),
    *("google", "microsoft", "microsoft-office365", "microsoft-win10-connection-endpoints"),
    *("url-shortener", "link-in-bio", "lots-project", "public-ipfs-gateways", "second-level-tlds"),
    *("apple", "googlebot", "google-gmail-sending-ips", "microsoft-office365-ip", "microsoft-office365-cn", "openai-gptbot", "wikimedia"),
    *("empty-hashes", "eicar.com", "common-ioc-false-positive"),
}
_OWNERS = {"google", "microsoft", "microsoft-office365", "bank-website"}  # what lies below a name of theirs is mostly theirs too
_LEFT_OUT = {
    *("tranco", "google-chrome-crux-1million", "nioc-filehash", "cisco_top5k", "cisco_top10k", "vpn-ipv4", "vpn-ipv6"),
    *("tlds", "rfc1918", "rfc3849", "rfc5735", "rfc6598", "rfc6761", "multicast", "ipv6-linklocal"),
}
_RESOLVERS = tuple(
    ipaddress.ip_address(address)
    for address in (
        *("8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844", "1.1.1.1", "1.0.0.1", "2606:4700:4700::1111"),
        *("2606:4700:4700::1001", "9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9", "208.67.222.222", "208.67.220.220"),
        *("2620:119:35::35", "2620:119:53::53"),
    )
)
_OWNED = {  # with all that lies below
    *("openai.com", "chatgpt.com", "anthropic.com", "claude.ai", "claude.com", "google.com", "gmail.com"),
    *("youtube.com", "microsoft.com", "live.com", "outlook.com", "office.com", "bing.com", "github.com", "apple.com"),
    *("icloud.com", "amazon.com", "meta.com", "facebook.com", "whatsapp.com", "instagram.com", "mistral.ai", "x.ai"),
    *("x.com", "deepseek.com", "cohere.com", "perplexity.ai", "huggingface.co", "cloudflare.com", "wikipedia.org"),
    *("mozilla.org", "linkedin.com"),
}
_SHARED = {  # what lies below may belong to an actor
    *("amazonaws.com", "cloudfront.net", "windows.net", "azurewebsites.net", "azurefd.net", "googleapis.com"),
    *("appspot.com", "web.app", "firebaseapp.com", "githubusercontent.com", "github.io", "gitlab.com", "gitlab.io"),
    *("pages.dev", "workers.dev", "vercel.app", "netlify.app", "herokuapp.com", "onrender.com", "blogspot.com"),
    *("wordpress.com", "discord.com", "discordapp.com", "telegram.org", "t.me", "hf.space", "duckdns.org"),
    *("ngrok.io", "ngrok-free.app", "bit.ly"),
}
_EMPTY = {new(name, b"", usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
_DESKS = {"abuse", "cert", "csirt", "hostmaster", "noc", "postmaster", "security", "soc", "support"}
_MAX_LABELS = 127  # of a domain name


class WellKnown(NamedTuple):
    """One reason not to publish a value."""

    name: str
    is_forbidden: bool  # it must not be published; else it deserves a second look


_RESOLVER = WellKnown("a public DNS resolver", True)


def well_known(value: str) -> list[WellKnown]:
    """Why a domain, IP address, network, URL, e-mail address or file hash is known to everybody: what forbids it, else what warns of it.

    A URL with a path is narrower than its host, and never forbidden for it.
    """
    host, is_narrow = _host_of(value.strip().lower())
    network = _network_of(host)
    ours = _our_reason(host) if network is None else _RESOLVER if any(one in network for one in _RESOLVERS) else None
    reasons = [ours] if ours else [*(_on_lists(host) if network is None else _on_lists_of_networks(network))]
    found = {WellKnown(one.name, one.is_forbidden and not is_narrow) for one in reasons}
    return sorted({one for one in found if one.is_forbidden} or found)


def _host_of(value: str) -> tuple[str, bool]:
    """What to look up, and whether the value is narrower than that."""
    if "://" not in value:
        return value.removesuffix("."), False
    try:
        parts = urlsplit(value)
    except ValueError:
        return "", False
    return (parts.hostname or "").removesuffix("."), bool(parts.path.strip("/") or parts.query)


def _network_of(host: str) -> Network | None:
    try:
        return ipaddress.ip_network(host, strict=False)
    except ValueError:
        return None


def _our_reason(value: str) -> WellKnown | None:
    """Of a name, an e-mail address or a hash; without any list."""
    local, at, _ = value.rpartition("@")
    if at:
        return WellKnown("the address of a desk that everybody writes to", False) if local in _DESKS else None
    if value in _EMPTY:
        return WellKnown("the hash of an empty file", True)
    name, *parents = _with_parents(value)
    return WellKnown("a service that everybody uses", True) if name in _SHARED or not _OWNED.isdisjoint([name, *parents]) else None


def _on_lists(value: str) -> Iterator[WellKnown]:
    """Of a name or a hash."""
    name, *parents = _with_parents(value)
    yield from _listed(name)
    for parent in parents if _SHARED.isdisjoint(parents) else ():
        yield from (WellKnown(one.name, False) for one in _listed(parent, _OWNERS))


def _on_lists_of_networks(network: Network) -> Iterator[WellKnown]:
    for length in range(network.prefixlen + 1):
        yield from _listed(str(network.supernet(new_prefix=length)))
    if network.prefixlen == network.max_prefixlen:
        yield from _listed(str(network.network_address))


def _with_parents(value: str) -> list[str]:
    """login.a.example, a.example, example."""
    name = value.removeprefix("www.")
    return [name.split(".", skipped)[-1] for skipped in range(min(name.count("."), _MAX_LABELS) + 1)]


def _listed(entry: str, wanted: set[str] | None = None) -> Iterator[WellKnown]:
    for folder, name in _index().get(entry, ()):
        if wanted is None or folder in wanted:
            yield WellKnown(name, folder in _FORBIDDING)


@cache
def _index() -> dict[str, tuple[tuple[str, str], ...]]:
    """Entry of a list: folder and name of each list that holds it."""
    spec = find_spec(_PACKAGE)
    index: dict[str, tuple[tuple[str, str], ...]] = {}
    if spec is None or spec.origin is None:
        return index
    for file in sorted((Path(spec.origin).parent / "data/misp-warninglists/lists").glob("*/list.json")):
        content = {} if file.parent.name in _LEFT_OUT else orjson.loads(file.read_bytes())
        if content.get("type") in (None, "regex"):
            continue
        this = ((file.parent.name, f"MISP warninglist “{content['name'].strip()}”"),)
        for entry in content["list"]:
            key = entry.lower().lstrip(".").removeprefix("www.")
            index[key] = index[key] + this if key in index else this
    return index
