"""The status of a POST is stored with it, tells the truth, and is for its poster alone (TAXII 2.1 §4.3)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faces.conftest import MEMBERS, NOBODY, House, body_of
from tests.support.objects import INSTANT, indicator


def test_a_status_is_read_again_as_it_was_given(house: House) -> None:
    """The same bytes, from the process that took the POST and from any other, after a restart too."""
    peer = house.visitor("acme-peer")
    status = peer.put(indicator(1), indicator(2, valid_from="x"), indicator(1))
    for visitor in (peer, house.reopened().visitor("acme-peer")):
        answer = visitor.get(f"/api/status/{status['id']}/")
        assert (answer.status_code, body_of(answer)) == (200, status)


def test_a_status_is_for_its_poster_alone(house: House) -> None:
    """For everybody else it does not exist: other roles, the same organisation, the public."""
    status = house.visitor("acme-peer").put(indicator(1))
    for caller in {"admin", NOBODY, *MEMBERS} - {"acme-peer"}:
        assert house.visitor(caller).get(f"/api/status/{status['id']}/").status_code == 404, caller


def test_who_may_not_read_the_collection_still_reads_its_status(house: House) -> None:
    """A status tells a poster only of what it sent."""
    status = house.visitor("acme-peer").put(indicator(1), to="drop")
    assert body_of(house.visitor("acme-peer").get(f"/api/status/{status['id']}/")) == status


def test_a_status_of_a_member_is_found_with_each_of_its_logins(house: House) -> None:
    """It is bound to the member, not to the token."""
    status = house.visitor("admin").put(indicator(1))
    answer = house.visitor().get(f"/api/status/{status['id']}/", auth=("admin", house.admin_password))
    assert body_of(answer) == status


FATES = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["good", "other content", "no valid_from"])), min_size=1, max_size=12)


@settings(max_examples=40)
@given(sent=FATES)
def test_counts_and_lists_are_true(shared_house: House, sent: list[tuple[int, str]]) -> None:
    """Each object of the envelope is counted once; what is among the successes is in the collection, what failed is not."""
    peer = shared_house.visitor("beta-peer")
    objects = [indicator(number) | ({} if how == "good" else {"name": f"{number} {how}"}) for number, how in sent]
    for one, (_number, how) in zip(objects, sent, strict=True):
        if how == "no valid_from":
            del one["valid_from"]
    status = peer.put(*objects, to="amber")
    successes, failures = status.get("successes", []), status.get("failures", [])
    assert (status["success_count"], status["failure_count"]) == (len(successes), len(failures))
    assert status["total_count"] == len(objects) == len(successes) + len(failures)
    assert sorted(one["id"] for one in successes + failures) == sorted(one["id"] for one in objects)
    assert {one["version"] for one in successes + failures} == {INSTANT}
    stored = {entry["id"] for entry in peer.manifest("amber")}
    assert {one["id"] for one in successes} <= stored
    assert len(failures) >= sum(how == "no valid_from" for _number, how in sent)
