"""Requests share batches: threads prepare images, and one thread answers those that are ready, together.

The two steps are functions, so nothing here knows of images or networks.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Prepared = TypeVar("Prepared")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Waiting(Generic[Prepared, Answer]):
    prepared: Prepared
    answer: "Future[Answer]"


class Pipeline(Generic[Item, Prepared, Answer]):
    """`submit` gives the future answer to an item. An error of `prepare` is that of its item; one of `answer`, of all
    items of its batch."""

    def __init__(
        self,
        prepare: Callable[[Item], Prepared],
        answer: Callable[[Sequence[Prepared]], Sequence[Answer]],
        *,
        threads: int,
        batch: int,
        wait_s: float,
        begin: Callable[[], object] = lambda: None,
    ) -> None:
        """A batch has at most `batch` items. It waits for at most `wait_s` seconds, and only while other items are
        being prepared: alone, an item does not wait.

        `begin` is called once in the thread that answers, before the first batch.
        """
        self._prepare, self._answer, self._begin = prepare, answer, begin
        self._batch, self._wait_s = batch, wait_s
        self._waiting: deque[_Waiting[Prepared, Answer]] = deque()
        self._preparing = 0
        self._changed = threading.Condition()
        self._closed = False
        self._begun: Future[None] = Future()
        self._threads = ThreadPoolExecutor(threads, "prepare")
        self._answering = threading.Thread(target=self._work, name="answer", daemon=True)
        self._answering.start()

    def submit(self, item: Item) -> "Future[Answer]":
        """The answer to come. Raises RuntimeError after `close`."""
        answer: Future[Answer] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("The pipeline is closed.")
            self._preparing += 1
        self._threads.submit(self._put, item, answer)
        return answer

    @property
    def ready(self) -> bool:
        """Whether `begin` has ended well."""
        return self._begun.done() and self._begun.exception() is None

    @property
    def begun(self) -> "Future[None]":
        """Done when `begin` has ended; with its error, if there was one."""
        return self._begun

    @property
    def pending(self) -> int:
        """Items without an answer that are in no batch yet."""
        return self._preparing + len(self._waiting)

    def close(self) -> None:
        """Answer all that was submitted, and end the threads."""
        with self._changed:
            self._closed = True
        self._threads.shutdown()
        with self._changed:
            self._changed.notify_all()
        self._answering.join()

    def _put(self, item: Item, answer: "Future[Answer]") -> None:
        prepared: Prepared | None = None
        failure: BaseException | None = None
        try:
            prepared = self._prepare(item)
        except BaseException as error:
            failure = error
        with self._changed:
            self._preparing -= 1
            if failure is None:
                self._waiting.append(_Waiting(prepared, answer))  # type: ignore[arg-type]
            self._changed.notify_all()
        if failure is not None:
            answer.set_exception(failure)

    def _work(self) -> None:
        try:
            self._begin()
        except BaseException as error:
            self._begun.set_exception(error)
        else:
            self._begun.set_result(None)
        while batch := self._next():
            try:
                answers = self._answer([one.prepared for one in batch])
                for one, answer in zip(batch, answers, strict=True):
                    one.answer.set_result(answer)
            except BaseException as error:
                for one in batch:
                    if not one.answer.done():
                        one.answer.set_exception(error)

    def _next(self) -> list[_Waiting[Prepared, Answer]]:
        """The next batch; empty at the end."""
        with self._changed:
            while not self._waiting:
                if self._closed and not self._preparing:
                    return []
                self._changed.wait()
            give_up = time.monotonic() + self._wait_s
            while len(self._waiting) < self._batch and self._preparing:
                left_s = give_up - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            return [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
