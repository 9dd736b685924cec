"""One writer as a process of its own: `python -m tests.contracts.writer URL ALIAS NUMBER SECONDS`, told to go by a line on stdin.

It posts envelopes of every size as fast as it can: objects of its own, and objects that the other writers post too.
"""

import random
import sys
import time

from tests.support import objects as stix
from tocsin.errors import BusyError
from tocsin.services.member import MemberService
from tocsin.services.object import ObjectService
from tocsin.store.collection import list_collections
from tocsin.store.database import Database


def write(url: str, alias: str, *, number: int, seconds: float) -> int:
    """How many envelopes were acknowledged."""
    database, dice = Database(url), random.Random(number)
    with database.read() as connection:
        shelf = next(one for one in list_collections(connection) if one.alias == alias)
    objects = ObjectService(database=database, cursor_key=b"")
    caller = MemberService(database=database).find("ann")
    own, acknowledged = 0, 0
    sys.stdin.readline()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        bodies = []
        for _ in range(dice.choice((1, 1, 1, 2, 5, 40))):
            own += 1
            shared = stix.attack_pattern(dice.randrange(20), modified=f"2026-01-01T00:00:00.{dice.randrange(1_000):03}Z")
            bodies.append(dice.choice((stix.indicator(number * 1_000_000 + own), stix.domain_name(number * 1_000_000 + own), shared)))
        try:
            objects.add(caller, shelf, stix.text(*bodies), now=time.time_ns() // 1000)
        except BusyError:  # an answer that a client may get; nothing was stored
            continue
        acknowledged += 1
        time.sleep(dice.choice((0, 0, 0.002)))
    database.close()
    return acknowledged


if __name__ == "__main__":
    print(write(sys.argv[1], sys.argv[2], number=int(sys.argv[3]), seconds=float(sys.argv[4])))
