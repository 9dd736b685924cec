"""The two gates (ADR 0007): `admit` on every write, `visible` on every read. No third place decides, and both are closed by default.

Asked first by every other service. Pure: what they need to know is given to them.
"""

from tocsin.errors import ForbiddenError, NotFoundError
from tocsin.model import admission
from tocsin.model.collection import Collection
from tocsin.model.member import Caller, Role
from tocsin.model.predicate import Predicate
from tocsin.model.stix import Refusal, StixObject
from tocsin.model.verdict import Accepted, Duplicate, Known, Verdict


def admit(caller: Caller, collection: Collection, item: StixObject, known: Known) -> Verdict:
    """What becomes of an object that `caller` puts into `collection`, where `known` is there of its id."""
    if not collection.may_write(caller):
        return _refusal(item, "$", reason=f"you may not write to {collection.alias}", hint="ask the operator for the right to")
    if admission.is_built_in(item.id):
        return Duplicate()
    if item.level is not None and item.level > collection.max_tlp:
        reason = (
            f"it is marked TLP:{item.level.label.upper()}, and {collection.alias} holds nothing above {collection.max_tlp.label.upper()}"
        )
        return _refusal(item, "$.object_marking_refs", reason=reason, hint="send it to a stricter collection")
    if item.version is None:
        return Duplicate() if item.content_hash in known.contents else Accepted()
    there = known.versions.get(item.version)
    if there is None:
        return Accepted()
    if there == item.content_hash:
        return Duplicate()
    reason = "another content is already stored under this id and version"
    return _refusal(item, "$.modified", reason=reason, hint="send the change with a later `modified`")


def visible(caller: Caller, collection: Collection) -> Predicate:
    """Which of the collection's entries `caller` may see."""
    return Predicate(collection=collection.number, is_readable=collection.may_read(caller))


def require_known(caller: Caller, collection: Collection | None) -> Collection:
    """The collection, if the caller may read or write it; to all others it does not exist.

    Raises:
        NotFoundError: the same for a collection that is hidden and for one that is not there.
    """
    if collection is None or not (collection.may_read(caller) or collection.may_write(caller)):
        raise NotFoundError("there is no such collection", hint="the collections that you may use are listed under collections/")
    return collection


def require_reader(caller: Caller, collection: Collection) -> None:
    """The caller may read the collection.

    Raises:
        ForbiddenError: it may only write.
    """
    if not collection.may_read(caller):
        raise ForbiddenError(f"you may not read {collection.alias}", hint="ask the operator for the right to")


def require_writer(caller: Caller, collection: Collection) -> None:
    """The caller may write to the collection.

    Raises:
        ForbiddenError: it may only read.
    """
    if not collection.may_write(caller):
        raise ForbiddenError(f"you may not write to {collection.alias}", hint="ask the operator for the right to")


def may_delete(caller: Caller, posted_by: int) -> bool:
    """A version goes by the word of the member that posted it, or of an administrator."""
    return caller.role is Role.ADMINISTRATOR or caller.number == posted_by


def _refusal(item: StixObject, path: str, *, reason: str, hint: str) -> Refusal:
    return Refusal(id=item.id, version=item.version, path=path, reason=reason, hint=hint)
