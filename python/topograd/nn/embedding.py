"""Embedding: a table of vectors, looked up by index, alone or in bags."""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn import init
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter


def _refuse_sparse(sparse: bool, layer: str) -> None:
    if sparse:
        raise ValueError(
            f"{layer}: sparse=True asks for sparse gradients, which topograd does not have; the "
            "dense gradient has the same values"
        )


class Embedding(Module):
    """y[…] = weight[x[…]].

    x: integers in [0, num_embeddings), of any shape.  Returns (…, embedding_dim).  weight:
    (num_embeddings, embedding_dim), standard normal at first.  padding_idx: a row that is zero at
    first and gets no gradient.  max_norm: rows that are read and have a larger norm_type-norm are
    scaled down in place.  scale_grad_by_freq: divide a row's gradient by how often it was read.
    Gradients are dense: sparse=True is refused with a ValueError.  Raises IndexError for an index
    out of range.

    >>> import topograd as tg
    >>> tuple(tg.nn.Embedding(10, 3)(tg.tensor([[1, 2], [3, 4]])).shape)
    (2, 2, 3)
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _refuse_sparse(sparse, "Embedding")
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"padding_idx must be within num_embeddings ({num_embeddings}), got {padding_idx}"
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        table = _weight
        if table is None:
            table = tg.empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
        if tuple(table.shape) != (num_embeddings, embedding_dim):
            raise ValueError(
                f"Embedding: expected a weight of shape {(num_embeddings, embedding_dim)}, "
                f"got {tuple(table.shape)}"
            )
        self.weight = Parameter(table, requires_grad=not _freeze)
        if _weight is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with tg.no_grad():
                self.weight[self.padding_idx].fill_(0)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An embedding over a given table, not trained unless `freeze` is False.

        >>> import topograd as tg
        >>> table = tg.nn.Embedding.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> table(tg.tensor([1])).tolist()
        [[3.0, 4.0]]
        """
        if embeddings.ndim != 2:
            raise ValueError(
                f"from_pretrained: expected a 2-dimensional table, got {tuple(embeddings.shape)}"
            )
        return cls(
            embeddings.size(0),
            embeddings.size(1),
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            _weight=embeddings,
            _freeze=freeze,
        )

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        return text


class EmbeddingBag(Module):
    """The sum, mean or maximum of the rows weight[x[…]] in each bag, without these in between.

    x: integers, (bags, n), or (entries) with offsets (bags), where each bag begins.  Returns (bags,
    embedding_dim); an empty bag gives zeros.  weight: (num_embeddings, embedding_dim), standard
    normal at first.  mode: "sum", "mean" or "max".  per_sample_weights: a factor for each entry,
    with "sum".  include_last_offset: offsets holds the end too.  padding_idx: a row that is zero at
    first, does not count and gets no gradient.  max_norm, norm_type, scale_grad_by_freq, sparse: as
    in `Embedding`.

    >>> import topograd as tg
    >>> bag = tg.nn.EmbeddingBag.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), mode="sum")
    >>> bag(tg.tensor([0, 1, 1]), tg.tensor([0, 2])).tolist()
    [[4.0, 6.0], [3.0, 4.0]]
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _refuse_sparse(sparse, "EmbeddingBag")
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"padding_idx must be within num_embeddings ({num_embeddings}), got {padding_idx}"
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        table = _weight
        if table is None:
            table = tg.empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
        if tuple(table.shape) != (num_embeddings, embedding_dim):
            raise ValueError(
                f"EmbeddingBag: expected a weight of shape {(num_embeddings, embedding_dim)}, "
                f"got {tuple(table.shape)}"
            )
        self.weight = Parameter(table)
        if _weight is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with tg.no_grad():
                self.weight[self.padding_idx].fill_(0)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Bags over a given table, not trained unless `freeze` is False.

        >>> import topograd as tg
        >>> bag = tg.nn.EmbeddingBag.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> bag(tg.tensor([[0, 1]])).tolist()
        [[2.0, 3.0]]
        """
        if embeddings.ndim != 2:
            raise ValueError(
                f"from_pretrained: expected a 2-dimensional table, got {tuple(embeddings.shape)}"
            )
        made = cls(
            embeddings.size(0),
            embeddings.size(1),
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            sparse,
            embeddings,
            include_last_offset,
            padding_idx,
        )
        made.weight.requires_grad = not freeze
        return made

    def forward(
        self,
        input: Tensor,
        offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        text += f", mode={self.mode!r}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        return text
