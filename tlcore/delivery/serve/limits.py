"""What a service accepts. A new limit is a new field: the command line makes an option of each.

Megabytes are 10^6 bytes, as everywhere in the project.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tlcore.data.pixels.cost import MAX_PIXELS


class Limits(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    image_mb: Annotated[float, Field(gt=0, le=400)] = 20
    """Megabytes of one image file."""
    request_mb: Annotated[float, Field(gt=0, le=4000)] = 40
    """Megabytes of a request. `concurrency` requests of this size can be in memory at once."""
    megapixels: Annotated[float, Field(gt=0, le=MAX_PIXELS / 1e6)] = 50
    """Megapixels of an image, as its header says."""
    images: Annotated[int, Field(ge=1, le=1000)] = 16
    """Images in a request."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 32
    """Requests that are read and answered at once."""
    queue: Annotated[int, Field(ge=0, le=10_000)] = 64
    """Requests that wait for their turn besides; further ones get status 503."""
    per_client: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Requests of one client address at once; further ones get status 429."""
    batch: Annotated[int, Field(ge=1, le=1024)] = 16
    """Images that go through the network together."""
    wait_ms: Annotated[float, Field(ge=0, le=1000)] = 5
    """Milliseconds that a batch waits for images that are being decoded."""
    read_s: Annotated[float, Field(gt=0, le=3600)] = 20
    """Seconds within which the content of a request must have come."""

    @property
    def image_bytes(self) -> int:
        return int(self.image_mb * 1e6)

    @property
    def request_bytes(self) -> int:
        return int(self.request_mb * 1e6)

    @property
    def pixels(self) -> int:
        return int(self.megapixels * 1e6)
