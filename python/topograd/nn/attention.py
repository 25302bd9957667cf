"""Multi-head attention."""

from __future__ import annotations

import math
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn import init
from topograd.nn.linear import Linear
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter


class MultiheadAttention(Module):
    """Attention by several heads: out_proj(concat(head_1 … head_h)).

    head_i = softmax(q kᵀ / √d + mask) v, with q, k, v the i-th part, of size d = embed_dim /
    num_heads, of the projected query, key and value.

    query: (L, N, embed_dim), key: (S, N, kdim), value: (S, N, vdim); with `batch_first` N comes
    first, without a batch there is no N.  Returns the output, of query's shape, and the weights,
    (N, L, S) as the mean over heads, (N, num_heads, L, S) without `average_attn_weights`, None
    without `need_weights`, which is fastest. Raises ValueError if num_heads does not divide
    embed_dim. Source: Vaswani et al., 2017.

    >>> import topograd as tg
    >>> attention = tg.nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = tg.ones(3, 5, 8)
    >>> output, weights = attention(x, x, x)
    >>> tuple(output.shape), tuple(weights.shape)
    ((3, 5, 8), (3, 5, 5))
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got {embed_dim} and {num_heads}"
            )
        if embed_dim % num_heads:
            raise ValueError(
                f"embed_dim must be divisible by num_heads, got {embed_dim} and {num_heads}"
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn

        def parameter(wanted: bool, *sizes: int) -> Parameter | None:
            return Parameter(tg.empty(*sizes, device=device, dtype=dtype)) if wanted else None

        packed = self.kdim == embed_dim and self.vdim == embed_dim
        self.register_parameter("q_proj_weight", parameter(not packed, embed_dim, embed_dim))
        self.register_parameter("k_proj_weight", parameter(not packed, embed_dim, self.kdim))
        self.register_parameter("v_proj_weight", parameter(not packed, embed_dim, self.vdim))
        self.register_parameter("in_proj_weight", parameter(packed, 3 * embed_dim, embed_dim))
        self.register_parameter("in_proj_bias", parameter(bias, 3 * embed_dim))
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.register_parameter("bias_k", parameter(add_bias_kv, 1, 1, embed_dim))
        self.register_parameter("bias_v", parameter(add_bias_kv, 1, 1, embed_dim))
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draws new initial values: Xavier for the projections, zero for their biases."""
        weights = (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        for weight in weights:
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attends from `query` to `key`, and returns the output and the weights (or None).

        key_padding_mask: (N, S), keys to leave out.  attn_mask: (L, S) or (N num_heads, L, S),
        pairs to leave out.  Masks are bool (True leaves out) or are added to the logits.
        is_causal: query i sees the keys 0 … i; together with attn_mask it is a hint that attn_mask
        says so.
        """
        batched = query.ndim == 3
        self._check(query, key, value)
        queries, keys, values = self._project(query, key, value, batched)
        causal_only = is_causal and key_padding_mask is None and not need_weights
        mask = (
            None if causal_only else self._mask(key_padding_mask, attn_mask, keys.size(2), queries)
        )
        if is_causal and not causal_only and attn_mask is None:
            mask = _causal(queries.size(2), keys.size(2), queries, mask)
        keys, values, mask = self._extend(keys, values, mask)
        probability = self.dropout if self.training else 0.0
        weights: Tensor | None = None
        if need_weights:
            logits = (queries * (1.0 / math.sqrt(self.head_dim))) @ keys.transpose(-2, -1)
            weights = F.softmax(logits if mask is None else logits + mask, -1)
            weights = F.dropout(weights, probability, self.training)
            heads = weights @ values
        else:
            heads = F.scaled_dot_product_attention(
                queries, keys, values, mask, probability, causal_only
            )
        output = self.out_proj(self._join(heads, batched))
        if weights is not None:
            weights = weights.mean(1) if average_attn_weights else weights
            weights = weights if batched else weights.squeeze(0)
        return output, weights

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        if query.ndim not in (2, 3) or key.ndim != query.ndim or value.ndim != query.ndim:
            raise ValueError(
                "MultiheadAttention: query, key and value must all have 2 or all have 3 axes, got "
                f"{tuple(query.shape)}, {tuple(key.shape)}, {tuple(value.shape)}"
            )
        sizes = (query.size(-1), key.size(-1), value.size(-1))
        if sizes != (self.embed_dim, self.kdim, self.vdim):
            raise ValueError(
                f"MultiheadAttention: the last axes of query, key and value must be "
                f"{(self.embed_dim, self.kdim, self.vdim)}, got {sizes}"
            )
        if key.shape[:-1] != value.shape[:-1]:
            raise ValueError(
                "MultiheadAttention: key and value must have the same length and batch, got "
                f"{tuple(key.shape)} and {tuple(value.shape)}"
            )

    def _project(
        self, query: Tensor, key: Tensor, value: Tensor, batched: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The projected query, key and value, each (N, num_heads, length, head_dim)."""
        if self.in_proj_weight is not None and query is key and key is value:
            packed = F.linear(query, self.in_proj_weight, self.in_proj_bias)
            parts = packed.chunk(3, -1)
        else:
            if self.in_proj_weight is not None:
                weights = self.in_proj_weight.chunk(3)
            else:
                assert self.q_proj_weight is not None
                assert self.k_proj_weight is not None
                assert self.v_proj_weight is not None
                weights = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
            biases = (None,) * 3 if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
            parts = tuple(
                F.linear(source, weight, bias)
                for source, weight, bias in zip((query, key, value), weights, biases, strict=True)
            )
        queries, keys, values = (self._split(part, batched) for part in parts)
        return queries, keys, values

    def _split(self, projected: Tensor, batched: bool) -> Tensor:
        heads = projected.unflatten(-1, [self.num_heads, self.head_dim])
        if not batched:
            heads = heads.unsqueeze(0)
        elif not self.batch_first:
            heads = heads.transpose(0, 1)
        return heads.transpose(1, 2)

    def _join(self, heads: Tensor, batched: bool) -> Tensor:
        """The inverse of `_split`."""
        joined = heads.transpose(1, 2).flatten(-2)
        if not batched:
            return joined.squeeze(0)
        return joined if self.batch_first else joined.transpose(0, 1)

    def _mask(
        self, padding: Tensor | None, pairs: Tensor | None, length: int, like: Tensor
    ) -> Tensor | None:
        """One mask to add to the logits, which broadcasts to (N, num_heads, L, S)."""
        batch = like.size(0)
        mask: Tensor | None = None
        if pairs is not None:
            expected = [(like.size(2), length), (batch * self.num_heads, like.size(2), length)]
            if tuple(pairs.shape) not in expected:
                raise ValueError(
                    "MultiheadAttention: attn_mask must be of shape "
                    f"{expected[0]} or {expected[1]}, got {tuple(pairs.shape)}"
                )
            mask = _additive(pairs, like)
            if pairs.ndim == 3:
                mask = mask.unflatten(0, [batch, self.num_heads])
        if padding is not None:
            padding = padding.unsqueeze(0) if padding.ndim == 1 else padding
            if tuple(padding.shape) != (batch, length):
                raise ValueError(
                    f"MultiheadAttention: key_padding_mask must be of shape {(batch, length)}, "
                    f"got {tuple(padding.shape)}"
                )
            keys_out = _additive(padding, like).unsqueeze(1).unsqueeze(1)
            mask = keys_out if mask is None else mask + keys_out
        return mask

    def _extend(
        self, keys: Tensor, values: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Appends the trained key and value, and the zero ones, which no mask covers."""
        extra = 0
        shape = [keys.size(0), self.num_heads, 1, self.head_dim]
        if self.bias_k is not None and self.bias_v is not None:
            split = [1, self.num_heads, 1, self.head_dim]
            keys = tg.cat([keys, self.bias_k.reshape(split).expand(shape)], 2)
            values = tg.cat([values, self.bias_v.reshape(split).expand(shape)], 2)
            extra += 1
        if self.add_zero_attn:
            keys = tg.cat([keys, keys.new_zeros(shape)], 2)
            values = tg.cat([values, values.new_zeros(shape)], 2)
            extra += 1
        if mask is not None and extra:
            mask = tg.cat([mask, mask.new_zeros([*mask.shape[:-1], extra])], -1)
        return keys, values, mask


def _additive(mask: Tensor, like: Tensor) -> Tensor:
    """A mask as something to add to logits of the dtype of `like`: -inf leaves out."""
    if mask.dtype == tg.bool:
        return tg.zeros_like(mask, dtype=like.dtype).masked_fill(mask, -math.inf)
    if not mask.is_floating_point():
        raise TypeError(f"MultiheadAttention: a mask must be bool or floating, got {mask.dtype}")
    return mask.to(like.dtype)


def _causal(queries: int, keys: int, like: Tensor, mask: Tensor | None) -> Tensor:
    future = like.new_full([queries, keys], -math.inf).triu(1)
    return future if mask is None else mask + future
