"""The one form in which a value of an indicator and a value of the telemetry are compared.

Only differences that mean nothing are taken away: the case of a name, the dot at its end, another spelling of the same IPv6 address, the
default port. Nothing is shortened to a parent domain, and nothing that was defanged is mended.

Sources: RFC 1035 §2.3.3 (case), RFC 3490 (IDNA), RFC 5952 (IPv6), RFC 3986 §6.2.2.1 and §6.2.3 (URLs).
"""

import ipaddress
import re

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*+(?![0-9]+\Z){_LABEL}")
_MAX_NAME = 253  # characters
_MAX_TRIED = 1_000  # of a name that is encoded: the codec takes its time
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+)://(?:([^/?#]*)@)?([^/?#]*+)(.*)", re.DOTALL)
_PORT = re.compile(r"(\[[^\]]*+\]|[^:\[\]]*+):([0-9]{0,5})")
_DEFAULT_PORTS = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}
_HASH = re.compile(r"[0-9a-f]++")
HASHES = {"MD5": 32, "SHA1": 40, "SHA256": 64, "SHA512": 128}  # hexadecimal digits


def name_of(text: str) -> str:
    """A host name in lower case, in its ASCII form, without a dot at the end; "" where it has no ASCII form."""
    name = text.lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode() if len(name) <= _MAX_TRIED else ""
        except UnicodeError:
            return ""
    return name.removesuffix(".")


def is_domain(name: str) -> bool:
    """A name in the form of `name_of` could be a domain's, and is no IP address."""
    return len(name) <= _MAX_NAME and _NAME.fullmatch(name) is not None


def address_of(text: str) -> Address | None:
    """An IP address; an IPv4 address that is written as an IPv6 one is that IPv4 address."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0] if ":" in text else text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


def network_of(text: str) -> Network | None:
    """A network in CIDR notation whose address is its first one."""
    try:
        return ipaddress.ip_network(text) if text.rpartition("/")[2].isdecimal() else None
    except ValueError:
        return None


def url_of(text: str) -> tuple[str, str]:
    """A URL in its one form, and its host; what has no scheme and host stays as it is."""
    parts = _URL.fullmatch(text)
    if parts is None:
        return text, ""
    scheme, user, authority, rest = parts.groups()
    scheme = scheme.lower()
    host, port = split_port(authority)
    host = name_of(host) or host
    port = "" if port == _DEFAULT_PORTS.get(scheme) else port
    user = "" if user is None else f"{user}@"
    return f"{scheme}://{user}{host}{port and ':'}{port}{'' if rest.startswith('/') else '/'}{rest}", host


def split_port(text: str) -> tuple[str, str]:
    """What stands before a port, and the port; an IPv6 address has one only behind brackets."""
    parts = _PORT.fullmatch(text)
    return (parts[1], parts[2]) if parts else (text, "")


def email_of(text: str) -> str:
    """An e-mail address in lower case, its domain in its ASCII form; "" where it is none."""
    local, at, domain = text.lower().rpartition("@")
    domain = name_of(domain)
    return f"{local}@{domain}" if at and local and domain else ""


def is_hash(digest: str, algorithm: str) -> bool:
    """A digest in lower case has the length of its algorithm."""
    return len(digest) == HASHES.get(algorithm) and _HASH.fullmatch(digest) is not None
