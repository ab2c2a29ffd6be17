"""The valley method of fastai's learning-rate finder, copied: what ours is compared with."""

from collections.abc import Sequence


def fastai_valley(rates: Sequence[float], losses: Sequence[float]) -> float:
    """fastai 2.8, `callback/schedule.py`, with the points that `lr_find` gives it: without the first tenth and the
    last five. The losses are smoothed."""
    rates, losses = rates[len(rates) // 10 : -5], losses[len(losses) // 10 : -5]
    lengths, start, end = [1] * len(losses), 0, 0
    for i in range(1, len(losses)):
        for j in range(i):
            if losses[i] < losses[j] and lengths[i] < lengths[j] + 1:
                lengths[i] = lengths[j] + 1
            if lengths[end] < lengths[i]:
                end = i
                start = end - lengths[end]
    sections = (end - start) / 3
    return rates[start + int(sections) + int(sections / 2)]
