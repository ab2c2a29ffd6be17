"""One model at work: requests are admitted, their images answered, and the state is told."""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from tlcore.delivery.serve.admission import Admission
from tlcore.delivery.serve.body import Upload, read_uploads
from tlcore.delivery.serve.classifier import Classifier
from tlcore.delivery.serve.limits import Limits
from tlcore.delivery.serve.pipeline import Pipeline
from tlcore.delivery.serve.refusals import Refused, error_of
from tlcore.evaluation.answers import Answer
from tlcore.evaluation.predict import Predictor

MAX_DECODERS = 8


class Service:
    """Lives from the start of the server to its end: `close` answers what was accepted."""

    def __init__(self, predictor: Predictor, limits: Limits) -> None:
        self._limits = limits
        self._title = predictor.title
        self._classifier = Classifier(predictor, limits)
        self._admission = Admission(limits)
        self._started_s = time.monotonic()
        self.pipeline = Pipeline(
            self._classifier.prepare,
            self._classifier.answer,
            threads=min(MAX_DECODERS, os.cpu_count() or 1),
            batch=limits.batch,
            wait_s=limits.wait_ms / 1000,
            begin=self._classifier.warm_up,
        )

    @property
    def engine(self) -> str:
        """The engine that runs the network, in words; empty until the model is ready."""
        return self._classifier.engine if self.pipeline.ready else ""

    def health(self) -> dict[str, Any]:
        return {
            "ready": self.pipeline.ready,
            "uptime_s": round(time.monotonic() - self._started_s, 1),
            "working": self._admission.working,
            "waiting": self._admission.waiting,
            "images": self.pipeline.pending,
            "answered": self._admission.answered,
        }

    async def predict(self, request: Request, top: int) -> dict[str, Any]:
        """The answers to the images of a request. Raises Refused if the request, or every image of it, gets none."""
        if not self.pipeline.ready:
            raise Refused(503, "The model is being prepared. Try again in a moment.")
        async with self._admission.turn(request.client.host if request.client else ""):
            uploads = await read_uploads(request, self._limits)
            results = await self._answer(uploads)
        refused = [result for result in results if isinstance(result, Refused)]
        if len(refused) == len(results):
            raise refused[0]
        pairs = zip(uploads, results, strict=True)
        return {"model": self._title, "predictions": [_told(upload.name, result, top) for upload, result in pairs]}

    async def _answer(self, uploads: Sequence[Upload]) -> list[Answer | Refused]:
        answers = [asyncio.wrap_future(self.pipeline.submit(upload.content)) for upload in uploads]
        found = await asyncio.gather(*answers, return_exceptions=True)
        for result in found:
            if isinstance(result, BaseException) and not isinstance(result, Refused):
                raise result
        return [result for result in found if isinstance(result, Answer | Refused)]

    def close(self) -> None:
        self.pipeline.close()


def _told(name: str | None, result: Answer | Refused, top: int) -> Mapping[str, Any]:
    if isinstance(result, Refused):
        return {"name": name, "error": error_of(result)}
    return {
        "name": name,
        "label": result.label,
        "sure": result.sure,
        "far": result.far,
        "top": [{"label": label, "probability": round(value, 6)} for label, value in result.ranking[:top]],
    }
