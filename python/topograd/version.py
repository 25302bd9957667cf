"""The version of topograd, and that it was built without CUDA: `torch.version`.

>>> import topograd as tg
>>> tg.version.cuda is None
True
"""

from __future__ import annotations

from topograd import _C

__all__ = ["__version__", "cuda", "debug", "git_version", "hip", "torch", "xpu"]

__version__: str = _C.__version__
# The PyTorch whose names and semantics topograd has; `as_torch` gives it as torch.__version__.
torch = "2.13.0"
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
debug = False
git_version = "unknown"
