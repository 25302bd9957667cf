// The derivatives of a recurrent layer, written in ops. They read what the layer keeps instead of
// computing it again: those are outputs with a derivative of their own, so that the rules hold in
// any order.

#include "ops/recurrent_walk.h"

namespace topograd {
namespace {

using kernels::RecurrentStep;

/// a (1 - a), the slope of a sigmoid whose value is a.
Tensor sigmoid_slope(const Tensor& a) { return a * (1 - a); }
Tensor tanh_slope(const Tensor& a) { return 1 - a * a; }

/// Tangent of states · weightᵀ as far as it comes from the weight, and of `added`; by rows.
Tensor weight_tangent(const Tensor& added, const Tensor& weight, const Tensor& before, index rows,
                      index width, DType type) {
  Tensor total = added.defined() ? cast(flat(added), type) : Tensor::zeros({rows, width}, type);
  if (weight.defined()) total = total + matmul(before, matrix_transpose(cast(weight, type)));
  return total;
}

/// The parts of a walk onward as an output like this one.
Tensor as_output(const Sequence& sequence, Tensors parts, const Tensor& like) {
  return cast(reshape(joined(sequence, std::move(parts), false), like.shape()), like.dtype());
}

struct LstmParts {
  Sequence sequence;
  index n;
  DType type;
  Tensor out, cells, kept, cells_before, weight, projection;
  Tensor slopes;  ///< of i f g o with respect to what they are functions of
  Tensor in, forget, update, outgate, bounded;

  LstmParts(const Call& c, const Tensor& gates, const Tensor& state, const Tensor& cell,
            const Tensor& w, const Tensor& project, const Dims& sizes, bool reverse)
      : sequence(sequence_of(gates, state, sizes, reverse, "recurrent_lstm")),
        n(cell.shape()[1]),
        type(compute_dtype(gates.dtype())),
        out(cast(flat(c.output(0)), type)),
        cells(cast(flat(c.output(1)), type)),
        kept(flat(c.output(2))),
        cells_before(states_before(sequence, cast(cell, type), cells)),
        weight(cast(w, type)),
        projection(project.defined() ? cast(project, type) : project),
        in(part(kept, 0, n)),
        forget(part(kept, 1, n)),
        update(part(kept, 2, n)),
        outgate(part(kept, 3, n)),
        bounded(part(kept, 4, n)) {
    slopes = cat(
        {sigmoid_slope(in), sigmoid_slope(forget), tanh_slope(update), sigmoid_slope(outgate)}, 1);
  }
};

struct GruParts {
  Sequence sequence;
  index n;
  DType type;
  Tensor kept, before, weight, reset, update, inner, fresh;

  GruParts(const Call& c, const Tensor& gates, const Tensor& state, const Tensor& w,
           const Dims& sizes, bool reverse)
      : sequence(sequence_of(gates, state, sizes, reverse, "recurrent_gru")),
        n(state.shape()[1]),
        type(compute_dtype(gates.dtype())),
        kept(flat(c.output(1))),
        before(states_before(sequence, cast(state, type), cast(flat(c.output(0)), type))),
        weight(cast(w, type)),
        reset(part(kept, 0, n)),
        update(part(kept, 1, n)),
        inner(part(kept, 2, n)),
        fresh(part(kept, 3, n)) {}
};

}  // namespace

// ------------------------------------------------------------------ tanh or relu

Tensors rnn_vjp(const Call& c, const Tensor& g, const Tensor& gates, const Tensor& state,
                const Tensor& weight, const Dims& sizes, bool reverse, bool relu) {
  const Sequence sequence = sequence_of(gates, state, sizes, reverse, "recurrent_rnn");
  const Tensor out = flat(c.output()), given = flat(g);
  const Tensor slope = relu ? cast(gt(out, 0), out.dtype()) : tanh_slope(out);
  Backward back;
  Tensors parts;
  for (auto step = sequence.steps.rbegin(); step != sequence.steps.rend(); ++step) {
    parts.push_back(back.arriving(*step, rows_of(given, *step)) * rows_of(slope, *step));
    back.hand(*step, matmul(parts.back(), weight));
  }
  const Tensor gradient = joined(sequence, std::move(parts), true);
  return {reshape(gradient, gates.shape()), back.initial(),
          weight_gradient(gradient, states_before(sequence, state, out))};
}

Tensor rnn_jvp(const Call& c, const Tensors& t, const Tensor& gates, const Tensor& state,
               const Tensor& weight, const Dims& sizes, bool reverse, bool relu) {
  const Sequence sequence = sequence_of(gates, state, sizes, reverse, "recurrent_rnn");
  const Tensor out = flat(c.output());
  const DType type = out.dtype();
  const Tensor slope = relu ? cast(gt(out, 0), type) : tanh_slope(out);
  const index n = weight.shape()[0];
  const Tensor added =
      weight_tangent(t[0], t[2], states_before(sequence, state, out), sequence.rows, n, type);
  Onward onward(t[1], sequence.batch, n, type);
  Tensors parts;
  for (const RecurrentStep& step : sequence.steps) {
    const Tensor total =
        rows_of(added, step) + matmul(onward.before(step), matrix_transpose(weight));
    parts.push_back(total * rows_of(slope, step));
    onward.set(parts.back());
  }
  return reshape(joined(sequence, std::move(parts), false), gates.shape());
}

// ------------------------------------------------------------------ long short-term memory

Tensors lstm_vjp(const Call& c, const Tensors& g, const Tensor& gates, const Tensor& state,
                 const Tensor& cell, const Tensor& weight, const Tensor& projection,
                 const Dims& sizes, bool reverse) {
  const LstmParts p(c, gates, state, cell, weight, projection, sizes, reverse);
  const index n = p.n;
  const Tensor given = cast(or_zeros(flat(g[0]), p.out.shape(), p.type), p.type);
  const Tensor given_cells = cast(or_zeros(flat(g[1]), p.cells.shape(), p.type), p.type);
  const Tensor given_kept = or_zeros(flat(g[2]), p.kept.shape(), p.type);
  const Tensor factors = cat({p.update, p.cells_before, p.in, p.bounded}, 1);
  const Tensor bounded_slope = tanh_slope(p.bounded);
  Backward back, cell_back;
  Tensors parts, totals;
  for (auto at = p.sequence.steps.rbegin(); at != p.sequence.steps.rend(); ++at) {
    const RecurrentStep& step = *at;
    const Tensor kept = rows_of(given_kept, step);
    const Tensor total = back.arriving(step, rows_of(given, step));
    const Tensor hidden = projection.defined() ? matmul(total, p.projection) : total;
    const Tensor bounded = hidden * rows_of(p.outgate, step) + part(kept, 4, n);
    const Tensor here = cell_back.arriving(step, rows_of(given_cells, step)) +
                        bounded * rows_of(bounded_slope, step);
    const Tensor d =
        (cat({here, here, here, hidden}, 1) * rows_of(factors, step) + narrow(kept, 1, 0, 4 * n)) *
        rows_of(p.slopes, step);
    back.hand(step, matmul(d, p.weight));
    cell_back.hand(step, here * rows_of(p.forget, step));
    parts.push_back(d);
    totals.push_back(total);
  }
  const Tensor gradient = joined(p.sequence, std::move(parts), true);
  Tensors result{reshape(gradient, gates.shape()), back.initial(), cell_back.initial(),
                 weight_gradient(gradient, states_before(p.sequence, cast(state, p.type), p.out)),
                 Tensor()};
  if (projection.defined())
    result[4] = weight_gradient(joined(p.sequence, std::move(totals), true), p.outgate * p.bounded);
  return result;
}

Tensors lstm_jvp(const Call& c, const Tensors& t, const Tensor& gates, const Tensor& state,
                 const Tensor& cell, const Tensor& weight, const Tensor& projection,
                 const Dims& sizes, bool reverse) {
  const LstmParts p(c, gates, state, cell, weight, projection, sizes, reverse);
  const index n = p.n, rows = p.sequence.rows;
  const Tensor before = states_before(p.sequence, cast(state, p.type), p.out);
  const Tensor added = weight_tangent(t[0], t[3], before, rows, 4 * n, p.type);
  const Tensor bounded_slope = tanh_slope(p.bounded), hidden = p.outgate * p.bounded;
  Onward onward(t[1], p.sequence.batch, weight.shape()[1], p.type);
  Onward cell_onward(t[2], p.sequence.batch, n, p.type);
  Tensors outs, cells, kept;
  for (const RecurrentStep& step : p.sequence.steps) {
    const auto here = [&](const Tensor& x) { return rows_of(x, step); };
    const Tensor acts =
        (here(added) + matmul(onward.before(step), matrix_transpose(p.weight))) * here(p.slopes);
    const Tensor d_cell = here(p.forget) * cell_onward.before(step) +
                          part(acts, 1, n) * here(p.cells_before) +
                          part(acts, 0, n) * here(p.update) + here(p.in) * part(acts, 2, n);
    const Tensor d_bounded = here(bounded_slope) * d_cell;
    Tensor out = part(acts, 3, n) * here(p.bounded) + here(p.outgate) * d_bounded;
    if (projection.defined()) {
      out = matmul(out, matrix_transpose(p.projection));
      if (t[4].defined()) out = out + matmul(here(hidden), matrix_transpose(cast(t[4], p.type)));
    }
    onward.set(out);
    cell_onward.set(d_cell);
    outs.push_back(out);
    cells.push_back(d_cell);
    kept.push_back(cat({acts, d_bounded}, 1));
  }
  return {as_output(p.sequence, std::move(outs), c.output(0)),
          as_output(p.sequence, std::move(cells), c.output(1)),
          as_output(p.sequence, std::move(kept), c.output(2))};
}

// ------------------------------------------------------------------ gated recurrent unit

Tensors gru_vjp(const Call& c, const Tensors& g, const Tensor& gates, const Tensor& state,
                const Tensor& weight, const Tensor& bias, const Dims& sizes, bool reverse) {
  const GruParts p(c, gates, state, weight, sizes, reverse);
  const index n = p.n;
  const Tensor given = cast(or_zeros(flat(g[0]), p.before.shape(), p.type), p.type);
  const Tensor given_kept = or_zeros(flat(g[1]), p.kept.shape(), p.type);
  const Tensor reset_slope = sigmoid_slope(p.reset), update_slope = sigmoid_slope(p.update),
               fresh_slope = tanh_slope(p.fresh), change = p.before - p.fresh;
  Backward back;
  Tensors parts, products;
  for (auto at = p.sequence.steps.rbegin(); at != p.sequence.steps.rend(); ++at) {
    const auto here = [&](const Tensor& x) { return rows_of(x, *at); };
    const Tensor kept = here(given_kept), update = here(p.update);
    const Tensor total = back.arriving(*at, here(given));
    const Tensor d_fresh = (total * (1 - update) + part(kept, 3, n)) * here(fresh_slope);
    const Tensor d_inner = d_fresh * here(p.reset) + part(kept, 2, n);
    const Tensor d_reset = (d_fresh * here(p.inner) + part(kept, 0, n)) * here(reset_slope);
    const Tensor d_update = (total * here(change) + part(kept, 1, n)) * here(update_slope);
    parts.push_back(cat({d_reset, d_update, d_fresh}, 1));
    products.push_back(cat({d_reset, d_update, d_inner}, 1));
    back.hand(*at, total * update + matmul(products.back(), p.weight));
  }
  const Tensor product = joined(p.sequence, std::move(products), true);
  Tensors result{reshape(joined(p.sequence, std::move(parts), true), gates.shape()), back.initial(),
                 weight_gradient(product, p.before), Tensor()};
  if (bias.defined()) result[3] = sum(product, Dims{0}, false, {});
  return result;
}

Tensors gru_jvp(const Call& c, const Tensors& t, const Tensor& gates, const Tensor& state,
                const Tensor& weight, const Tensor&, const Dims& sizes, bool reverse) {
  const GruParts p(c, gates, state, weight, sizes, reverse);
  const index n = p.n, rows = p.sequence.rows;
  const Tensor outside = weight_tangent(t[0], Tensor(), p.before, rows, 3 * n, p.type);
  Tensor inside = weight_tangent(Tensor(), t[2], p.before, rows, 3 * n, p.type);
  if (t[3].defined()) inside = inside + cast(t[3], p.type);
  const Tensor reset_slope = sigmoid_slope(p.reset), update_slope = sigmoid_slope(p.update),
               fresh_slope = tanh_slope(p.fresh), change = p.before - p.fresh;
  Onward onward(t[1], p.sequence.batch, n, p.type);
  Tensors outs, kept;
  for (const RecurrentStep& step : p.sequence.steps) {
    const auto here = [&](const Tensor& x) { return rows_of(x, step); };
    const Tensor before = onward.before(step), gate = here(outside), update = here(p.update);
    const Tensor product = here(inside) + matmul(before, matrix_transpose(p.weight));
    const Tensor d_reset = (part(gate, 0, n) + part(product, 0, n)) * here(reset_slope);
    const Tensor d_update = (part(gate, 1, n) + part(product, 1, n)) * here(update_slope);
    const Tensor d_inner = part(product, 2, n);
    const Tensor d_fresh =
        (part(gate, 2, n) + d_reset * here(p.inner) + here(p.reset) * d_inner) * here(fresh_slope);
    outs.push_back(d_fresh * (1 - update) + d_update * here(change) + update * before);
    kept.push_back(cat({d_reset, d_update, d_inner, d_fresh}, 1));
    onward.set(outs.back());
  }
  return {as_output(p.sequence, std::move(outs), c.output(0)),
          as_output(p.sequence, std::move(kept), c.output(1))};
}

}  // namespace topograd
