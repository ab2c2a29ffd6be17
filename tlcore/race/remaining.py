"""How long a race goes on, estimated from what is done of it."""

import time
from collections.abc import Callable

_FEATURES, _HEADS = 0.9, 0.05
"""Shares of the time of a candidate that its features and its heads usually take."""
_ENOUGH = 0.05
"""Share of a candidate that has to be done before its pace says anything."""


def share_done(phase: str, done: int, total: int) -> float:
    """The share of a candidate that is done, in 0-1, in a phase of a race."""
    here = min(done / total, 1.0) if total else 0.0
    shares = {"features": _FEATURES * here, "train": _FEATURES + _HEADS * here, "speed": _FEATURES + _HEADS}
    return shares.get(phase, 0.0)


class Pace:
    """The time that candidates took so far. Those to come are taken to need as long on average."""

    def __init__(self, candidates: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._candidates = candidates
        self._clock = clock
        self._began_s = clock()
        self._number = 1
        self._took_s: list[float] = []

    def remaining_s(self, number: int, share: float) -> float | None:
        """Seconds until the race ends, when this share of the candidate with this number, from 1, is done.

        None before the first of them has come far enough to tell.
        """
        now_s = self._clock()
        if number != self._number:
            self._took_s.append(now_s - self._began_s)
            self._began_s, self._number = now_s, number
        here_s = now_s - self._began_s
        took_s = self._took_s
        if share >= _ENOUGH:
            took_s = [*took_s, here_s / share]
        if not took_s:
            return None
        usual_s = sum(took_s) / len(took_s)
        this_s = took_s[-1] if share >= _ENOUGH else usual_s
        return max(this_s - here_s, 0.0) + (self._candidates - number) * usual_s
