"""`torch.hub`: nothing is downloaded, and no code of others is run; what asks for it is refused."""

from __future__ import annotations

import os
import re
from typing import Any

__all__ = [
    "HASH_REGEX",
    "download_url_to_file",
    "get_dir",
    "help",
    "list",
    "load",
    "load_state_dict_from_url",
    "set_dir",
]

# The start of a file's hash, in its name: model-1a2b3c4d.pth.
HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")

_folder: str | None = None


def get_dir() -> str:
    """The folder that `set_dir` named, or that PyTorch uses: $TORCH_HOME/hub.

    >>> import topograd as tg
    >>> tg.hub.get_dir().endswith("hub")
    True
    """
    if _folder is not None:
        return _folder
    cache = os.environ.get("XDG_CACHE_HOME", os.path.join("~", ".cache"))
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return os.path.join(os.path.expanduser(home), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    """Names the folder."""
    global _folder
    _folder = os.path.expanduser(os.fspath(d))


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = True,
) -> dict[str, Any]:
    """Loads the file if it lies in the folder already; it is not downloaded.

    The folder is model_dir, or `get_dir()`/checkpoints; the name file_name, or the end of url.
    Raises FileNotFoundError that says where to put it.
    """
    from urllib.parse import urlparse

    from topograd.serialization import load as load_file

    folder = model_dir or os.path.join(get_dir(), "checkpoints")
    path = os.path.join(folder, file_name or os.path.basename(urlparse(url).path))
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"load_state_dict_from_url: topograd downloads nothing; put {url} there as {path}"
        )
    result: dict[str, Any] = load_file(path, map_location)
    return result


def _refuse(name: str, why: str) -> Any:
    raise RuntimeError(f"hub.{name}: {why}")


def download_url_to_file(
    url: str, dst: str, hash_prefix: str | None = None, progress: bool = True
) -> None:
    """Raises RuntimeError: topograd downloads nothing."""
    _refuse("download_url_to_file", f"topograd downloads nothing; put {url} there as {dst}")


def load(repo_or_dir: str, model: str, *args: Any, **kwargs: Any) -> Any:
    """Raises RuntimeError: it would run downloaded code."""
    return _refuse(
        "load", f"topograd runs no downloaded code; import {model} from a copy of {repo_or_dir}"
    )


def list(github: str, *args: Any, **kwargs: Any) -> Any:
    """Raises RuntimeError: topograd downloads nothing."""
    return _refuse("list", f"topograd downloads nothing, so it can not look into {github}")


def help(github: str, model: str, *args: Any, **kwargs: Any) -> Any:
    """Raises RuntimeError: topograd downloads nothing."""
    return _refuse("help", f"topograd downloads nothing, so it can not look into {github}")
