"""The application: its addresses, and the headers and errors that all of them share. No address opens a file."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tlcore import __version__
from tlcore.delivery.serve import schema
from tlcore.delivery.serve.body import was_read
from tlcore.delivery.serve.headers import security_headers
from tlcore.delivery.serve.limits import Limits
from tlcore.delivery.serve.model import told_by
from tlcore.delivery.serve.page import drop_page, reference_page
from tlcore.delivery.serve.refusals import PlainJSON, Refused, phrase, refusal
from tlcore.delivery.serve.service import Service
from tlcore.evaluation.predict import Predictor
from tlcore.system.response_headers import AddHeaders
from tlcore.words import count


def build_app(
    predictor: Predictor,
    limits: Limits,
    *,
    facts: Mapping[str, Any] | None = None,
    card: str = "",
    prepared: Callable[[str, BaseException | None], object] = lambda engine, error: None,
) -> FastAPI:
    """The service of one model, which is prepared when the application starts.

    `facts` are told of the model besides what the predictor knows, and `card` is Markdown. `prepared` is called, in
    another thread, when the model is ready or cannot be used. Raises ConfigError for a transform without a fixed size.
    """
    service = Service(predictor, limits)
    service.pipeline.begun.add_done_callback(lambda begun: prepared(service.engine, begun.exception()))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(service.close)

    app = FastAPI(
        title="Transfer Lab",
        summary=f"Predictions of {predictor.title}",
        version=__version__,
        docs_url=None,  # FastAPI's own pages load scripts from the web
        redoc_url=None,
        lifespan=lifespan,
    )
    app.add_middleware(AddHeaders, choose=security_headers)
    _handle_errors(app)
    told = {**(facts or {}), **told_by(predictor, limits)}

    @app.post(
        "/predict",
        summary="Classes of one or several images",
        responses={**schema.answered(schema.Predictions), **schema.errors(400, 408, 413, 415, 422, 429, 503)},
        openapi_extra=schema.IMAGES,
    )
    async def predict(request: Request, top: Annotated[int, Query(ge=1, le=1000)] = 3) -> Response:
        """Each image has an answer or an error of its own. If none has an answer, the status is that of the first."""
        return PlainJSON(await service.predict(request, top))

    @app.get(
        "/health",
        summary="Whether the model is ready, and what it does",
        responses={**schema.answered(schema.Health), 503: {"model": schema.Health, "description": "Not ready"}},
    )
    async def health() -> Response:
        state = service.health()
        return PlainJSON(state, 200 if state["ready"] else 503)

    @app.get("/model", summary="What the model is", responses=schema.answered(schema.Model))
    async def model() -> Response:
        return PlainJSON({**told, "engine": service.engine, **({"card": "model/card"} if card else {})})

    @app.get(
        "/model/card",
        summary="The model card, in Markdown",
        response_class=Response,
        responses={200: {"content": {"text/markdown": {}}, "description": "The card"}, **schema.errors(404)},
        include_in_schema=bool(card),
    )
    async def model_card() -> Response:
        if not card:
            raise Refused(404, "This model has no card.")
        return Response(card.encode("utf-8", "replace"), media_type="text/markdown; charset=utf-8")

    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        return drop_page()

    @app.get("/docs", include_in_schema=False)
    async def reference() -> Response:
        return reference_page(app.openapi())

    return app


def _handle_errors(app: FastAPI) -> None:
    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return refusal(error, unread=request.method == "POST" and not was_read(request))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return refusal(Refused(error.status_code, phrase(error.status_code)), error.headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        problems = [f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors()[:3]]
        what = count(len(problems), "parameter is wrong", "parameters are wrong")
        return refusal(Refused(422, f"{what}: {'; '.join(problems)}."))

    async def failed(request: Request, error: Exception) -> Response:  # the server logs the traceback
        return refusal(Refused(500, "The service failed. Its log says why."))

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, failed)
