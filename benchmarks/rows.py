"""What is measured, a function a group of rows. The goals are the promises of the design: (floor, aim)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from benchmarks import data
from benchmarks.client import Target, get, post_all, rate
from benchmarks.measure import Comparison, Row, forget_peak, in_turns, memory
from benchmarks.servers import Bare, Filled

PAGE, POLL, COST, INGEST, MEMORY = (0.20, 0.35), (0.40, 0.60), (1.25, 1.05), (12_000.0, 25_000.0), (150.0, 110.0)
BODIES = (150.0 + 2 * 40.0, 110.0 + 2 * 40.0)  # two bodies at once, four times the 10 MB of `max_content_length` each
_BIG_BODY = 9_500_000  # bytes
_FULL_PAGES = 5_000  # objects from which on every query here fills its page


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long and how hard."""

    seconds: float = 1.0  # of a slice
    rounds: int = 7
    connections: int = 2
    envelopes: int = 15  # of a slice of ingest
    indicators: int = 1_000_000  # that telemetry is matched against
    notifications: int = 100  # that are sent
    first_new: int = 100_000_000  # number of the first object that no exchange holds yet


def pages(filled: Filled, bare: Bare, effort: Effort) -> Iterator[Row]:
    """A page of 1,000 from the log, against the same bytes from the bare application."""
    queries = {
        "from the start": "limit=1000",
        "added_after, from the middle": f"limit=1000&added_after={filled.middle}",
        "one type": "limit=1000&match[type]=indicator",
    }
    for name, query in queries.items():
        target = filled.target(query)
        answer = get(target)
        assert len(json.loads(answer)["objects"]) == 1000 or filled.size < _FULL_PAGES
        compared = _compare(target, bare.target(target, answer=answer), effort)
        yield _ratio(f"page of 1,000 among {filled.size:,}", name, compared=compared, goal=PAGE)


def poll(filled: Filled, bare: Bare, effort: Effort) -> Iterator[Row]:
    """A poll that finds nothing new, against the same few bytes from the bare application."""
    target = filled.target(f"added_after={filled.end}")
    answer = get(target)
    assert json.loads(answer) == {"more": False}, answer
    compared = _compare(target, bare.target(target, answer=answer), effort)
    yield _ratio("poll", f"nothing new among {filled.size:,}", compared=compared, goal=POLL)
    least = replace(target, path="/healthz")
    compared = _compare(least, bare.target(least, answer=get(least)), effort)
    yield _ratio("poll", "for comparison: /healthz, which reads nothing", compared=compared, goal=None)


def cost(small: Filled, large: Filled, effort: Effort) -> Iterator[Row]:
    """The time of a page in the large collection against the small one."""
    queries: dict[str, Callable[[Filled], str]] = {
        "no filter": lambda _: "limit=1000",
        "added_after": lambda filled: f"limit=1000&added_after={filled.middle}",
        "id": lambda filled: f"match[id]={data.id_of(filled.size // 3)}",
        "type": lambda _: "limit=1000&match[type]=indicator",
        "three types": lambda _: "limit=1000&match[type]=indicator,relationship,sighting",
    }
    for name, query in queries.items():
        ours, theirs = (filled.target(query(filled)) for filled in (large, small))
        sizes = [len(json.loads(get(target))["objects"]) for target in (ours, theirs)]
        assert sizes[0] == sizes[1] or small.size < _FULL_PAGES, (name, sizes)
        compared = _compare(ours, theirs, effort)
        flipped = Comparison(ours=compared.theirs, theirs=compared.ours)  # rates to times
        yield Row(
            group=f"time of a page among {large.size:,} against {small.size:,}",
            name=name,
            value=flipped.ratio,
            low=flipped.spread[0],
            high=flipped.spread[1],
            unit="x",
            floor=COST[0],
            aim=COST[1],
            detail=_rates(compared),
        )


def ingest(filled: Filled, bare: Bare, effort: Effort) -> Iterator[Row]:
    """Envelopes of 1,000 new objects, judged and durable; the bare application reads the same bodies and answers 202."""
    supply = data.envelopes(effort.first_new, 1_000_000_000)
    bodies: list[bytes] = []

    def ours() -> float:
        bodies[:] = [next(supply) for _ in range(effort.envelopes)]
        elapsed, answers = post_all(filled.target(), bodies, connections=effort.connections)
        statuses = [json.loads(answer) for answer in answers]
        assert all((status["success_count"], status["failure_count"]) == (data.PER_ENVELOPE, 0) for status in statuses)
        return len(statuses) * data.PER_ENVELOPE / elapsed

    def theirs() -> float:
        body = bodies or [next(data.envelopes(0, data.PER_ENVELOPE))]
        elapsed, answers = post_all(Target(port=bare.port, path="/", login=filled.exchange.admin), body, connections=effort.connections)
        return len(answers) * data.PER_ENVELOPE / elapsed

    compared = in_turns(ours, theirs, rounds=effort.rounds)
    group = f"ingest, envelopes of 1,000 into {filled.size:,}"
    rates = sorted(compared.ours)
    middle = rates[len(rates) // 2]
    yield Row(group=group, name="judged and durable", value=middle, low=rates[0], high=rates[-1], unit="/s", floor=INGEST[0], aim=INGEST[1])
    yield _ratio(group, "against reading the same bodies", compared=compared, goal=None)


def idle_memory(filled: Filled, _effort: Effort) -> Iterator[Row]:
    """The worker after one small request."""
    get(filled.target("limit=1"))
    yield _memory("idle", memory(filled.worker, "VmRSS"), goal=MEMORY)


def reading_memory(filled: Filled, effort: Effort) -> Iterator[Row]:
    """The most that the worker holds while it serves pages to eight readers."""
    forget_peak(filled.worker)
    rate(filled.target("limit=1000"), seconds=effort.seconds, connections=8)
    yield _memory("reading", memory(filled.worker, "VmHWM"), goal=MEMORY)


def body_memory(filled: Filled, effort: Effort) -> Iterator[Row]:
    """The most that it holds while four senders each bring a body of almost 10 MB."""
    count = min(_BIG_BODY // 850, effort.envelopes * 1_000)
    first = effort.first_new + 500_000_000
    bodies = [b'{"objects":[' + b",".join(data.objects(first + number * count, count)) + b"]}" for number in range(4)]
    assert max(map(len, bodies)) < 10_000_000
    forget_peak(filled.worker)
    post_all(filled.target(), bodies, connections=4)
    yield _memory("taking bodies of 10 MB", memory(filled.worker, "VmHWM"), goal=BODIES)


def _compare(ours: Target, theirs: Target, effort: Effort) -> Comparison:
    measure = partial(rate, seconds=effort.seconds, connections=effort.connections)
    return in_turns(partial(measure, ours), partial(measure, theirs), rounds=effort.rounds)


def _ratio(group: str, name: str, *, compared: Comparison, goal: tuple[float, float] | None) -> Row:
    floor, aim = goal or (None, None)
    low, high = compared.spread
    return Row(group=group, name=name, value=compared.ratio, low=low, high=high, unit="%", floor=floor, aim=aim, detail=_rates(compared))


def _rates(compared: Comparison) -> str:
    ours, theirs = (sorted(rates)[len(rates) // 2] for rates in (compared.ours, compared.theirs))
    return f"{ours:,.0f}/s against {theirs:,.0f}/s"


def _memory(name: str, megabytes: float, *, goal: tuple[float, float]) -> Row:
    return Row(
        group="memory of the server process",
        name=name,
        value=megabytes,
        low=megabytes,
        high=megabytes,
        unit="MB",
        floor=goal[0],
        aim=goal[1],
    )
