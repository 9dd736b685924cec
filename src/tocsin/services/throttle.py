"""How often a caller may ask (ADR 0009): a member, whichever process it asks; the public, by address and in each process.

Far below its limit a member costs no statement. Above a twentieth of it, a process takes slices of a bucket that all processes share in
the store. Where the store cannot be written to soon, each process holds the limit for itself: no reader waits long for a writer.
"""

import threading
import time
from dataclasses import dataclass, field

from tocsin.errors import StoreError, TooManyRequestsError
from tocsin.model.bucket import BURST_SECONDS, Bucket
from tocsin.model.member import Caller
from tocsin.store import throttle as store
from tocsin.store.database import Database

PAUSE = 0.1  # seconds until the next look at the store when it had little to give
ALONE = 1.0  # the same when it could not be written to
_FREE_SHARE = 20  # a process lets this part of the limit pass without asking the others
_REMEMBERED_AT_MOST = 10_000
_WAITING_AT_MOST = 64  # each holds a thread of the server
_STEP = 0.02  # seconds between two looks of one that waits


@dataclass(slots=True)
class _Purse:
    """What this process may let pass for one member."""

    free: Bucket
    alone: Bucket
    left: int = 0  # of the last slice
    ask_again: float = 0.0
    is_alone: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True, kw_only=True)
class ThrottleService:
    """The pace of all callers, in one process."""

    database: Database
    per_second: int  # of a member, over all processes; 0: no limit
    anonymous_per_second: int  # of an address; 0: no limit
    patience: float = 0.0  # seconds that a request waits for its turn before it is refused; one request of a caller at a time
    _waiting: set[int | str] = field(default_factory=set, init=False)  # members by number, the public by address
    _purses: dict[int, _Purse] = field(default_factory=dict, init=False)
    _public: dict[str, Bucket] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def require_pace(self, caller: Caller, *, address: str) -> None:
        """The caller asks no more often than it may; who asks one thing after the other is slowed down to that, and not refused.

        Raises:
            TooManyRequestsError: it does, and several at once.
        """
        rate = self.anonymous_per_second if caller.is_anonymous else self.per_second
        if rate and not self._may(caller, address) and not self._waits(caller, address):
            hint = f"wait a second; {rate} requests a second are answered"
            raise TooManyRequestsError("too many requests", hint=hint, retry_after_seconds=1)

    def _may(self, caller: Caller, address: str) -> bool:
        return self._may_public(address) if caller.is_anonymous else self._may_member(caller.number)

    def _waits(self, caller: Caller, address: str) -> bool:
        """Its turn came while it waited. Many clients end at their first 429; those that page on their own do not get one."""
        who = address if caller.is_anonymous else caller.number
        with self._lock:
            if not self.patience or who in self._waiting or len(self._waiting) >= _WAITING_AT_MOST:
                return False
            self._waiting.add(who)
        try:
            until = time.monotonic() + self.patience
            while time.monotonic() < until:
                time.sleep(_STEP)
                if self._may(caller, address):
                    return True
            return False
        finally:
            with self._lock:
                self._waiting.discard(who)

    def _may_public(self, address: str) -> bool:
        rate = self.anonymous_per_second
        with self._lock:
            bucket = self._public.get(address)
            if bucket is None:
                if len(self._public) >= _REMEMBERED_AT_MOST:
                    self._public.clear()
                bucket = self._public[address] = Bucket.of(rate, burst=BURST_SECONDS * rate)
            return bucket.take(time.monotonic())

    def _may_member(self, number: int) -> bool:
        purse = self._purses.get(number) or self._purses.setdefault(number, self._new_purse())
        with purse.lock:
            now = time.monotonic()
            if purse.free.take(now):
                return True
            if not purse.left and now >= purse.ask_again:
                self._refill(purse, number, now=now)
            if purse.left:
                purse.left -= 1
                return True
            return purse.is_alone and purse.alone.take(now)

    def _refill(self, purse: _Purse, number: int, *, now: float) -> None:
        try:
            with self.database.write(is_patient=False) as connection:
                purse.left = store.take_slice(connection, number, rate=self.per_second, clock=self.database.now())
            purse.is_alone = False
        except StoreError:
            purse.is_alone, purse.ask_again = True, now + ALONE
            return
        if purse.left < max(self.per_second // 10, 1):
            purse.ask_again = now + PAUSE

    def _new_purse(self) -> _Purse:
        rate = self.per_second
        free = Bucket.of(rate / _FREE_SHARE, burst=max(rate // 5, 1))
        return _Purse(free=free, alone=Bucket.of(rate, burst=BURST_SECONDS * rate))
