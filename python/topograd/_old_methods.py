"""Methods and attributes of Tensor for programs of PyTorch: devices, layouts, types, resizing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from topograd import _C
from topograd._C import Tensor
from topograd._layout import strided
from topograd._legacy import dtype_of, made, type_name


def type_of(self: Tensor, dtype: Any = None, non_blocking: bool = False, **kwargs: Any) -> Any:
    """The name of its tensor type, 'torch.FloatTensor'; or the tensor converted.

    dtype: a dtype, a tensor type, or the name of one.  non_blocking: accepted.
    """
    if kwargs.keys() - {"async"}:
        raise TypeError(f"type: has no argument '{next(iter(kwargs))}'")
    return type_name(self.dtype) if dtype is None else self.to(dtype_of("type", dtype))


def new(self: Tensor, *args: Any, device: Any = None) -> Tensor:
    """A new tensor with the dtype of this one: of sizes (zeros), of data, or empty."""
    return made("new", self.dtype, args, device)


def cuda(
    self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None
) -> Tensor:
    """Raises DeviceError: this topograd computes on the CPU."""
    raise _C.DeviceError(
        "cuda: there is no CUDA device: this topograd was built without CUDA; "
        "ask torch.cuda.is_available() first"
    )


def get_device(self: Tensor) -> int:
    """The number of its GPU; -1, as it is on the CPU."""
    return -1


def resize_(self: Tensor, *sizes: Any, memory_format: Any = None) -> Tensor:
    """Another shape for this tensor, in place: its first elements in row-major order, then zeros.

    Memory is shared where the elements suffice.  Raises RuntimeError for a tensor that requires
    grad.
    """
    size = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], Sequence) else sizes
    if self.requires_grad:
        raise RuntimeError(
            f"resize_: a tensor of shape {tuple(self.shape)} requires grad; use reshape()"
        )
    wanted = 1
    for one in size:
        if not isinstance(one, int) or one < 0:
            raise _C.ShapeError(f"resize_: sizes must be integers from 0 on, got {tuple(size)}")
        wanted *= one
    flat = self.detach().flatten()
    if wanted <= flat.numel():
        self.data = flat[:wanted].view(size)
    else:
        larger = _C.zeros(size, dtype=self.dtype)
        larger.view(-1)[: flat.numel()].copy_(flat)
        self.data = larger
    return self


def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """`resize_` to the shape of another tensor."""
    return resize_(self, the_template.shape)


def resize(self: Tensor, *sizes: Any) -> Tensor:
    """`reshape` under an old name."""
    return self.reshape(*sizes)


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Each element x becomes callable(x), a number, in place; slow, one call for each.

    Raises RuntimeError for a tensor that requires grad.
    """
    return map_(self, None, callable)


def map_(self: Tensor, tensor: Tensor | None, callable: Callable[..., Any]) -> Tensor:
    """Each element x becomes callable(x, y), in place; y is the element of tensor at its place."""
    if self.requires_grad:
        raise RuntimeError("apply_, map_: the tensor requires grad; use no_grad and .data")
    values = self.detach().flatten().tolist()
    if tensor is None:
        made_of = [callable(x) for x in values]
    else:
        others = tensor.detach().broadcast_to(self.shape).flatten().tolist()
        made_of = [callable(x, y) for x, y in zip(values, others, strict=True)]
    self.copy_(_C.tensor(made_of, dtype=self.dtype).view(self.shape))
    return self


def to_dense(self: Tensor, dtype: Any = None, *, masked_grad: bool = True) -> Tensor:
    """Itself: all tensors are dense."""
    return self if dtype is None else self.to(dtype)


def _needs_sparse(name: str) -> Callable[..., Any]:
    """A method of sparse tensors: it refuses a dense one, as PyTorch's does, and all are dense."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            f"{name}: expects a sparse tensor, got a dense one of shape {tuple(self.shape)}: "
            "topograd has no sparse tensors"
        )

    method.__name__ = name
    method.__doc__ = "Raises RuntimeError: this tensor is dense."
    return method


def sparse_dim(self: Tensor) -> int:
    """0: it is dense."""
    return 0


def dense_dim(self: Tensor) -> int:
    """The number of dims: it is dense."""
    return self.dim()


def is_shared(self: Tensor) -> bool:
    """False: no memory is shared with other processes."""
    return False


def is_pinned(self: Tensor, device: Any = None) -> bool:
    """False: there is no GPU to pin memory for."""
    return False


def is_nonzero(self: Tensor) -> bool:
    """Whether the only element is not 0."""
    return bool(self)


def is_signed(self: Tensor) -> bool:
    """Whether the dtype has negative numbers."""
    return self.dtype.is_signed


def is_neg(self: Tensor) -> bool:
    """False: elements are never stored as still to be negated."""
    return False


def resolve_neg(self: Tensor) -> Tensor:
    """Itself: elements are never stored as still to be negated."""
    return self


def record_stream(self: Tensor, stream: Any) -> None:
    """Nothing: there are no streams."""


_METHODS = (
    new,
    cuda,
    get_device,
    resize_,
    resize_as_,
    resize,
    apply_,
    map_,
    to_dense,
    sparse_dim,
    dense_dim,
    is_shared,
    is_pinned,
    is_nonzero,
    is_signed,
    is_neg,
    resolve_neg,
    record_stream,
)
_OF_SPARSE = """coalesce is_coalesced indices values crow_indices col_indices ccol_indices
    row_indices sparse_mask sparse_resize_""".split()
# Attributes that say where a tensor is not, and what it is not.
_FALSE = """volatile is_maia is_mtia is_xla is_meta is_mps is_xpu is_nested is_mkldnn is_sparse_csr
    is_ipu is_hpu is_vulkan""".split()


def install_methods() -> None:
    """Gives Tensor these methods and attributes."""
    for function in _METHODS:
        setattr(Tensor, function.__name__, function)
    for name in _OF_SPARSE:
        setattr(Tensor, name, _needs_sparse(name))
    setattr(Tensor, "type", type_of)  # noqa: B010
    setattr(Tensor, "layout", property(lambda self: strided, doc="topograd.strided."))  # noqa: B010
    setattr(Tensor, "is_cpu", property(lambda self: True, doc="Whether it is on the CPU."))  # noqa: B010
    for name in _FALSE:
        setattr(Tensor, name, property(lambda self: False, doc="False: it is a dense CPU tensor."))
