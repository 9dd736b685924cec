"""What should never leave: secrets and people's data in free text, and plain hashes in the place of an account.

Found by shape alone, so a clean text is not proof of a safe one. Every expression is linear in the text: repeats are bounded or
possessive, and a run is tried from its beginning only. A finding never repeats what it found, and a hundred of a kind are enough.

Sources: the prefixes that the issuers of keys publish; ISO 13616 (IBAN), ISO/IEC 7812 (payment cards), ITU-T E.164; ADR 0014.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from tocsin.model.address import is_example


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing in a text that should not be there."""

    what: str
    start: int  # offset in characters
    excerpt: str  # its beginning, masked
    hint: str


_ENOUGH = 100  # findings of a kind in one text
_REVOKE = "take it out, and have it revoked where it was issued: say only what kind of secret it was"
_SECRETS = tuple(
    (what, re.compile(shape, re.ASCII))
    for what, shape in (
        ("a private key", r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY"),
        ("a shared key of Tocsin", r"tocsin-key-1:(?=[a-z0-9-]{1,40}+:[\w-])"),
        ("a token of Tocsin", r"tocsin_(?<![\w-]tocsin_)[\w-]{40,}+"),
        ("an Anthropic key", r"sk-ant-(?<![\w-]sk-ant-)[\w-]{20,}+"),
        ("an OpenAI key", r"sk-(?<![\w-]sk-)(?=[\w-]{0,200}?[0-9])[\w-]{20,}+"),
        ("an AWS access key", r"A(?<![\w-]A)(?:KI|SI)A[A-Z0-9]{16}(?!\w)"),
        ("a Google API key", r"AIza(?<![\w-]AIza)[\w-]{35}"),
        ("a GitHub token", r"gh[pousr]_(?<![\w-]gh._)[A-Za-z0-9]{36,}+"),
        ("a GitHub token", r"github_pat_(?<![\w-]github_pat_)\w{36,}+"),
        ("a GitLab token", r"glpat-(?<![\w-]glpat-)[\w-]{20,}+"),
        ("a Slack token", r"xox(?<![\w-]xox)[a-z]-[A-Za-z0-9-]{10,}+"),
        ("a Hugging Face token", r"hf_(?<![\w-]hf_)[A-Za-z0-9]{30,}+"),
        ("a Stripe key", r"[sr]k_live_(?<![\w-].k_live_)[A-Za-z0-9]{16,}+"),
        ("a JSON web token", r"eyJ(?<![\w-]eyJ)[\w-]{8,}+\.eyJ[\w-]{8,}+\.[\w-]{8,}+"),
    )
)
_VALUE = r"[\"'`]?[ \t]{0,3}[:=]{1,2}>?[ \t]{0,3}[\"'`]?([^\s\"'`<>]{6,200})"
_PASSWORD = re.compile(r"(?:passw(?:or)?d|passphrase|pwd)" + _VALUE, re.IGNORECASE)
_NAMED_SECRET = re.compile(r"(?:(?:api|access|secret|private|account)[ _-]?key|secret|token|credential|bearer)" + _VALUE, re.IGNORECASE)
_BEARER = re.compile(r"bearer[ \t]{1,3}([^\s\"'`<>]{6,200})", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"^[${\[(]|://|\*\*|xxx|\.\.\.|…|redact|example|your|placeholder", re.IGNORECASE)

_EMAIL = re.compile(r"(?<![\w.%+'-])[\w.%+'-]{1,64}+@([\w-]{1,63}+(?:\.[\w-]{1,63}+)++)")
_PHONE = re.compile(r"\+(?<![\w+]\+)[1-9](?:[ .()/-]{0,2}[0-9]){7,14}(?![0-9])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}", re.ASCII)
_IBAN_LENGTHS = dict(
    re.findall(
        "(..)([0-9][0-9])",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27GT28"
        "HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25"
        "QA29RO24RS22SA24SC31SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20",
    )
)
_CARD = re.compile(r"(?<![\w.+-])[2-6][0-9](?:[ -]?[0-9]){11,17}(?!\w)", re.ASCII)
_CARD_ISSUERS = re.compile(r"4(?:.{12}|.{15}|.{18})|(?:5[1-5]|2[2-7]).{14}|3[47].{13}|6(?:011|5..|4[4-9].).{12}")  # by length

_HEX = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})", re.IGNORECASE)
_BASE64 = re.compile(r"(?:[\w+/-]{22}(?:==)?|[\w+/-]{27}=?|[\w+/-]{43}=?|[\w+/-]{86}(?:==)?)", re.ASCII)
_HASH_NAME = re.compile(r"(?:md5|sha-?\d{1,3}|sha3-\d{3})[:$=]", re.IGNORECASE)


def secrets_in(text: str) -> list[Finding]:
    """Keys, tokens and passwords, in the order of the text: they are refused wherever they stand."""
    found: dict[int, Finding] = {}
    for what, shape in _SECRETS:
        for match in islice(shape.finditer(text), _ENOUGH):
            found.setdefault(match.start(), Finding(what=what, start=match.start(), excerpt=f"{match[0][:4]}…", hint=_REVOKE))
    for shape, is_secret in ((_PASSWORD, _is_password), (_NAMED_SECRET, _is_random), (_BEARER, _is_random)):
        for match in islice((match for match in shape.finditer(text) if is_secret(match[1])), _ENOUGH):
            named = text[match.start() : match.start(1)].rstrip("\"'` \t")
            finding = Finding(what="a secret with its name", start=match.start(1), excerpt=f"{named} …", hint=_REVOKE)
            found.setdefault(finding.start, finding)
    return [found[start] for start in sorted(found)]


def personal_data_in(text: str) -> list[Finding]:
    """What names a person or an account of one, in the order of the text: to be looked at by a person."""
    return sorted(_personal_data(text), key=lambda one: one.start)


def is_bare_hash(value: str) -> bool:
    """It looks like a hash without a key: whoever has a list of addresses, or a graphics card, reverses it."""
    value = _HASH_NAME.sub("", value.strip(), count=1)
    if _HEX.fullmatch(value):
        return True
    is_mixed = all(any(test(character) for character in value) for test in (str.isupper, str.islower, str.isdigit))
    return bool(_BASE64.fullmatch(value)) and (is_mixed or value.endswith("="))


def _personal_data(text: str) -> Iterator[Finding]:
    for what, shape, is_one, hint in _PERSONAL:
        for match in islice(filter(is_one, shape.finditer(text)), _ENOUGH):
            yield Finding(what=what, start=match.start(), excerpt=f"{match[0][:2]}…", hint=hint)


def _is_email(match: re.Match[str]) -> bool:
    return match[1].rpartition(".")[2].isalpha() and not is_example(match[1])


def _is_iban(match: re.Match[str]) -> bool:
    length = int(_IBAN_LENGTHS.get(match[0][:2], 99))
    squeezed = match[0].replace(" ", "")[:length]
    if len(squeezed) < length:
        return False
    return int("".join(str(int(character, 36)) for character in squeezed[4:] + squeezed[:4])) % 97 == 1


def _is_card(match: re.Match[str]) -> bool:
    digits = match[0].replace(" ", "").replace("-", "")
    doubled = (int(digit) * (2 - (place % 2 == 0)) for place, digit in enumerate(reversed(digits)))
    return bool(_CARD_ISSUERS.fullmatch(digits)) and sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _is_password(value: str) -> bool:
    return _is_mixed(value) and _entropy(value) >= 2


def _is_random(value: str) -> bool:
    return len(value) >= 16 and _is_mixed(value) and _entropy(value) >= 3


def _is_mixed(value: str) -> bool:
    """Letters and digits, and not a word that stands for a secret."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and _PLACEHOLDER.search(value) is None


def _entropy(value: str) -> float:
    """Bits a character."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


_PERSONAL: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool], str], ...] = (
    (
        "an e-mail address",
        _EMAIL,
        _is_email,
        "everybody reads this text: say who it was without a name, and give an actor's own address as an indicator or a hashed account",
    ),
    (
        "a phone number",
        _PHONE,
        bool,
        "everybody reads this text: leave it out, and give an actor's own number as a hashed account",
    ),
    ("an IBAN", _IBAN, _is_iban, "a bank account leads to a person: say only which country or bank it was"),
    ("a payment card number", _CARD, _is_card, "it can be used by whoever reads it: leave it out, say only that there was one"),
)
