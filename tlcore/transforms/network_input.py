"""What the network sees: from an image to normalised numbers and back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.transforms.spec import TransformSpec
from tlcore.words import CHANNELS


@dataclass(frozen=True, eq=False)
class NetworkInput:
    values_HWC: npt.NDArray[np.float32]
    """`(x - mean) / std` for an image in 0-1."""
    transform: TransformSpec

    def ranges(self) -> pd.DataFrame:
        """One row per channel: `channel`, and `min`, `mean`, `max`, `std` of its values."""
        values = self.values_HWC.reshape(-1, 3).astype(np.float64)
        statistics = {name: getattr(values, name)(axis=0) for name in ("min", "mean", "max", "std")}
        return pd.DataFrame({"channel": CHANNELS, **statistics})

    def stretched(self) -> npt.NDArray[np.uint8]:
        """The numbers as colours: the lowest value is black, the highest white."""
        low, high = float(self.values_HWC.min()), float(self.values_HWC.max())
        return _to_uint8((self.values_HWC - low) / max(high - low, 1e-12))

    def brought_back(self) -> npt.NDArray[np.uint8]:
        """The image from the numbers, with the normalisation undone."""
        std, mean = (np.array(channels, dtype=np.float32) for channels in (self.transform.std, self.transform.mean))
        return _to_uint8(self.values_HWC * std + mean)


def network_input(transform: TransformSpec, image_HWC: npt.NDArray[np.uint8]) -> NetworkInput:
    """The same numbers as from `TransformSpec.build_normalize`."""
    import torch

    image_CHW = torch.from_numpy(image_HWC).permute(2, 0, 1)
    values_CHW = transform.build_normalize()(image_CHW)
    return NetworkInput(values_CHW.permute(1, 2, 0).numpy(), transform)


def _to_uint8(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    rounded: npt.NDArray[np.uint8] = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return rounded
