"""Callers and names: which words mean a caller, and what may be a name (docs/collections.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import InvalidInputError
from tocsin.model.collection import _ALIAS
from tocsin.model.marking import Level
from tocsin.model.member import ANONYMOUS, RESERVED_NAMES, Caller, Organisation, Role, require_name, slug_of


@pytest.mark.parametrize("role", Role)
def test_a_member_is_meant_by_five_words(role: Role) -> None:
    """The public's, every member's, its role, its organisation, its own name."""
    caller = Caller(number=1, name="pia", organisation="Acme AI", is_own=False, role=role, clearance=Level.GREEN)
    assert caller.words == {"anonymous", "*", str(role), "Acme AI", "pia"}
    assert not caller.is_anonymous


def test_the_public_is_meant_by_one_word() -> None:
    """It has no organisation, no role and no number, and sees what is clear."""
    assert ANONYMOUS.words == {"anonymous"}
    assert ANONYMOUS.is_anonymous
    assert (ANONYMOUS.number, ANONYMOUS.organisation, ANONYMOUS.is_own, ANONYMOUS.clearance) == (0, "", False, Level.CLEAR)


def test_words_do_not_take_part_in_what_a_caller_is() -> None:
    """Two callers with the same facts are equal and may stand in a set."""
    one, other = (Caller(number=1, name="a", organisation="b", is_own=True, role=Role.SOC, clearance=Level.RED) for _ in range(2))
    assert {one} == {other}


@pytest.mark.parametrize(
    "name", ["a", "pia", "Pia Müller", "ops@acme.example.org", "O'Brien & Co. (EU)", "日本 AI", "7", "a-b_c+d", "x" * 80]
)
def test_usable_names(name: str) -> None:
    """Letters and digits of any script, and a little punctuation."""
    assert require_name(name, kind="a member") == name


@pytest.mark.parametrize(
    "name",
    [*sorted(RESERVED_NAMES), "SOC", "", " ", "_x", ".x", "x ", "x-", "a:b", "a,b", "a/b", "a\tb", "a\nb", "a\0b", "日本", "x" * 81],
)
def test_unusable_names(name: str) -> None:
    """Words with a meaning, what Basic cannot carry, what gives no alias; the error names the kind, and is short."""
    with pytest.raises(InvalidInputError, match="cannot name a member") as raised:
        require_name(name, kind="a member")
    assert len(str(raised.value)) < 300


@given(name=st.text(min_size=1, max_size=80))
def test_a_usable_name_has_a_usable_alias(name: str) -> None:
    """The outbox of an organisation is called by it."""
    try:
        require_name(name, kind="an organisation")
    except InvalidInputError:
        return
    organisation = Organisation(number=1, name=name, domain="", identity_id="identity--1", is_own=False)
    assert organisation.slug == slug_of(name)
    assert _ALIAS.fullmatch(f"outbox-{organisation.slug}")
    assert not any(ord(character) < 32 or character == ":" for character in name)


def test_slugs_are_lower_case_words_with_hyphens() -> None:
    """Whatever stood between them."""
    assert [slug_of(name) for name in ("Acme AI", "--Acme  &  AI--", "ÄCME.ai", "")] == ["acme-ai", "acme-ai", "cme-ai", ""]
