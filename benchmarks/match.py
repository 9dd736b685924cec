"""A provider's own telemetry against indicators: lines a second beside parsing the same lines and nothing else, loading, memory.

Seconds are those of the processor, since one core does all of it and waits for nothing. Runs in a process of its own, so that its memory
is its own: `python -m benchmarks.match INDICATORS SECONDS ROUNDS` prints what it measured.
"""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec
import orjson

from benchmarks.measure import Comparison, Row, in_turns, memory
from benchmarks.rows import Effort
from tocsin.model.match.field import read_fields
from tocsin.model.match.index import Index
from tocsin.model.match.index import Row as Indicator
from tocsin.model.match.line import Skipped
from tocsin.model.match.scan import Scan
from tocsin.model.match.telemetry import Reader

LINES = (100_000.0, 200_000.0)  # a second
_PAGE = 1_000  # as the exchange reads them
_BLOCK = 1 << 18  # bytes, as the command reads files
_LINES_A_SECOND = 100_000  # in a slice
_MATCHING = 1_000  # one line in so many holds a value of an indicator
_ROWS = msgspec.json.Decoder(list[Indicator])
ROOT = Path(__file__).parents[1]


def matching(effort: Effort) -> Iterator[Row]:
    """What the process of its own measured."""
    command = [sys.executable, "-m", "benchmarks.match", str(effort.indicators), str(effort.seconds), str(effort.rounds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for row in json.loads(done.stdout):
        yield Row(**row)


def _measure(size: int, *, seconds: float, rounds: int) -> Iterator[Row]:
    group = f"match of JSON lines against {size:,} indicators"
    before = memory(os.getpid(), "VmRSS")
    index, elapsed = _loaded(size)
    gc.collect()
    held = memory(os.getpid(), "VmRSS") - before
    lines = list(_telemetry(max(1_000, int(_LINES_A_SECOND * seconds)), size))
    compared = _compared(index, lines, rounds=rounds)
    rates = sorted(compared.ours)
    middle, low, high = rates[len(rates) // 2], rates[0], rates[-1]
    yield Row(group=group, name="lines", value=middle, low=low, high=high, unit="/s", floor=LINES[0], aim=LINES[1])
    low, high = compared.spread
    parsed = sorted(compared.theirs)[len(compared.theirs) // 2]
    detail = f"{middle:,.0f}/s against {parsed:,.0f}/s"
    yield Row(group=group, name="against parsing the same lines", value=compared.ratio, low=low, high=high, unit="%", detail=detail)
    rate = size / elapsed
    yield Row(group=group, name="indicators read and indexed", value=rate, low=rate, high=rate, unit="/s", detail=f"{elapsed:.1f} s")
    yield Row(group=group, name="memory of the indicators", value=held, low=held, high=held, unit="MB")


def _loaded(size: int) -> tuple[Index, float]:
    """An index of so many indicators, and the seconds that it took to fill it from pages of the store."""
    index = Index(find_key=lambda _: None, read_rule=str, own=frozenset())
    elapsed = 0.0
    for start in range(0, size, _PAGE):
        page = b"[" + b",".join(map(_indicator, range(start, min(start + _PAGE, size)))) + b"]"
        began = time.process_time()
        for row in _ROWS.decode(page):
            index.add(row)
        elapsed += time.process_time() - began
    index.close()
    assert index.count() == (size, size, {})
    return index, elapsed


def _compared(index: Index, lines: list[bytes], *, rounds: int) -> Comparison:
    content = b"".join(lines)
    blocks = [content[start : start + _BLOCK] for start in range(0, len(content), _BLOCK)]
    expected = len(lines) // _MATCHING

    def ours() -> float:
        began = time.process_time()
        scan, skipped = Scan(index=index, now=time.time_ns() // 1000), Skipped()
        for batch in Reader(read_fields([])).batches(blocks, skipped):
            scan.take(batch, "log")
        assert (scan.records, skipped.first) == (len(lines), [])
        assert expected <= scan.matched < expected + 100, scan.matched  # a random address may be that of an indicator
        return len(lines) / (time.process_time() - began)

    def theirs() -> float:
        began = time.process_time()
        for line in lines:
            orjson.loads(line)
        return len(lines) / (time.process_time() - began)

    return in_turns(ours, theirs, rounds=rounds)


def _value(number: int) -> tuple[str, str]:
    """What the indicator of that number looks for: four in ten a domain, two each an address and a URL, one each a hash and an e-mail."""
    bits = Random(number).getrandbits(64)
    match number % 10:
        case 0 | 1 | 2 | 3:
            return "domain-name:value", f"n{bits:x}.example.org"
        case 4 | 5:
            return "ipv4-addr:value", ".".join(map(str, (bits & 0xFFFFFFFF).to_bytes(4, "big")))
        case 6 | 7:
            return "url:value", f"https://n{bits:x}.example.org/{number:x}"
        case 8:
            return "file:hashes.'SHA-256'", f"{bits:064x}"
    return "email-addr:value", f"n{bits:x}@example.org"


def _indicator(number: int) -> bytes:
    path, value = _value(number)
    instant = f"2026-01-{1 + number % 28:02}T{number // 28 % 24:02}:{number // 672 % 60:02}:00.{number % 1000:03}Z"
    body = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{UUID(int=Random(number).getrandbits(128), version=4)}",
        "created_by_ref": "identity--5b1c6f0e-7f0c-4d0b-9f57-1d7b8f6a2c11",
        "created": instant,
        "modified": instant,
        "name": f"Indicator {number}",
        "description": "Seen in a campaign that wrote its lures with a language model. " * 3,
        "indicator_types": ["malicious-activity"],
        "pattern": f"[{path} = '{value}']",
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": instant,
        "object_marking_refs": ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
    }
    return orjson.dumps(body)


def _telemetry(count: int, size: int) -> Iterator[bytes]:
    """Lines of an API's log: twelve fields, of which six are looked at; addresses, hosts and URLs are nearly all different."""
    random = Random(0)
    for number in range(count):
        host = f"h{random.getrandbits(28):x}.example.org"
        if number % _MATCHING == 0:
            host = _value(random.randrange(size // 10) * 10)[1]
        user = random.randrange(50_000)
        record = {
            "timestamp": f"2026-05-01T10:{number // 60 % 60:02}:{number % 60:02}.123Z",
            "request_id": f"{random.getrandbits(128):032x}",
            "client_ip": ".".join(map(str, random.getrandbits(32).to_bytes(4, "big"))),
            "user": f"user{user:06}",
            "email": f"user{user:06}@mail{user % 50}.example.net",
            "model": "large-2",
            "host": host,
            "url": f"https://h{random.getrandbits(28):x}.example.org/v1/{random.getrandbits(32):x}?page=1",
            "status": 200,
            "tokens": random.randrange(5_000),
            "latency_ms": random.random() * 1_000,
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        }
        yield json.dumps(record, separators=(",", ":")).encode() + b"\n"


if __name__ == "__main__":
    size, seconds, rounds = sys.argv[1:]
    print(json.dumps([asdict(row) for row in _measure(int(size), seconds=float(seconds), rounds=int(rounds))]))
