"""`Licence` of weights: its name, its words, and whether it is known to allow commercial use."""

from dataclasses import dataclass

_FREE = ("apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0")
"""Licences, as the hub writes them, that allow commercial use without further conditions on the use."""
_NAMES = {"apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-3-clause": "BSD-3-Clause", "cc-by-4.0": "CC-BY-4.0"}
_RESEARCH_ONLY = ("-nc", "noncommercial", "amlr")  # Apple's amlr: the licence of its research models


@dataclass(frozen=True)
class Licence:
    name: str
    """In a word or two, for a table."""
    words: str
    """With what should be known about it."""
    warning: str = ""
    """Why the weights are not free for commercial use, or not known to be; empty if they are free."""

    @property
    def short(self) -> str:
        """The name, with the warning if there is one."""
        return f"{self.name} ({self.warning})" if self.warning else self.name


def licence_of(identifier: str | None, source: str) -> Licence:
    """The licence that the hub writes as `identifier`, for weights that come from `source`, in words."""
    name = (identifier or "unknown").strip()
    if name in _FREE:
        return Licence(_NAMES[name], f"{_NAMES[name]} ({source})")
    if name == "unknown":
        return Licence("unknown", f"not stated ({source})", "not known to allow commercial use")
    if any(part in name.lower() for part in _RESEARCH_ONLY):
        return Licence(name, f"{name} ({source})", "not for commercial use")
    return Licence(name, f"{name}, with terms of its own ({source})", "read its terms before commercial use")
