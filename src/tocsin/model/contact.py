"""Whom to write to at an organisation: the e-mail address that its own STIX identity names, or none.

An identity is text from outside: what is no plain address of one mailbox is not used, and nobody else can put his own in its place
(an `email-addr` whose id is made from its value must have that value). Addresses are ASCII and of the common form `name@host.example`;
quoted names, comments, address literals and international addresses are left alone.

Source: Identity Contact Information Extension 1.0 (OASIS CTI common objects), STIX 2.1 §2.9, §4.5 (`contact_information`), RFC 5321.
"""

import re
from collections.abc import Mapping

from tocsin.model.graph import Body, parts, text
from tocsin.model.identifier import observable_id

EXTENSION = "extension-definition--66e2492a-bbd3-4be6-88f5-cc91a017a498"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_ATOM = r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}\.)+[a-zA-Z]{_LABEL}", re.ASCII)
_LONGEST, _LONGEST_NAME = 254, 64  # characters, RFC 5321 §4.5.3.1
_RANK = {"organizational": 0, "work": 1, "personal": 3}  # of digital_contact_type; every other word stands between


def is_address(value: str) -> bool:
    """Whether mail can be sent to it."""
    found = _ADDRESS.fullmatch(value) if len(value) <= _LONGEST else None
    return found is not None and len(found[1]) <= _LONGEST_NAME


def contact_of(identity: Body, objects: Mapping[str, Body]) -> str | None:
    """The address to write to, a shared mailbox before a person's; None where the identity names none that can be used.

    Args:
        objects: by id; those alone that the identity's own organisation posted, or we: among them are the addresses that it refers to.
    """
    extensions = identity.get("extensions")
    said = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    offered = parts(said, "email_addresses") if isinstance(said, dict) else ()
    usable = [one for one in offered if one.get("classified", False) is False]
    ranked = sorted(usable, key=lambda one: _RANK.get(text(one, "digital_contact_type"), 2))
    found = [_value(text(one, "email_address_ref"), objects) for one in ranked]
    return next(filter(is_address, [*found, text(identity, "contact_information")]), None)


def addresses_in(identity: Body) -> tuple[str, ...]:
    """The `email-addr` objects that an identity refers to."""
    extensions = identity.get("extensions")
    said = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    offered = parts(said, "email_addresses") if isinstance(said, dict) else ()
    return tuple(ref for one in offered if (ref := text(one, "email_address_ref")))


def _value(reference: str, objects: Mapping[str, Body]) -> str:
    """The value of an `email-addr`; "" where it is not held, cannot be used, or is not the one that its id was made for."""
    value = text(objects.get(reference, {}), "value")
    if not reference.startswith("email-addr--") or not is_address(value):
        return ""
    is_made_from_value = reference[26:27] == "5"  # the version digit of the UUID is that of a UUIDv5
    return "" if is_made_from_value and observable_id("email-addr", {"value": value}) != reference else value
