"""Secrets that are stored: open with the right key and label alone."""

from tocsin.model.secret import opened, sealed

ONE, OTHER = b"1" * 32, b"2" * 32


def test_what_is_sealed_opens_with_the_same_key_and_label() -> None:
    assert opened(ONE, sealed(ONE, b"secret", label="a"), label="a") == b"secret"


def test_nothing_else_opens_it() -> None:
    """Another key, another label, a changed or cut box."""
    box = sealed(ONE, b"secret", label="a")
    assert opened(OTHER, box, label="a") is None
    assert opened(ONE, box, label="b") is None
    assert opened(ONE, box[:-1] + bytes([box[-1] ^ 1]), label="a") is None
    assert opened(ONE, box[:20], label="a") is None


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    """So that nobody sees that two are the same."""
    assert sealed(ONE, b"secret", label="a") != sealed(ONE, b"secret", label="a")
