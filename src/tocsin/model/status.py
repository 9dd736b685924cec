"""What became of the objects of one POST, object by object (TAXII 2.1 §4.3)."""

from dataclasses import dataclass

from tocsin.model.stamp import text_of, version_text

KEPT_FOR = 7 * 86_400 * 1_000_000  # microseconds that a status can be asked for; the standard wants 24 hours
ALREADY_HERE = "this content was here already"
TRY_AGAIN = " (try again later)"  # ends the message of a failure that may pass; other exchanges of our kind know it
MESSAGE_LIMIT = 1_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectResult:
    """The fate of one object."""

    id: str
    version: str  # normalised
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A finished POST: nothing is ever pending, objects are judged and stored before the answer goes out."""

    id: str  # UUIDv4
    requested: int  # stamp
    successes: tuple[ObjectResult, ...]
    failures: tuple[ObjectResult, ...]

    def resource(self) -> dict[str, object]:
        """The TAXII status resource; lists that would be empty are left out."""
        resource: dict[str, object] = {
            "id": self.id,
            "status": "complete",
            "request_timestamp": text_of(self.requested),
            "total_count": len(self.successes) + len(self.failures),
            "success_count": len(self.successes),
            "failure_count": len(self.failures),
            "pending_count": 0,
        }
        for name, results in (("successes", self.successes), ("failures", self.failures)):
            if results:
                resource[name] = [_detail(result) for result in results]
        return resource


def _detail(result: ObjectResult) -> dict[str, str]:
    detail = {"id": result.id, "version": version_text(result.version)}
    if result.message:
        detail["message"] = result.message[:MESSAGE_LIMIT]
    return detail
