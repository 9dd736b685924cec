"""A process that posts new indicators in envelopes of random sizes: python -m tests.support.writer URL NAME PASSWORD FIRST COUNT"""

import random
import sys
import time

from tests.support.objects import envelope, indicator
from tests.support.traffic import post


def write(url: str, login: tuple[str, str], *, first: int, count: int) -> None:
    """Posts the indicators of `count` numbers, each once; ends with an error when one is not taken."""
    rest = list(range(first, first + count))
    while rest:
        size = random.randint(1, 12)
        part, rest = rest[:size], rest[size:]
        answer = post(url, envelope(*(indicator(number) for number in part)), login=login)
        assert answer.status_code == 202, answer.text
        assert answer.json()["success_count"] == len(part), answer.text
        time.sleep(random.random() / 50)


if __name__ == "__main__":
    write(sys.argv[1], (sys.argv[2], sys.argv[3]), first=int(sys.argv[4]), count=int(sys.argv[5]))
