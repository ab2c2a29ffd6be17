"""The visitor without a browser knows when what it asked for is over, whatever else was drawn meanwhile."""

import asyncio

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.visitor import Visitor

WHOLE = ForwardMsg.FINISHED_SUCCESSFULLY
PART = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


def messages(run: str, parts: list[str], end: "ForwardMsg.ScriptFinishedStatus.ValueType | None") -> list[ForwardMsg]:
    """The beginning of a script run, and its end if it is sent."""
    begin, over = ForwardMsg(), ForwardMsg()
    begin.new_session.SetInParent()
    if end is not None:
        over.script_finished = end
    for message in (begin, over):
        message.metadata.run.script_run_id = run
        message.metadata.run.fragment_ids.extend(parts)
    return [begin] if end is None else [begin, over]


@pytest.mark.parametrize(
    ("runs", "over"),
    [
        ([("1", ["asked"], PART)], True),
        ([("1", ["other"], PART)], False),
        ([("1", ["other"], PART), ("2", ["other", "asked"], PART)], True),
        ([("1", [], WHOLE)], True),
        ([("1", ["asked"], EARLY)], False),
        ([("1", ["asked"], EARLY), ("2", [], WHOLE)], True),
        ([("1", ["asked"], EARLY), ("2", ["other"], PART)], True),  # the end was not sent before the other began
        ([("1", ["other"], EARLY), ("2", ["other"], PART)], False),
        (
            [("1", [], None), ("2", ["other"], PART)],
            True,
        ),  # Streamlit drops what a runner says after its successor came
    ],
)
def test_an_answer_is_over_with_the_end_of_its_run_or_of_the_one_after_it(runs, over):
    async def answers() -> bool:
        visitor = Visitor("http://localhost:1")
        asked = visitor.expect("asked")
        for run in runs:
            for message in messages(*run):
                visitor.take(message)
        return asked.over.done()

    assert asyncio.run(answers()) is over
