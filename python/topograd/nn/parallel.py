"""DataParallel and DistributedDataParallel, which on one device are the module itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from topograd.nn.module import Module


class DataParallel(Module):
    """Calls `module`: topograd computes on one device, so that nothing is to be divided.

    module: what is called, and the prefix "module." of all names in `state_dict`.  device_ids,
    output_device, dim: accepted and kept.  PyTorch does the same where it finds no GPU.

    >>> import topograd as tg
    >>> model = tg.nn.DataParallel(tg.nn.Linear(2, 1))
    >>> tuple(model(tg.ones(3, 2)).shape), list(model.state_dict())
    ((3, 1), ['module.weight', 'module.bias'])
    """

    module: Module

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        if not isinstance(module, Module):
            raise TypeError(f"DataParallel: expected a module, got {type(module).__name__}")
        self.module = module
        self.device_ids = list(device_ids or ())
        self.output_device = output_device
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(DataParallel):
    """Calls `module`: one process has all the gradients already.

    module: what is called, and the prefix "module." of all names in `state_dict`.  Other arguments:
    accepted.  A process group is not asked for, as PyTorch does.

    >>> import topograd as tg
    >>> model = tg.nn.parallel.DistributedDataParallel(tg.nn.Linear(2, 1))
    >>> with model.no_sync():
    ...     tuple(model(tg.ones(3, 2)).shape)
    (3, 1)
    """

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool = True,
        init_sync: bool = True,
        process_group: Any = None,
        bucket_cap_mb: float | None = None,
        find_unused_parameters: bool = False,
        check_reduction: bool = False,
        gradient_as_bucket_view: bool = False,
        static_graph: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(module, device_ids, output_device, dim)

    @contextlib.contextmanager
    def no_sync(self) -> Iterator[None]:
        """A context in which gradients are not exchanged, as outside."""
        yield


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Sequence[Any] | None = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Any:
    """Calls the module on inputs, a tensor or a tuple: one device computes all.

    >>> import topograd as tg
    >>> tuple(tg.nn.parallel.data_parallel(tg.nn.Linear(2, 1), tg.ones(3, 2)).shape)
    (3, 1)
    """
    arguments = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*arguments, **(module_kwargs or {}))


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """The arguments with which a module makes its tensors: device, dtype and memory_format.

    kwargs: what a constructor got; its entry "factory_kwargs", a dictionary, is taken in.  Raises
    TypeError for another key, or one that is given twice.

    >>> from topograd.nn import factory_kwargs
    >>> factory_kwargs({"device": "cpu", "factory_kwargs": {"dtype": None}})
    {'dtype': None, 'device': 'cpu'}
    """
    if kwargs is None:
        return {}
    allowed = ("device", "dtype", "memory_format")
    unknown = [key for key in kwargs if key not in (*allowed, "factory_kwargs")]
    if unknown:
        raise TypeError(f"unexpected kwargs {set(unknown)}")
    result = dict(kwargs.get("factory_kwargs", {}))
    for key in allowed:
        if key in kwargs:
            if key in result:
                raise TypeError(f"{key} specified twice, in **kwargs and in factory_kwargs")
            result[key] = kwargs[key]
    return result
