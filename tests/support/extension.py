"""Our extensions as tests speak of them: by slug, with literal ids, and an example to change."""

import copy
from typing import Any

import pytest
from hypothesis import strategies as st

from tocsin.model import extension

BY_SLUG = {each.slug: each for each in extension.EXTENSIONS.values()}
IDS = {  # literal on purpose: objects all over the world carry them
    "provider": "extension-definition--75876847-6734-5da7-9573-292860b1d93c",
    "actor-profile": "extension-definition--6b8d0d67-e358-55b0-9a25-a31166118f85",
    "llm-technique": "extension-definition--d8df82cb-fb3a-5140-8be1-02e452c7c652",
    "enforcement-action": "extension-definition--bb082910-7757-5180-aec2-802ad11c5091",
    "notification": "extension-definition--05291cd1-37d8-5ed0-89f8-e02d89a7512c",
    "notification-answer": "extension-definition--967abd7b-3cbf-5988-afee-adba8aff0dc9",
    "hashed-account": "extension-definition--84fc4f4a-c3f7-509d-b5d8-90fac2761322",
    "derivation": "extension-definition--28e12fde-4b45-5f1d-b31f-8ee59e8994ad",
}
each_extension = pytest.mark.parametrize("extension", BY_SLUG.values(), ids=BY_SLUG)

NAMES = sorted({name for each in extension.EXTENSIONS.values() for name in each.properties} | {"extension_type", "later", ""})
WORDS = st.sampled_from(["verdict", "hold", "uses", "property-extension", "2026-02-30T00:00:00Z", IDS["provider"], "ed25519", "x"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**70) | WORDS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
    max_leaves=5,
)


def example(slug: str, /, **changes: Any) -> dict[str, Any]:
    """The example with other values in its extension; None takes a property away."""
    value: dict[str, Any] = copy.deepcopy(dict(BY_SLUG[slug].example))
    inner = value["extensions"][IDS[slug]] | changes
    value["extensions"] = {IDS[slug]: {name: each for name, each in inner.items() if each is not None}}
    return value
