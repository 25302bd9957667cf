"""The types of results with several named tensors: `isinstance(x, topograd.return_types.max)`.

>>> import topograd as tg
>>> isinstance(tg.ones(2, 2).max(dim=0), tg.return_types.max)
True
"""

from __future__ import annotations

from typing import Any

from topograd import _C


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        for op in _C.ops():
            if op["function"] == name and op["result"].startswith("("):
                for args, kwargs in _C.samples(op["name"]):
                    return type(_C.call(op["name"], *args, **kwargs))
    raise AttributeError(f"module 'topograd.return_types' has no attribute '{name}'")
