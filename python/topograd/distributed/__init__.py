"""`torch.distributed` for one process: a group of one, whose communication is with itself.

`init_process_group` succeeds where the number of processes is 1 (world_size=1, or WORLD_SIZE=1 in
the environment, as torchrun sets it); more processes are refused.

>>> import topograd as tg
>>> tg.distributed.is_initialized()
False
>>> tg.distributed.init_process_group("gloo", rank=0, world_size=1)
>>> tg.distributed.get_rank(), tg.distributed.get_world_size()
(0, 1)
>>> x = tg.ones(2)
>>> tg.distributed.all_reduce(x)
>>> x
tensor([1., 1.])
>>> tg.distributed.destroy_process_group()
"""

from __future__ import annotations

import os
from enum import Enum
from typing import Any

from topograd._C import Tensor

__all__ = [
    "ReduceOp",
    "all_gather",
    "all_gather_into_tensor",
    "all_gather_object",
    "all_reduce",
    "barrier",
    "broadcast",
    "broadcast_object_list",
    "destroy_process_group",
    "gather",
    "get_backend",
    "get_rank",
    "get_world_size",
    "init_process_group",
    "is_available",
    "is_gloo_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
    "is_torchelastic_launched",
    "new_group",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
]


class ReduceOp(Enum):
    """How values of several processes become one; of one process they stay as they are."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4


class group:
    """The default group, as programs name it."""

    WORLD = None


_backend: list[str] = []


class _Finished:
    """The handle of a call with async_op=True."""

    def wait(self, timeout: Any = None) -> bool:
        return True

    def is_completed(self) -> bool:
        return True


# ---------------------------------------------------------------- the group


def is_available() -> bool:
    """True: a group of one process can be made."""
    return True


def is_initialized() -> bool:
    """Whether `init_process_group` was called."""
    return bool(_backend)


def is_nccl_available() -> bool:
    """False."""
    return False


is_gloo_available = is_mpi_available = is_nccl_available


def is_torchelastic_launched() -> bool:
    """Whether torchrun started this process."""
    return os.environ.get("TORCHELASTIC_RUN_ID") is not None


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Makes the group of this process alone.

    Raises ValueError when it is not said that there is one process, or when there is a group;
    RuntimeError for more processes.
    """
    if _backend:
        raise ValueError("trying to initialize the default process group twice!")
    if world_size == -1:
        if "WORLD_SIZE" not in os.environ:
            raise ValueError(
                "init_process_group: expects world_size and rank, or WORLD_SIZE and RANK in the "
                "environment"
            )
        world_size = int(os.environ["WORLD_SIZE"])
    if world_size != 1:
        raise RuntimeError(
            f"init_process_group: topograd computes in one process, got world_size={world_size}"
        )
    _backend.append(backend or "gloo")


def destroy_process_group(group: Any = None) -> None:
    """Ends the group."""
    _expect_group()
    _backend.clear()


def _expect_group() -> None:
    if not _backend:
        raise ValueError(
            "Default process group has not been initialized, please make sure to call "
            "init_process_group."
        )


def get_rank(group: Any = None) -> int:
    """0.  Raises ValueError without a group, as everything below does."""
    _expect_group()
    return 0


def get_world_size(group: Any = None) -> int:
    """1."""
    _expect_group()
    return 1


def get_backend(group: Any = None) -> str:
    """The name that was given to `init_process_group`."""
    _expect_group()
    return _backend[0]


def new_group(ranks: Any = None, *args: Any, **kwargs: Any) -> None:
    """None, which stands for the group of one."""
    _expect_group()


# ---------------------------------------------------------------- communication


def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None) -> Any:
    """Waits for nobody."""
    _expect_group()
    return _Finished() if async_op else None


def all_reduce(
    tensor: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Any:
    """Leaves the tensor: it is the sum, mean, product, minimum and maximum over one process."""
    return barrier(group, async_op)


def reduce(
    tensor: Tensor,
    dst: int = 0,
    op: Any = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
    **kwargs: Any,
) -> Any:
    """Leaves the tensor."""
    return barrier(group, async_op)


def broadcast(
    tensor: Tensor, src: int = 0, group: Any = None, async_op: bool = False, **kwargs: Any
) -> Any:
    """Leaves the tensor."""
    return barrier(group, async_op)


def broadcast_object_list(object_list: Any, src: int = 0, group: Any = None, **kwargs: Any) -> None:
    """Leaves the list."""
    _expect_group()


def all_gather(
    tensor_list: list[Tensor], tensor: Tensor, group: Any = None, async_op: bool = False
) -> Any:
    """Copies the tensor to the only element of the list."""
    _expect_group()
    tensor_list[0].copy_(tensor)
    return _Finished() if async_op else None


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: Any = None, async_op: bool = False
) -> Any:
    """Copies input_tensor to output_tensor."""
    return all_gather([output_tensor.view(input_tensor.shape)], input_tensor, group, async_op)


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    """Puts the object into the list."""
    _expect_group()
    object_list[0] = obj


def gather(
    tensor: Tensor,
    gather_list: list[Tensor] | None = None,
    dst: int = 0,
    group: Any = None,
    async_op: bool = False,
    **kwargs: Any,
) -> Any:
    """Copies the tensor to the only element of the list."""
    return all_gather(gather_list or [tensor], tensor, group, async_op)


def scatter(
    tensor: Tensor,
    scatter_list: list[Tensor] | None = None,
    src: int = 0,
    group: Any = None,
    async_op: bool = False,
    **kwargs: Any,
) -> Any:
    """Copies the only element of the list to the tensor."""
    return all_gather([tensor], (scatter_list or [tensor])[0], group, async_op)


def reduce_scatter(
    output: Tensor,
    input_list: list[Tensor],
    op: Any = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
) -> Any:
    """Copies the only element of the list to output."""
    return all_gather([output], input_list[0], group, async_op)


def reduce_scatter_tensor(
    output: Tensor,
    input: Tensor,
    op: Any = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
) -> Any:
    """Copies input to output."""
    return all_gather([output], input.view(output.shape), group, async_op)
