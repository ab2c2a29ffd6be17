"""Where timm's weights lie: a file in the cache of the Hugging Face hub or of torch.hub, and how to get it there.

HF_HOME moves the cache of the hub, TORCH_HOME that of torch.hub; HF_HUB_OFFLINE allows no download.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

from tlcore.system.network import can_reach

HUB_FILES = ("model.safetensors", "pytorch_model.bin")
"""Names of the file with the weights in a repository, in the order in which timm looks for them."""


@dataclass(frozen=True)
class HubWeights:
    """Weights that are published in a repository of the hub, or, in rare cases, at an address of their own."""

    repository: str = ""
    """`owner/name`; empty if there is only an address."""
    names: tuple[str, ...] = HUB_FILES
    """The names that the file can have in the repository, the best first."""
    url: str = ""
    """For weights without a repository."""

    @property
    def page(self) -> str:
        """The address where a person finds the file."""
        return f"https://huggingface.co/{self.repository}" if self.repository else self.url

    @property
    def file_name(self) -> str:
        return self.names[0] if self.repository else PurePosixPath(urlparse(self.url).path).name

    @property
    def folder(self) -> Path:
        """The folder of the cache in which the file lies, or will."""
        if not self.repository:
            return torch_hub_folder()
        return hub_folder() / f"models--{self.repository.replace('/', '--')}"

    def file_here(self) -> Path | None:
        """The file on this machine; None if it is not here."""
        if not self.repository:
            file = self.folder / self.file_name
            return file if file.is_file() else None
        if not self.folder.is_dir():  # spares most calls the import
            return None
        from huggingface_hub import try_to_load_from_cache

        for name in self.names:
            found = try_to_load_from_cache(self.repository, name, cache_dir=hub_folder())
            if isinstance(found, str):
                return Path(found)
        return None

    def download(self) -> Path:
        """The file, downloaded if it is not here. Raises what the hub client or torch.hub raise without a network."""
        here = self.file_here()
        if here is not None:
            return here
        if not self.repository:
            import torch

            self.folder.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(self.url, str(self.folder / self.file_name), progress=False)
            return self.folder / self.file_name
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

        *better, last = self.names
        for name in better:
            try:
                return Path(hf_hub_download(self.repository, name, cache_dir=hub_folder()))
            except LocalEntryNotFoundError:  # no network, which is no reason to ask for another name
                raise
            except EntryNotFoundError:
                continue
        return Path(hf_hub_download(self.repository, last, cache_dir=hub_folder()))


def hub_folder() -> Path:
    """The cache of the Hugging Face hub."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def torch_hub_folder() -> Path:
    """The folder of torch.hub with weights."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints"


def repositories_here() -> list[str]:
    """`owner/name` of the repositories with anything in the cache of the hub, sorted."""
    folder = hub_folder()
    names = folder.iterdir() if folder.is_dir() else ()
    found = (path.name.removeprefix("models--").partition("--") for path in names if path.name.startswith("models--"))
    return sorted(f"{owner}/{name}" for owner, _, name in found if name)


def no_network(weights: HubWeights) -> str:
    """Why nothing can be downloaded now, in words; empty if it is worth a try.

    The hub's client asks six times over 20 seconds before it says so.
    """
    from huggingface_hub import constants

    if weights.repository and constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set, which allows no download"
    address = constants.ENDPOINT if weights.repository else weights.url
    return "" if can_reach(address) else f"{address} does not answer"
