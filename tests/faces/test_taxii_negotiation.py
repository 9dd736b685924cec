"""What clients write in Accept and Content-Type, and what they get (TAXII 2.1 §1.6.8, RFC 9110 §12.5.1)."""

import pytest

from tests.faces.conftest import MEDIA_TYPE, House, body_of, objects_of
from tests.support.objects import envelope, indicator

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ACCEPTED = [
    "application/taxii+json;version=2.1",
    "application/taxii+json; version=2.1",
    "application/taxii+json ;  version=2.1",
    'application/taxii+json;version="2.1"',
    'application/taxii+json; Version="2.1"',
    "Application/TAXII+JSON;VERSION=2.1",
    "application/taxii+json",
    "application/taxii+json;charset=utf-8",
    "application/taxii+json;version=2.1;charset=utf-8",
    "application/taxii+json;version=2.1;q=0.1",
    "application/*",
    "*/*",
    "*/*;q=0.1",
    None,
    "",
    " ",
    BROWSER,
    "text/html, application/taxii+json",
    "application/taxii+json;version=2.0, application/taxii+json;version=2.1",
    "application/taxii+json;version=2.1, application/taxii+json;version=2.0",
    "application/taxii+json;version=2.0;q=1, application/taxii+json;version=2.1;q=0.5",
    "application/vnd.oasis.taxii+json;version=2.0, application/taxii+json;version=2.1",
    "application/taxii+json;version=2.0, */*;q=0.2",
    "text/html;q=0, */*",
    "*/*;q=0, application/taxii+json;q=0.3",
    "application/taxii+json;q=0, application/taxii+json;version=2.1",
]
REFUSED = [
    "text/html",
    "text/*",
    "application/json",
    "application/xml",
    "application/stix+json;version=2.1",
    "application/taxii+json;version=2.0",
    "application/taxii+json;version=3.0",
    "application/taxii+json;version=2.10",
    "application/vnd.oasis.taxii+json;version=2.0",
    "application/taxii+json;q=0",
    "application/taxii+json;version=2.1;q=0",
    "application/taxii+json;version=2.1;q=0, */*",
    "application/taxii+json;q=0, */*",
    "*/*;q=0",
    "application/*;q=0, */*",
    "nonsense",
    "*",
    "application/taxii",
    "application/taxii+jsonx",
]
TAKEN = [
    "application/taxii+json;version=2.1",
    "application/taxii+json; version=2.1",
    'application/taxii+json;version="2.1"',
    "APPLICATION/taxii+json;Version=2.1",
    "application/taxii+json",
    "application/taxii+json; charset=utf-8",
    "application/taxii+json;version=2.1;charset=UTF-8",
]
NOT_TAKEN = [
    "",
    "application/json",
    "application/stix+json;version=2.1",
    "application/taxii+json;version=2.0",
    "application/vnd.oasis.taxii+json;version=2.0",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/taxii+jsonx",
    "nonsense",
    "*/*",
]


def accept(value: str | None) -> dict[str, str]:
    """The header, or none."""
    return {} if value is None else {"Accept": value}


@pytest.mark.parametrize("value", ACCEPTED)
def test_what_takes_taxii_2_1_in_any_spelling_gets_it(shared_house: House, value: str | None) -> None:
    """And always in the one spelling of the standard."""
    answer = shared_house.visitor("acme-peer").get(objects_of("shared"), headers=accept(value))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, MEDIA_TYPE)


@pytest.mark.parametrize("value", REFUSED)
@pytest.mark.parametrize("path", ["/taxii2/", "/api/", "/api/collections/", objects_of("shared")])
def test_what_takes_only_something_else_gets_406(shared_house: House, path: str, value: str) -> None:
    """In an error body of the TAXII media type all the same: there is no other."""
    answer = shared_house.visitor("acme-peer").get(path, headers=accept(value))
    assert (answer.status_code, answer.headers["Content-Type"], body_of(answer)["http_status"]) == (406, MEDIA_TYPE, "406")


@pytest.mark.parametrize("value", TAKEN)
def test_a_body_said_to_be_taxii_2_1_in_any_spelling_is_taken(shared_house: House, value: str) -> None:
    """Version, spaces, quotes, case and charset as clients write them."""
    assert shared_house.visitor("acme-peer").post(envelope(indicator(1)), content_type=value).status_code == 202


@pytest.mark.parametrize("value", NOT_TAKEN)
def test_a_body_said_to_be_something_else_gets_415_and_changes_nothing(shared_house: House, value: str) -> None:
    """Whatever the body is in truth."""
    peer = shared_house.visitor("acme-peer")
    answer = peer.post(envelope(indicator(99)), content_type=value)
    assert (answer.status_code, body_of(answer)["http_status"]) == (415, "415")
    assert indicator(99)["id"] not in [entry["id"] for entry in peer.manifest()]


@pytest.mark.parametrize("value", [*NOT_TAKEN, MEDIA_TYPE])
def test_the_content_type_of_a_request_without_a_body_is_ignored(shared_house: House, value: str) -> None:
    """Some clients send one with every GET, and DELETE has no body either."""
    peer = shared_house.visitor("acme-peer")
    assert peer.get(objects_of("shared"), headers={"Content-Type": value}).status_code == 200
    peer.put(indicator(50))
    assert peer.ask("DELETE", f"{objects_of('shared')}{indicator(50)['id']}/", headers={"Content-Type": value}).status_code == 200


def test_caches_are_told_what_the_answer_depends_on(shared_house: House) -> None:
    """Every header that changes an answer stands in Vary, on resources and errors."""
    for path in ("/taxii2/", "/api/collections/", "/api/nothing/"):
        assert set(shared_house.visitor().get(path).headers["Vary"].split(", ")) == {"Accept", "Authorization", "X-API-Key"}
