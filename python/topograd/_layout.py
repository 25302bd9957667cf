"""Orders of a tensor's dims in memory, under PyTorch's names."""

from __future__ import annotations


class memory_format(str):
    """An order of dims in memory, for clone, contiguous, to, is_contiguous, empty_like and others.

    preserve_format: as in the tensor that is copied.  contiguous_format: row-major.  channels_last:
    (N, C, H, W) stored as (N, H, W, C); channels_last_3d: (N, C, D, H, W) as (N, D, H, W, C).

    >>> import topograd as tg
    >>> tg.channels_last
    topograd.channels_last
    >>> tg.zeros(2, 3, 4, 5).contiguous(memory_format=tg.channels_last).stride()
    (60, 1, 15, 3)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"topograd.{str.__str__(self)}"


preserve_format = memory_format("preserve_format")
contiguous_format = memory_format("contiguous_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")


class layout(str):
    """How the elements of a tensor are stored: strided; others have a name, but no tensors.

    >>> import topograd as tg
    >>> tg.ones(1).layout
    topograd.strided
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"topograd.{str.__str__(self)}"


strided = layout("strided")
sparse_coo = layout("sparse_coo")
sparse_csr = layout("sparse_csr")
sparse_csc = layout("sparse_csc")
jagged = layout("jagged")
