"""Modules that PyTorch has and topograd has not, whose names topograd has in another place."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

__all__ = ["PLACES", "has_below", "place"]

# Module below `torch` -> (module below `topograd` that has its names, the names; "*" for all).
PLACES = {
    "autograd.gradcheck": ("autograd", "gradcheck gradgradcheck"),
    "cuda.memory": (
        "cuda",
        """empty_cache max_memory_allocated max_memory_reserved mem_get_info
        memory_allocated memory_reserved memory_stats memory_summary reset_peak_memory_stats
        set_per_process_memory_fraction""",
    ),
    "cuda.random": (
        "cuda",
        """get_rng_state get_rng_state_all initial_seed manual_seed manual_seed_all seed seed_all
        set_rng_state set_rng_state_all""",
    ),
    "functional": (
        "",
        """atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes
        broadcast_tensors cartesian_prod cdist chain_matmul einsum meshgrid norm split tensordot
        unique unique_consecutive""",
    ),
    "multiprocessing.spawn": ("multiprocessing", "ProcessContext spawn start_processes"),
    "nn.parallel.data_parallel": ("nn.parallel", "DataParallel data_parallel"),
    "nn.parallel.distributed": ("nn.parallel", "DistributedDataParallel"),
    "optim.adamw": ("optim", "AdamW"),
    "utils.data._utils": ("data", ""),
    "utils.data._utils.collate": ("data.collate", "default_collate default_convert"),
    "utils.data._utils.worker": ("data", "get_worker_info"),
    "utils.model_zoo": ("hub", "load_url=load_state_dict_from_url"),
}


class _Place(ModuleType):
    """A module of names from elsewhere. One that PyTorch hides behind a function is that, too."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **kwargs)


def has_below(name: str) -> bool:
    """Whether some of the places lie in a module, which then has to be a package."""
    return any(one.startswith(name + ".") for one in PLACES)


def place(name: str) -> ModuleType:
    """The module that stands for `torch.<name>`. Names that topograd lacks are left out.

    >>> from topograd._places import place
    >>> place("utils.model_zoo").load_url.__name__
    'load_state_dict_from_url'
    """
    source, names = PLACES[name]
    holder = importlib.import_module(f"topograd.{source}".rstrip("."))
    module = _Place(f"torch.{name}", f"Names of topograd.{source} where PyTorch has them.")
    for one in names.split():
        new, _, old = one.partition("=")
        if hasattr(holder, old or new):
            setattr(module, new, getattr(holder, old or new))
    if has_below(name):
        module.__path__ = []
    return module
