"""Upload files to the Hugging Face Hub, with errors that say what to do."""

import os
import re
from collections.abc import Mapping
from typing import Any

from tlcore.errors import ConfigError, PushFailed
from tlcore.system.network import can_reach
from tlcore.words import shorten

PREFIX = "hf:"
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
_TARGET = re.compile(rf"{PREFIX}({_PART}/{_PART})")
_LONGEST_ANSWER = 300


def parse_target(text: str) -> str:
    """`USER/NAME` of `hf:USER/NAME`. Raises ConfigError for anything that is no name on the Hub."""
    found = _TARGET.fullmatch(text)
    if found is None or "--" in text or ".." in text:
        raise ConfigError(
            f"{shorten(text, 120)!r} is no place on the Hugging Face Hub. Write hf:USER/NAME, each of letters, digits, "
            "single dots and dashes, and _, with a letter or digit at both ends."
        )
    return found[1]


def check_access() -> str:
    """The token to upload with. Raises PushFailed if there is none, or if the Hub cannot be reached."""
    from huggingface_hub import constants, get_token

    if constants.HF_HUB_OFFLINE:
        raise PushFailed("The environment variable HF_HUB_OFFLINE forbids to reach the Hub. Unset it to upload.")
    endpoint = _endpoint()
    if not can_reach(endpoint):
        raise PushFailed(f"{endpoint} cannot be reached. Check the network connection; --dry-run needs none.")
    token = get_token()
    if not token:
        raise PushFailed(
            "There is no token of the Hugging Face Hub here. Make one with the right to write at "
            "https://huggingface.co/settings/tokens, and give it to `hf auth login`, or in the variable HF_TOKEN."
        )
    return token


def upload(files: Mapping[str, bytes], target: str, message: str, *, private: bool) -> str:
    """Upload the files to `USER/NAME` in one commit, and return its address. What else is there stays.

    Raises PushFailed: no network, no token, no right, or `private` for a place that everybody can see already.
    """
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    of_client: Any = HfHubHTTPError.__bases__[0]  # the root of the HTTP client's errors, whichever client it is
    token = check_access()
    api = HfApi(endpoint=_endpoint(), token=token)
    try:
        api.create_repo(target, private=private or None, exist_ok=True)
        if private and not api.repo_info(target).private:
            raise PushFailed(
                f"{target} is there already, and everybody can see it. Make it private on the Hub first, choose "
                "another name, or leave out --private."
            )
        operations = [CommitOperationAdd(name, content) for name, content in files.items()]
        api.create_commit(target, operations, commit_message=message)
    except HfHubHTTPError as error:
        raise PushFailed(_refusal(error, target)) from None
    except (HFValidationError, ValueError) as error:
        raise PushFailed(f"The Hub does not take these files: {shorten(error, _LONGEST_ANSWER)}") from None
    except (of_client, OSError) as error:
        raise PushFailed(f"The connection to {_endpoint()} broke off: {shorten(error, _LONGEST_ANSWER)}") from None
    return f"{_endpoint()}/{target}"


def _endpoint() -> str:
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/")


def _refusal(error: Any, target: str) -> str:
    status = error.response.status_code
    if status == 401:
        return "The Hub does not accept the token. Make a new one with the right to write, and `hf auth login` again."
    if status == 403:
        return f"This token may not write to {target}. Is the user name right, and has the token the right to write?"
    if status == 404:
        return f"There is no {target} that this token can see."
    answer = shorten(error.server_message or error, _LONGEST_ANSWER)
    return f"The Hub answered with status {status}: {answer}"
