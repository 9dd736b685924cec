"""`make bench`: measures the promises of speed and memory and prints them (docs/performance.md)."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import match, notification, report, rows, sync
from benchmarks.measure import Row
from benchmarks.rows import Effort
from benchmarks.servers import bare_server, filled

SHORT = Effort(seconds=0.05, rounds=1, envelopes=1, indicators=1_000, notifications=2)
SHORT_SIZES = (1_000, 2_000)


def measure(sizes: tuple[int, ...], effort: Effort, *, database: str) -> Iterator[Row]:
    """Every row, as it is known; memory first, while the process has done nothing else."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-bench-")))
        bare = stack.enter_context(bare_server(folder / "bare"))
        exchanges = [stack.enter_context(filled(folder / str(size), size, database=database)) for size in sorted(sizes)]
        small, large = exchanges[0], exchanges[-1]
        yield from rows.idle_memory(large, effort)
        yield from rows.reading_memory(large, effort)
        for exchange in exchanges:
            yield from rows.pages(exchange, bare, effort)
        yield from rows.poll(large, bare, effort)
        for exchange in exchanges[1:]:
            yield from rows.cost(small, exchange, effort)
        yield from rows.ingest(large, bare, effort)
        yield from rows.body_memory(large, effort)
        yield from sync.pulling(small, folder, effort)
        yield from sync.watching(small, folder, effort)
        yield from notification.notifying(folder, effort)
    yield from match.matching(effort)


def main() -> None:
    """Prints the table on stdout, and each row on stderr as it is known."""
    options = _options()
    effort = SHORT if options.short else Effort(seconds=options.seconds, rounds=options.rounds, connections=options.connections)
    found = []
    for row in measure(options.sizes or (SHORT_SIZES if options.short else (10_000, 100_000)), effort, database=options.database):
        found.append(row)
        print(report.as_text([row], database=options.database).splitlines()[-1], file=sys.stderr, flush=True)
    if options.json:
        options.json.write_text(report.as_json(found, database=options.database))
    found.sort(key=lambda row: row.group.startswith("memory"))  # ratios first
    print((report.as_markdown if options.markdown else report.as_text)(found, database=options.database), end="")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=lambda text: tuple(map(int, text.split(","))), help="objects in the collections: 10000,100000")
    parser.add_argument("--seconds", type=float, default=Effort().seconds, help="length of a slice")
    parser.add_argument("--rounds", type=int, default=Effort().rounds, help="slices of each of the two that are compared")
    parser.add_argument("--connections", type=int, default=Effort().connections, help="requests under way at once")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes; figures that mean nothing")
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/performance.md")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything to this file as well")
    return parser.parse_args()


if __name__ == "__main__":
    main()
