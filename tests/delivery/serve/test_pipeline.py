import threading

import pytest

from tlcore.delivery.serve.pipeline import Pipeline

LONG_S = 30


@pytest.fixture
def start():
    """`start(prepare, answer, **options)`: a pipeline that is closed after the test."""
    made = []

    def make(prepare=lambda item: item, answer=list, threads=2, batch=4, wait_s=LONG_S, **options):
        made.append(Pipeline(prepare, answer, threads=threads, batch=batch, wait_s=wait_s, **options))
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.close()


def test_each_item_gets_its_own_answer_in_order(start):
    pipeline = start(lambda item: item + 1, lambda batch: [10 * each for each in batch], wait_s=0)
    futures = [pipeline.submit(number) for number in range(20)]
    assert [future.result(LONG_S) for future in futures] == [10 * (number + 1) for number in range(20)]


def test_items_that_are_prepared_together_share_a_batch_and_no_batch_is_too_large(start):
    batches, all_there = [], threading.Barrier(6)

    def prepare(item):
        all_there.wait(LONG_S)
        return item

    pipeline = start(prepare, lambda batch: batches.append(len(batch)) or batch, threads=6)
    for future in [pipeline.submit(number) for number in range(6)]:
        future.result(LONG_S)
    assert sum(batches) == 6
    assert batches[0] == 4


def test_a_lone_item_does_not_wait_for_others(start):
    assert start().submit("alone").result(LONG_S / 2) == "alone"  # a batch would wait for twice as long


def test_a_batch_does_not_wait_longer_than_told_for_a_slow_item(start):
    go_on = threading.Event()

    def prepare(item):
        assert item != "slow" or go_on.wait(LONG_S)
        return item

    pipeline = start(prepare, wait_s=0.01)
    slow, quick = pipeline.submit("slow"), pipeline.submit("quick")
    assert quick.result(LONG_S) == "quick"
    assert not slow.done()
    go_on.set()
    assert slow.result(LONG_S) == "slow"


def test_an_error_of_one_item_is_not_that_of_its_neighbours(start):
    def prepare(item):
        if item == "bad":
            raise ValueError("a bad item")
        return item

    pipeline = start(prepare, wait_s=0)
    bad, good = pipeline.submit("bad"), pipeline.submit("good")
    assert good.result(LONG_S) == "good"
    with pytest.raises(ValueError, match="a bad item"):
        bad.result(LONG_S)


def test_a_failed_batch_fails_its_items_and_the_next_one_is_answered(start):
    failing = [True]

    def answer(batch):
        if failing.pop() if failing else False:
            raise MemoryError("too large")
        return batch

    pipeline = start(answer=answer)
    with pytest.raises(MemoryError, match="too large"):
        pipeline.submit(1).result(LONG_S)
    assert pipeline.submit(2).result(LONG_S) == 2


def test_closing_answers_what_was_accepted_and_accepts_no_more(start):
    go_on = threading.Event()
    pipeline = start(lambda item: (go_on.wait(LONG_S), item)[1], threads=1, wait_s=0)
    futures = [pipeline.submit(number) for number in range(5)]
    closing = threading.Thread(target=pipeline.close)
    closing.start()
    go_on.set()
    closing.join(LONG_S)
    assert [future.result(0) for future in futures] == list(range(5))
    with pytest.raises(RuntimeError, match="closed"):
        pipeline.submit(5)


def test_it_is_ready_when_its_beginning_has_ended(start):
    go_on = threading.Event()
    pipeline = start(begin=lambda: go_on.wait(LONG_S))
    assert not pipeline.ready
    go_on.set()
    pipeline.begun.result(LONG_S)
    assert pipeline.ready


def test_a_failed_beginning_is_told(start):
    def begin():
        raise MemoryError("no room for the model")

    pipeline = start(begin=begin)
    assert isinstance(pipeline.begun.exception(LONG_S), MemoryError)
    assert not pipeline.ready
