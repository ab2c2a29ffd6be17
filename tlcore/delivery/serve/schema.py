"""The shapes of requests and answers, for the description in OpenAPI."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Probability(BaseModel):
    label: str
    probability: float = Field(description="In 0-1, calibrated if the run is.")


class ErrorDetail(BaseModel):
    status: int
    code: str = Field(description="A word for programs, such as `too_large`.")
    message: str = Field(description="A sentence for people.")


class ErrorBody(BaseModel):
    error: ErrorDetail


class Prediction(BaseModel):
    """The answer to one image. An image without an answer has only `name` and `error`."""

    name: str | None = Field(description="The file's name as it was sent; null if it has none.")
    label: str | None = Field(None, description="A class, or `not sure`.")
    sure: bool | None = Field(None, description="Whether `label` is a class: the likeliest reaches the threshold.")
    far: bool | None = Field(None, description="Whether the image is unlike all training images; null if not known.")
    top: list[Probability] | None = Field(None, description="The likeliest classes, the first one first.")
    error: ErrorDetail | None = None


class Predictions(BaseModel):
    model: str
    predictions: list[Prediction] = Field(description="In the order of the images.")


class Health(BaseModel):
    ready: bool
    uptime_s: float
    working: int = Field(description="Requests that are read and answered now.")
    waiting: int = Field(description="Requests that wait for their turn.")
    images: int = Field(description="Images that are decoded now or wait for the network.")
    answered: int = Field(description="Requests since the start that are over.")


class Model(BaseModel):
    model_config = ConfigDict(extra="allow")

    title: str
    classes: list[str]


_BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
IMAGES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One image as the content, or several as files of a form, under any name.",
        "content": {
            "image/*": {"schema": _BINARY},
            "application/octet-stream": {"schema": _BINARY},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"images": {"type": "array", "items": _BINARY}}}
            },
        },
    }
}

_WORDS = {
    400: "No image, or damaged multipart content",
    404: "There is none",
    408: "The content came too slowly",
    413: "Too many bytes, pixels or images",
    415: "Not an image",
    422: "An image that cannot be decoded, or a wrong parameter",
    429: "Too many requests of this client at once",
    503: "The queue is full, or the model is being prepared",
}


def answered(shape: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Status 200 with this shape, as FastAPI wants it described."""
    return {200: {"model": shape, "description": "The answer"}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for these refusals."""
    return {status: {"model": ErrorBody, "description": _WORDS[status]} for status in statuses}
