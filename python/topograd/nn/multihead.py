"""Multi-head attention."""

from __future__ import annotations

from typing import Any, cast

import topograd as tg
from topograd._C import Tensor
from topograd.nn import init
from topograd.nn.composed_attention import AttentionByHeads, Three
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
    without `need_weights`, which is fastest.

    dropout: probability of dropping a weight in training.  bias: of the projections.  add_bias_kv,
    add_zero_attn: appends a trained or a zero key and value, which no mask covers.  in_proj_weight:
    (3 embed_dim, embed_dim), or, where kdim or vdim (default embed_dim) differ, q_proj_weight
    (embed_dim, embed_dim), k_proj_weight (embed_dim, kdim) and v_proj_weight (embed_dim, vdim), all
    Xavier-uniform at first; in_proj_bias: (3 embed_dim), zeros; out_proj: Linear(embed_dim,
    embed_dim), its bias zeros; bias_k, bias_v: (1, 1, embed_dim), Xavier-normal.  Raises ValueError
    if num_heads does not divide embed_dim. Source: Vaswani et al., 2017.

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

        packed = self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
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
        says so.  A query that may see no key gives out_proj(0) and weights of 0.
        """
        separate = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        weights = separate if self.in_proj_weight is None else self.in_proj_weight
        attend = AttentionByHeads(
            "MultiheadAttention",
            self.embed_dim,
            self.num_heads,
            cast("Tensor | Three", weights),
            self.in_proj_bias,
            self.out_proj.weight,
            self.out_proj.bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.batch_first,
        )
        return attend(
            query,
            key,
            value,
            key_padding_mask,
            attn_mask,
            is_causal,
            self.dropout if self.training else 0.0,
            need_weights,
            average_attn_weights,
        )
