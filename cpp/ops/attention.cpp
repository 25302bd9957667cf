// Scaled dot product attention.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

kernels::AttentionShape attention_shape(const Tensor& q, const Tensor& k, const Tensor& v,
                                        const Tensor& bias, bool causal, double scale) {
  kernels::AttentionShape s{};
  s.batch = q.shape()[0];
  s.heads = q.shape()[1];
  s.queries = q.shape()[2];
  s.width = q.shape()[3];
  s.key_heads = k.shape()[1];
  s.keys = k.shape()[2];
  s.value_width = v.shape()[3];
  s.causal = causal;
  s.scale = scale;
  if (bias.defined())
    for (int d = 0; d < 4; ++d) s.bias_stride[d] = bias.shape()[d] == 1 ? 0 : bias.strides()[d];
  return s;
}

/// x as the kernel reads it: in its dtype, the elements of a row side by side.
Tensor plain_rows(const Tensor& x, DType type) {
  const Tensor y = converted(x, type);
  return y.shape()[3] <= 1 || y.strides()[3] == 1 ? y : dense(y);
}
kernels::HeadRows rows_of(const Tensor& x) {
  return {x.address(), x.strides()[0], x.strides()[1], x.strides()[2]};
}
/// New memory of x's shape but for the last size, in the order of dims that x has: what heads are
/// joined from lies side by side then.
Tensor new_rows(const Tensor& x, index width, DType type) {
  Dims shape = x.shape();
  shape[3] = width;
  const Dims order = memory_order(x);
  const Tensor rows = Tensor::empty(shape, type);
  if (order[3] != 3 || is_row_major(order)) return rows;
  return restrided(rows, shape, strides_in_order(shape, order), 0);
}

/// The kernel's inputs of one call.
struct Prepared {
  DType type;
  Tensor query, key, value, bias;
  kernels::AttentionShape shape;

  Prepared(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, bool causal,
           double scale)
      : type(compute_dtype(q.dtype())),
        query(plain_rows(q, type)),
        key(plain_rows(k, type)),
        value(plain_rows(v, type)),
        bias(mask.defined() ? converted(mask, type) : mask),
        shape(attention_shape(query, key, value, bias, causal, scale)) {}

  const kernels::Attention& kernel() const { return kernel_table().attention[real_index(type)]; }
  kernels::AttentionForward call(const Tensor& out, const Tensor& lse) const {
    return {rows_of(query), rows_of(key), rows_of(value), bias.defined() ? bias.address() : nullptr,
            rows_of(out),   lse.address()};
  }
  /// Into how many parts backward divides the keys, so that few heads occupy several threads.
  index parts() const {
    constexpr index enough = 8, keys_of_part = 128;
    const index heads = std::max<index>(1, shape.batch * shape.key_heads);
    const index most = std::max<index>(1, shape.keys / keys_of_part);
    return std::clamp<index>(enough / heads, 1, most);
  }
};

void check_shapes(const Tensor& q, const Tensor& k, const Tensor& v, std::string_view op) {
  const bool ranks = q.rank() >= 2 && k.rank() == q.rank() && v.rank() == q.rank();
  expect<ShapeError>(
      ranks && q.shape().at(-1) == k.shape().at(-1) && k.shape().at(-2) == v.shape().at(-2),
      "{}: query {}, key {} and value {} do not fit: expected (…, L, E), (…, S, E), (…, S, V)", op,
      q.shape(), k.shape(), v.shape());
  for (int d = 0; d + 2 < k.rank(); ++d)
    expect<ShapeError>(k.shape()[d] > 0 || q.count() == 0,
                       "{}: key {} has no heads for the query {}", op, k.shape(), q.shape());
  expect<NotSupported>(q.dtype() == k.dtype() && q.dtype() == v.dtype() && is_floating(q.dtype()),
                       "{}: expects one floating point dtype, got {}, {} and {}", op, q.dtype(),
                       k.dtype(), v.dtype());
}

/// Heads of k and v repeated so that there is one per query head.
Tensor repeated_heads(const Tensor& x, index heads) {
  const index times = x.shape()[1] == 0 ? 1 : heads / x.shape()[1];
  if (times == 1) return x;
  Dims wide = x.shape();
  wide.insert(2, times);
  Dims shape = x.shape();
  shape[1] = heads;
  return reshape(expand(unsqueeze(x, 2), wide), shape);
}
Tensor summed_heads(const Tensor& g, index key_heads) {
  if (g.shape()[1] == key_heads) return g;
  return sum(unflatten(g, 1, Dims{key_heads, -1}), Dims{2}, false, {});
}

Tensor causal_mask(index queries, index keys, DType dtype) {
  return triu(Tensor::full({queries, keys}, -HUGE_VAL, dtype), 1);
}

/// Probabilities written in other ops; a row without a key gives zeros.
Tensor probabilities(const Tensor& q, const Tensor& k, const Tensor& bias, bool causal,
                     double scale) {
  Tensor scores = matmul(q, matrix_transpose(k)) * scale;
  if (bias.defined()) scores = scores + bias;
  if (causal) scores = scores + causal_mask(q.shape()[2], k.shape()[2], q.dtype());
  const Tensor total = logsumexp(scores, Dims{-1}, true);
  return exp(scores - where(isinf(total), Tensor::zeros({}, q.dtype()), total));
}

struct Pieces {
  Tensor p, dp_minus;  // probabilities; P * (dP - sum(dP * P))
  Tensor keys, values;
};
Pieces backward_pieces(const Tensor& g, const Tensor& q, const Tensor& k, const Tensor& v,
                       const Tensor& bias, bool causal, double scale) {
  const index heads = q.shape()[1];
  Pieces r{{}, {}, repeated_heads(k, heads), repeated_heads(v, heads)};
  r.p = probabilities(q, r.keys, bias, causal, scale);
  const Tensor dp = matmul(g, matrix_transpose(r.values));
  r.dp_minus = r.p * (dp - sum(dp * r.p, Dims{-1}, true, {}));
  return r;
}

Tensors fused_backward(const Call& c, const Tensor& g, const Tensor& q, const Tensor& k,
                       const Tensor& v, const Tensor& bias, bool causal, double scale) {
  const Prepared ready(q, k, v, bias, causal, scale);
  const DType type = ready.type;
  const Tensor gradient = plain_rows(g, type), out = plain_rows(c.output(0), type);
  const index parts = ready.parts();
  Dims partial{parts};
  for (index size : q.shape()) partial.push_back(size);
  Tensor dq = parts > 1 ? Tensor::empty(partial, type) : new_rows(q, q.shape()[3], type);
  const Tensor first_dq = parts > 1 ? select(dq, 0, 0) : dq;
  const Tensor dk = new_rows(k, k.shape()[3], type), dv = new_rows(v, v.shape()[3], type);
  Tensor dbias;
  if (bias.defined() && c.wants(3))
    dbias = Tensor::zeros({q.shape()[0], q.shape()[1], q.shape()[2], k.shape()[2]}, type);
  ready.kernel().backward(
      ready.shape, ready.call(out, c.output(1)),
      {rows_of(gradient), rows_of(first_dq), rows_of(dk), rows_of(dv),
       dbias.defined() ? dbias.address() : nullptr, parts, parts > 1 ? dq.strides()[0] : 0});
  if (parts > 1) dq = sum(dq, Dims{0}, false, {});
  return {converted(dq, q.dtype()), converted(dk, k.dtype()), converted(dv, v.dtype()),
          dbias.defined() ? sum_to(converted(dbias, bias.dtype()), bias.shape()) : dbias};
}

/// Boolean masks (True: takes part) as numbers to add; padded with leading dims to four.
Tensor additive(const Tensor& mask, const Tensor& q) {
  Tensor bias = cast(mask, is_boolean(mask.dtype()) ? mask.dtype() : q.dtype());
  if (is_boolean(mask.dtype()))
    bias = where(mask, Tensor::zeros({}, q.dtype()), Tensor::full({}, -HUGE_VAL, q.dtype()));
  while (bias.rank() < 4) bias = unsqueeze(bias, 0);
  return bias;
}

/// (…, L, E) as (batch, heads, L, E).
Tensor four_dims(const Tensor& x, const Dims& leading) {
  if (x.rank() == 4) return x;
  Dims wide = leading;
  wide.push_back(x.shape().at(-2));
  wide.push_back(x.shape().at(-1));
  const Tensor full = expand(x, wide);
  if (x.rank() < 4) {
    Tensor y = full;
    while (y.rank() < 4) y = unsqueeze(y, 0);
    return y;
  }
  return flatten(full, 0, x.rank() - 4);
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Tensor, Tensor, double, bool, std::optional<double>,
                          bool)>
    scaled_dot_product_attention{{
        .signature = "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? "
                     "attn_mask=None, "
                     "float dropout_p=0.0, bool is_causal=False, *, float? scale=None, bool "
                     "enable_gqa=False)",
        .doc =
            R"(Attention, softmax(query @ key.mT * scale + mask) @ value, in memory linear in L + S.

query: (*, L, E), key: (*, S, E), value: (*, S, V), of one floating dtype; leading dims broadcast.
Returns (*, L, V). scale: default 1 / sqrt(E). attn_mask: bool (True takes part) or numbers that are
added, broadcasting to (*, L, S). is_causal=True: query i sees keys 0 to i; excludes attn_mask.
A query that sees no key gives 0. enable_gqa=True: dim -3 of query is a multiple of that of key and
value, whose heads are shared by groups. dropout_p: probability (default 0) of dropping each weight;
above 0 the weights (*, L, S) are stored.
Raises ShapeError when shapes do not fit, ValueError for a mask with is_causal, RuntimeError for
different dtypes. Source: Vaswani and others, 2017; Dao and others, 2022.

>>> x, value = tg.ones(2, 4), tg.tensor([[1.0], [3.0]])
>>> F.scaled_dot_product_attention(x, x, value)
tensor([[2.],
        [2.]])
>>> F.scaled_dot_product_attention(x, x, value, is_causal=True)
tensor([[1.],
        [2.]])
)",
        .forward =
            [](const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
               double dropout_p, bool causal, std::optional<double> scale, bool grouped) {
              constexpr const char* op = "scaled_dot_product_attention";
              check_shapes(q, k, v, op);
              expect<ValueError>(dropout_p >= 0 && dropout_p <= 1,
                                 "{}: dropout_p must be in [0, 1], got {}", op, dropout_p);
              expect<DTypeError>(
                  !mask.defined() || is_boolean(mask.dtype()) || mask.dtype() == DType::float32 ||
                      mask.dtype() == q.dtype(),
                  "{}: attn_mask must be bool, float32 or of the query's dtype {}, got {}", op,
                  q.dtype(), mask.defined() ? mask.dtype() : q.dtype());
              expect<ValueError>(!(mask.defined() && causal),
                                 "{}: attn_mask and is_causal exclude each other", op);
              const double factor = scale.value_or(
                  1 / std::sqrt(static_cast<double>(std::max<index>(1, q.shape().back()))));
              Dims leading(q.shape().begin(), q.shape().end() - 2);
              Dims key_leading(k.shape().begin(), k.shape().end() - 2);
              if (grouped) {
                expect<ShapeError>(q.rank() >= 3 && k.shape().at(-3) > 0 &&
                                       q.shape().at(-3) % k.shape().at(-3) == 0,
                                   "{}: query heads of {} are no multiple of the key heads of {}",
                                   op, q.shape(), k.shape());
              } else {
                leading = broadcast_shapes(leading, key_leading, op);
                leading =
                    broadcast_shapes(leading, Dims(v.shape().begin(), v.shape().end() - 2), op);
                key_leading = leading;
              }
              const auto ready = [&](const Tensor& x, const Dims& lead) {
                Dims wide = lead;
                wide.push_back(x.shape().at(-2));
                wide.push_back(x.shape().at(-1));
                return four_dims(x.shape() == wide ? x : expand(x, wide), lead);
              };
              const Tensor query = ready(q, leading), key = ready(k, key_leading),
                           value = ready(v, key_leading);
              Tensor bias;
              if (mask.defined()) {
                Dims wide = leading;
                wide.push_back(q.shape().at(-2));
                wide.push_back(k.shape().at(-2));
                expect<ShapeError>(broadcast_shapes(mask.shape(), wide, op) == wide,
                                   "{}: attn_mask of shape {} does not broadcast to {}", op,
                                   mask.shape(), wide);
                bias = mask.rank() > 4
                           ? additive(flatten(expand(mask, wide), 0, wide.size() - 4), q)
                           : additive(mask, q);
              }
              Tensor out;
              if (dropout_p > 0) {
                const Tensor p = probabilities(query, repeated_heads(key, query.shape()[1]), bias,
                                               causal, factor);
                out = matmul(dropout(p, dropout_p, true, false),
                             repeated_heads(value, query.shape()[1]));
              } else {
                out = attention(query, key, value, bias, causal, factor)[0];
              }
              Dims shape = leading;
              shape.push_back(q.shape().at(-2));
              shape.push_back(v.shape().at(-1));
              return out.shape() == shape ? out : reshape(out, shape);
            },
        .traits = is_functional | is_random,
        .samples = []() -> std::vector<Sample> {
          return {{sample({2, 2, 3, 4}), sample({2, 2, 5, 4}), sample({2, 2, 5, 3}), Arg(), 0.0,
                   false, Arg(), false},
                  {sample({2, 3, 4}), sample({2, 3, 4}), sample({2, 3, 4}), Arg(), 0.0, true, 0.7,
                   false},
                  {sample({1, 4, 3, 2}), sample({1, 2, 3, 2}), sample({1, 2, 3, 2}), sample({3, 3}),
                   0.0, false, Arg(), true}};
        },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, Tensor, bool, double)> attention{{
    .signature =
        "attention(Tensor query, Tensor key, Tensor value, Tensor? bias, bool causal, float scale)"
        " -> (Tensor result, Tensor logsumexp)",
    .doc = R"(Attention of (batch, heads, L, E) in one kernel. Only the result has a derivative.)",
    .forward =
        [](const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& bias, bool causal,
           double scale) {
          check_shapes(q, k, v, "attention");
          expect<ShapeError>(q.rank() == 4 && k.shape()[0] == q.shape()[0] &&
                                 v.shape()[0] == q.shape()[0] && k.shape()[1] == v.shape()[1] &&
                                 k.shape()[1] > 0 && q.shape()[1] % k.shape()[1] == 0,
                             "attention: query {}, key {} and value {} do not fit", q.shape(),
                             k.shape(), v.shape());
          const Dims scores{q.shape()[0], q.shape()[1], q.shape()[2], k.shape()[2]};
          expect<ShapeError>(
              !bias.defined() || (bias.rank() == 4 &&
                                  broadcast_shapes(bias.shape(), scores, "attention") == scores),
              "attention: bias of shape {} does not broadcast to {}",
              bias.defined() ? bias.shape() : Dims(), scores);
          const Prepared ready(q, k, v, bias, causal, scale);
          const Tensor out = new_rows(q, v.shape()[3], ready.type);
          const Tensor lse = Tensor::empty({scores[0], scores[1], scores[2]}, ready.type);
          ready.kernel().forward(ready.shape, ready.call(out, lse));
          return Tensors{converted(out, q.dtype()), lse};
        },
    .derivative =
        General{
            .vjp = {[](const Call& c, const Tensors& g, const Tensor& q, const Tensor& k,
                       const Tensor& v, const Tensor& bias, bool causal, double scale) -> Tensors {
              const Pieces r = backward_pieces(g[0], q, k, v, bias, causal, scale);
              Tensors gradients{
                  matmul(r.dp_minus, r.keys) * scale,
                  summed_heads(matmul(matrix_transpose(r.dp_minus), q) * scale, k.shape()[1]),
                  summed_heads(matmul(matrix_transpose(r.p), g[0]), k.shape()[1]), Tensor()};
              if (bias.defined() && c.wants(3)) gradients[3] = sum_to(r.dp_minus, bias.shape());
              return gradients;
            }},
            .jvp = {[](const Call&, const Tensors& t, const Tensor& q, const Tensor& k,
                       const Tensor& v, const Tensor& bias, bool causal, double scale) -> Tensors {
              const index heads = q.shape()[1];
              const Tensor keys = repeated_heads(k, heads), values = repeated_heads(v, heads);
              const Tensor p = probabilities(q, keys, bias, causal, scale);
              Tensor change = Tensor::zeros(p.shape(), q.dtype());
              if (t[0].defined()) change = change + matmul(t[0], matrix_transpose(keys)) * scale;
              if (t[1].defined())
                change = change + matmul(q, matrix_transpose(repeated_heads(t[1], heads))) * scale;
              if (t[3].defined()) change = change + t[3];
              const Tensor dp = p * (change - sum(p * change, Dims{-1}, true, {}));
              Tensor out = matmul(dp, values);
              if (t[2].defined()) out = out + matmul(p, repeated_heads(t[2], heads));
              return {out, Tensor()};
            }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& q, const Tensor& k,
                    const Tensor& v, const Tensor& bias, bool causal, double scale) -> Tensors {
      return fused_backward(c, g[0], q, k, v, bias, causal, scale);
    }},
    .saves = saves_inputs | saves_output,
    .traits = is_hidden,
    .differentiable_outputs = 1,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 4, 3, 2}), sample({2, 2, 5, 2}), sample({2, 2, 5, 3}),
               sample({1, 1, 3, 5}), false, 0.7},
              {sample({1, 2, 3, 2}), sample({1, 2, 3, 2}), sample({1, 2, 3, 2}), Arg(), true, 0.5}};
    },
}};

Family attention_family() { return {&scaled_dot_product_attention, &attention}; }

}  // namespace topograd
