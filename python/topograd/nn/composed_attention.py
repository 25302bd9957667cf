"""Multi-head attention as a function of its projections."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import topograd as tg
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.nn.native import native

__all__ = ["multi_head_attention_forward"]

_attention = native("scaled_dot_product_attention")
_dropout = native("dropout")
_linear = native("linear")
_softmax = native("softmax")

_OP = "multi_head_attention_forward"
Three = tuple[Tensor, Tensor, Tensor]


class AttentionByHeads(NamedTuple):
    """What multi_head_attention_forward is told besides its inputs and masks, and its steps.

    in_weights: one packed tensor, or one each for query, key and value.  op: the name in errors.

    >>> import topograd as tg
    >>> from topograd.nn.composed_attention import AttentionByHeads
    >>> attend = AttentionByHeads("attend", 4, 2, tg.ones(12, 4), None, tg.eye(4), None)
    >>> tuple(attend(*[tg.ones(3, 1, 4)] * 3)[0].shape)
    (3, 1, 4)
    """

    op: str
    embed_dim: int
    num_heads: int
    in_weights: Tensor | Three
    in_bias: Tensor | None
    out_weight: Tensor
    out_bias: Tensor | None
    bias_k: Tensor | None = None
    bias_v: Tensor | None = None
    add_zero: bool = False
    batch_first: bool = False
    static_k: Tensor | None = None
    static_v: Tensor | None = None

    def __call__(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        attn_mask: Tensor | None = None,
        is_causal: bool = False,
        dropout_p: float = 0.0,
        need_weights: bool = False,
        average: bool = True,
    ) -> tuple[Tensor, Tensor | None]:
        """The result and the weights, as multi_head_attention_forward returns them."""
        batched = query.ndim == 3
        self._check(query, key, value)
        queries, keys, values = self._project(query, key, value, batched)
        appended = self._appended(keys)
        # The fused kernel knows this mask by itself.
        causal_only = (
            is_causal and key_padding_mask is None and not need_weights and appended is None
        )
        mask = None
        if not causal_only:
            mask = self._mask(key_padding_mask, attn_mask, keys.size(2), queries)
            if is_causal and attn_mask is None:
                mask = _causal(queries.size(2), keys.size(2), queries, mask)
        if appended is not None:
            keys, values = tg.cat([keys, appended[0]], 2), tg.cat([values, appended[1]], 2)
            if mask is not None:
                free = mask.new_zeros([*mask.shape[:-1], appended[0].size(2)])
                mask = tg.cat([mask, free], -1)
        weights = None
        if need_weights:
            weights = _weights(queries, keys, mask)
            weights = _dropout(weights, dropout_p) if dropout_p else weights
            heads = weights @ values
            weights = weights.mean(1) if average else weights
            weights = weights if batched else weights.squeeze(0)
        else:
            heads = _attention(queries, keys, values, mask, dropout_p, causal_only)
        return _linear(self._join(heads, batched), self.out_weight, self.out_bias), weights

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        given = f"{tuple(query.shape)}, {tuple(key.shape)} and {tuple(value.shape)}"
        if query.ndim not in (2, 3) or key.ndim != query.ndim or value.ndim != query.ndim:
            raise tg.ShapeError(
                f"{self.op}: query, key and value must all have 2 or all have 3 axes, got {given}"
            )
        if isinstance(self.in_weights, Tensor):
            expected = (self.embed_dim,) * 3
        else:
            expected = (self.embed_dim, self.in_weights[1].size(-1), self.in_weights[2].size(-1))
        sizes = (query.size(-1), key.size(-1), value.size(-1))
        if sizes != expected:
            raise tg.ShapeError(
                f"{self.op}: the last axes of query, key and value must be {expected}, got {sizes}"
            )
        batch = slice(0, 1) if self.batch_first else slice(1, 2)
        if key.shape[:-1] != value.shape[:-1] or (
            query.ndim == 3 and query.shape[batch] != key.shape[batch]
        ):
            raise tg.ShapeError(
                f"{self.op}: key and value must have the same length, and all three the same "
                f"batch, got {given}"
            )

    def _project(self, query: Tensor, key: Tensor, value: Tensor, batched: bool) -> Three:
        """The projected query, key and value, each (N, num_heads, length, size of a head)."""
        packed, bias = self.in_weights, self.in_bias
        size = self.embed_dim
        if isinstance(packed, Tensor) and query is key and key is value:
            parts = _linear(query, packed, bias).chunk(3, -1)
        elif isinstance(packed, Tensor) and key is value:
            both = (None, None) if bias is None else (bias[:size], bias[size:])
            pair = _linear(key, packed[size:], both[1]).chunk(2, -1)
            parts = (_linear(query, packed[:size], both[0]), *pair)
        else:
            weights = packed.chunk(3) if isinstance(packed, Tensor) else packed
            biases = (None,) * 3 if bias is None else bias.chunk(3)
            parts = tuple(map(_linear, (query, key, value), weights, biases))
        queries, keys, values = (self._split(part, batched) for part in parts)
        keys = keys if self.static_k is None else self._static(self.static_k, keys, "static_k")
        values = (
            values if self.static_v is None else self._static(self.static_v, values, "static_v")
        )
        return queries, keys, values

    def _static(self, given: Tensor, projected: Tensor, name: str) -> Tensor:
        batch, heads, _, size = projected.shape
        if given.ndim != 3 or given.size(0) != batch * heads or given.size(2) != size:
            raise tg.ShapeError(
                f"{self.op}: {name} must be of shape ({batch * heads}, S, {size}), got "
                f"{tuple(given.shape)}"
            )
        return given.unflatten(0, [batch, heads])

    def _split(self, projected: Tensor, batched: bool) -> Tensor:
        heads = projected.unflatten(-1, [self.num_heads, self.embed_dim // self.num_heads])
        if not batched:
            heads = heads.unsqueeze(0)
        elif not self.batch_first:
            heads = heads.transpose(0, 1)
        return heads.transpose(1, 2)

    def _join(self, heads: Tensor, batched: bool) -> Tensor:
        """The inverse of `_split`."""
        joined = heads.transpose(1, 2)
        if not batched:
            joined = joined.squeeze(0)
        elif not self.batch_first:
            joined = joined.transpose(0, 1)
        return joined.flatten(-2)

    def _mask(
        self, padding: Tensor | None, pairs: Tensor | None, length: int, like: Tensor
    ) -> Tensor | None:
        """One mask to add to the logits, which broadcasts to (N, num_heads, L, S)."""
        batch = like.size(0)
        mask: Tensor | None = None
        if pairs is not None:
            expected = [(like.size(2), length), (batch * self.num_heads, like.size(2), length)]
            if tuple(pairs.shape) not in expected:
                raise tg.ShapeError(
                    f"{self.op}: attn_mask must be of shape {expected[0]} or {expected[1]}, got "
                    f"{tuple(pairs.shape)}"
                )
            mask = self._additive(pairs, like)
            if pairs.ndim == 3:
                mask = mask.unflatten(0, [batch, self.num_heads])
        if padding is not None:
            padding = padding.unsqueeze(0) if padding.ndim == 1 else padding
            if tuple(padding.shape) != (batch, length):
                raise tg.ShapeError(
                    f"{self.op}: key_padding_mask must be of shape {(batch, length)}, got "
                    f"{tuple(padding.shape)}"
                )
            keys_out = self._additive(padding, like).unsqueeze(1).unsqueeze(1)
            mask = keys_out if mask is None else mask + keys_out
        return mask

    def _additive(self, mask: Tensor, like: Tensor) -> Tensor:
        """A mask as something to add to logits of the dtype of `like`: -inf leaves out."""
        if mask.dtype == tg.bool:
            return tg.zeros_like(mask, dtype=like.dtype).masked_fill(mask, -math.inf)
        if not mask.is_floating_point():
            raise TypeError(f"{self.op}: a mask must be bool or floating, got {mask.dtype}")
        return mask.to(like.dtype)

    def _appended(self, keys: Tensor) -> tuple[Tensor, Tensor] | None:
        """The trained key and value, and the zero ones, which no mask covers."""
        shape = [keys.size(0), self.num_heads, 1, keys.size(3)]
        pairs = []
        if self.bias_k is not None and self.bias_v is not None:
            split = [1, self.num_heads, 1, keys.size(3)]
            given = (self.bias_k, self.bias_v)
            pairs.append([bias.reshape(split).expand(shape) for bias in given])
        if self.add_zero:
            pairs.append([keys.new_zeros(shape)] * 2)
        if not pairs:
            return None
        return tg.cat([pair[0] for pair in pairs], 2), tg.cat([pair[1] for pair in pairs], 2)


def _causal(queries: int, keys: int, like: Tensor, mask: Tensor | None) -> Tensor:
    future = like.new_full([queries, keys], -math.inf).triu(1)
    return future if mask is None else mask + future


def _weights(queries: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
    logits = (queries * (1.0 / math.sqrt(queries.size(-1)))) @ keys.transpose(-2, -1)
    if mask is None:
        weights: Tensor = _softmax(logits, -1)
        return weights
    sees_none = (mask == -math.inf).all(-1, keepdim=True)
    weights = _softmax(logits + mask.masked_fill(sees_none, 0.0), -1)
    return weights.masked_fill(sees_none, 0.0)


def _in_weights(given: tuple[Tensor | None, ...] | Tensor | None) -> Tensor | Three:
    separate = isinstance(given, tuple)
    if given is None or (isinstance(given, tuple) and any(w is None for w in given)):
        missing = "q_, k_ and v_proj_weight" if separate else "in_proj_weight"
        raise TypeError(f"{_OP}: expects {missing}, got None")
    return cast("Tensor | Three", given)


def _check_settings(
    size: int, heads: int, bias_k: Tensor | None, bias_v: Tensor | None, static_k: Tensor | None
) -> None:
    if heads < 1 or size % heads:
        raise ValueError(
            f"{_OP}: embed_dim_to_check must be divisible by num_heads, got {size} and {heads}"
        )
    if (bias_k is None) != (bias_v is None) or (bias_k is not None and static_k is not None):
        raise ValueError(f"{_OP}: bias_k goes with bias_v, and excludes static_k and static_v")


# fmt: off
@takes_tensors
def multi_head_attention_forward(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
    in_proj_weight: Tensor | None, in_proj_bias: Tensor | None,
    bias_k: Tensor | None, bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float,
    out_proj_weight: Tensor, out_proj_bias: Tensor | None, training: bool = True,
    key_padding_mask: Tensor | None = None, need_weights: bool = True,
    attn_mask: Tensor | None = None, use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None, k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None, static_k: Tensor | None = None,
    static_v: Tensor | None = None, average_attn_weights: bool = True, is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention by several heads: concat(head_1 … head_h) Woᵀ + bo.

    head_i = softmax(q kᵀ / √d + mask) v, with q, k, v the i-th part, of size d = E / num_heads, of
    the projected query, key and value.

    query: (L, N, E), key: (S, N, kdim), value: (S, N, vdim), or all without N.  E must be
    embed_dim_to_check.  in_proj_weight: (3 E, E), the three projections one below the other; with
    `use_separate_proj_weight` q_proj_weight (E, E), k_proj_weight (E, kdim) and v_proj_weight (E,
    vdim) instead.  in_proj_bias: (3 E).  bias_k, bias_v: (1, 1, E), a key and a value appended to
    the projected ones; add_zero_attn appends zeros.  static_k, static_v: (N num_heads, S, d), used
    in place of the projected key and value.  dropout_p: of the weights, in training.

    key_padding_mask: (N, S) or (S), attn_mask: (L, S) or (N num_heads, L, S); bool (True leaves
    out) or numbers that are added.  What is appended is never masked (PyTorch hides it where only
    is_causal is given and no weights are needed).  is_causal: query i sees the
    keys 0 … i; together with attn_mask it is a hint that attn_mask says so.  A query that may see
    no key gets weights and a result of 0 before the last projection, where PyTorch gives NaN with
    `need_weights`.

    Returns the result, of query's shape, and the weights: their mean over the heads, (N, L, S), or
    (N, num_heads, L, S) without `average_attn_weights`, None without `need_weights`, which is
    fastest and takes memory linear in L + S.  Raises ShapeError when shapes do not fit.  Source:
    Vaswani et al., 2017.

    >>> import topograd as tg
    >>> x, weight = tg.ones(2, 1, 4), tg.ones(12, 4)
    >>> result, weights = tg.nn.functional.multi_head_attention_forward(
    ...     x, x, x, 4, 2, weight, None, None, None, False, 0.0, tg.eye(4), None
    ... )
    >>> result[0].tolist(), weights.tolist()
    ([[4.0, 4.0, 4.0, 4.0]], [[[0.5, 0.5], [0.5, 0.5]]])
    """
    separate = (q_proj_weight, k_proj_weight, v_proj_weight)
    weights = _in_weights(separate if use_separate_proj_weight else in_proj_weight)
    _check_settings(embed_dim_to_check, num_heads, bias_k, bias_v, static_k)
    attend = AttentionByHeads(
        _OP, embed_dim_to_check, num_heads, weights, in_proj_bias, out_proj_weight, out_proj_bias,
        bias_k, bias_v, add_zero_attn, static_k=static_k, static_v=static_v,
    )
    return attend(
        query, key, value, key_padding_mask, attn_mask, is_causal,
        dropout_p if training else 0.0, need_weights, average_attn_weights,
    )
# fmt: on
