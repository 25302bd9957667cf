#include "ops/placement.h"

#include "graph/mode.h"
#include "ops/family.h"
#include "ops/indexing.h"

namespace topograd {

namespace {

/// The least and the greatest of dense int64 positions, of which there is one at least.
struct Limits {
  index least, greatest;
  explicit Limits(const Tensor& at) {
    if (at.count() > 4096) {  // the kernels have wide registers
      const Tensors both = aminmax(at, {}, false);
      least = both[0].item<index>();
      greatest = both[1].item<index>();
      return;
    }
    const auto* data = at.data<std::int64_t>();
    least = greatest = data[0];
    for (index i = 1; i < at.count(); ++i) {
      least = std::min(least, data[i]);
      greatest = std::max(greatest, data[i]);
    }
  }
};

}  // namespace

void check_positions(const Tensor& at, index n, std::string_view op) {
  expect<DTypeError>(is_integer(at.dtype()), "{}: index must hold integers, got {} of shape {}", op,
                     at.dtype(), at.shape());
  const Tensor whole = dense(converted(at, DType::int64));
  if (kernel_table().movement.all_inside(whole.data<std::int64_t>(), whole.count(), n)) return;
  const Limits limits(whole);
  fail<IndexError>("{}: index {} is out of range for size {}", op,
                   limits.least < 0 ? limits.least : limits.greatest, n);
}

Tensor wrapped_positions(const Tensor& at, index n, std::string_view op) {
  expect<DTypeError>(is_integer(at.dtype()), "{}: index must hold integers, got {} of shape {}", op,
                     at.dtype(), at.shape());
  const Tensor whole = dense(converted(at, DType::int64));
  if (at.count() == 0) return whole;
  const Limits limits(whole);
  expect<IndexError>(limits.least >= -n && limits.greatest < n,
                     "{}: index {} is out of range for size {}", op,
                     limits.greatest < n ? limits.least : limits.greatest, n);
  if (limits.least >= 0) return whole;
  const auto* from = whole.data<std::int64_t>();
  const Tensor out = Tensor::empty(at.shape(), DType::int64);
  auto* to = out.data<std::int64_t>();
  for (index i = 0; i < at.count(); ++i) to[i] = from[i] < 0 ? from[i] + n : from[i];
  return out;
}

Tensor met_by(const Tensor& x, int dim, const Dims& shape) {
  Dims sizes = shape;
  if (x.rank() > 0) sizes[dim] = x.shape()[dim];
  return restrided(x, sizes, x.strides(), x.body()->offset);
}

Tensor positions_along(const Tensor& x, int dim, const Tensor& at, std::string_view op) {
  expect<DTypeError>(is_integer(at.dtype()), "{}: index must hold integers, got {} of shape {}", op,
                     at.dtype(), at.shape());
  if (at.rank() == 0 && x.rank() == 1) return reshape(at, Dims{1});
  bool fits = at.rank() == x.rank() || x.rank() == 0;
  for (int d = 0; fits && d < x.rank(); ++d) fits = d == dim || at.shape()[d] <= x.shape()[d];
  expect<ShapeError>(fits, "{}: index of shape {} does not fit the input of shape {} (dim {})", op,
                     at.shape(), x.shape(), dim);
  return at;
}

Dims with_index_rows(const Tensor& x, int dim, const Tensor& at) {
  Dims shape = x.shape();
  if (x.rank() > 0) shape[dim] = at.count();
  return shape;
}

void check_index_rows(const Tensor& x, int dim, const Tensor& at, const Tensor& source,
                      std::string_view op) {
  expect<ShapeError>(at.rank() <= 1, "{}: index must be 1-d, got shape {}", op, at.shape());
  expect<ShapeError>(source.shape() == with_index_rows(x, dim, at),
                     "{}: source of shape {} does not fit input {} with {} positions in dim {}", op,
                     source.shape(), x.shape(), at.count(), dim);
  expect<NotSupported>(source.dtype() == x.dtype(), "{}: dtypes differ: input is {}, source is {}",
                       op, x.dtype(), source.dtype());
}

Tensor identity_of(Landing how, DType dtype) {
  const bool whole = !is_differentiable(dtype);
  switch (how) {
    case Landing::greatest:
      return Tensor::full({}, whole ? Scalar(std::numeric_limits<std::int64_t>::min()) : -HUGE_VAL,
                          dtype);
    case Landing::least:
      return Tensor::full({}, whole ? Scalar(std::numeric_limits<std::int64_t>::max()) : HUGE_VAL,
                          dtype);
    case Landing::product: return Tensor::ones({}, dtype);
    default: return Tensor::zeros({}, dtype);
  }
}

namespace {

/// A scatter into dense memory: `work` [outer][n][inner] in the dtype of `from`, which has the
/// shape of `at`.
void land(const Tensor& work, const Tensor& at, const Tensor& from, const Axis& axis, index n,
          const Scattering& scattering) {
  const auto* places = at.data<std::int64_t>();
  const auto size = static_cast<index>(size_of(work.dtype()));
  const kernels::Table& table = kernel_table();
  if (!scattering.include_self && scattering.how != Landing::write) {
    const Tensor start = dense(expand(identity_of(scattering.how, work.dtype()), at.shape()));
    table.movement.scatter(start.address(), places, work.address(), axis.outer, n, axis.n,
                           axis.inner, size);
  }
  const auto& adding = table.adding[static_cast<int>(compute_of(work.dtype()))];
  const auto combine = [&](kernels::Combination operation) {
    expect<DTypeError>(adding.scatter_combine != nullptr, "scatter: not defined for {}",
                       work.dtype());
    adding.scatter_combine(operation, from.address(), places, work.address(), axis.outer, n, axis.n,
                           axis.inner);
  };
  switch (scattering.how) {
    case Landing::write:
      return table.movement.scatter(from.address(), places, work.address(), axis.outer, n, axis.n,
                                    axis.inner, size);
    case Landing::add:
      return adding.scatter_add(from.address(), places, work.address(), axis.outer, n, axis.n,
                                axis.inner);
    case Landing::product: return combine(kernels::Combination::product);
    case Landing::greatest: return combine(kernels::Combination::greatest);
    case Landing::least: return combine(kernels::Combination::least);
  }
}

}  // namespace

Tensor scattered(Target target, const Tensor& x, std::int64_t dim, const Tensor& index_tensor,
                 const Tensor& source, const Scattering& scattering, std::string_view op) {
  if (scattering.how == Landing::greatest || scattering.how == Landing::least)
    expect_real(x.dtype(), op);
  const int d = wrap_dim(dim, x.rank(), op);
  const Tensor positions = positions_along(x, d, index_tensor, op);
  const index n = x.rank() == 0 ? 1 : x.shape()[d];
  check_positions(positions, n, op);
  expect<NotSupported>(source.dtype() == x.dtype() || source.body()->wrapped_number,
                       "{}: dtypes differ: input is {}, src is {}", op, x.dtype(), source.dtype());
  Tensor from = source;
  if (source.rank() == 0)
    from = expand(converted(source, x.dtype()), positions.shape());
  else
    for (int i = 0; i < source.rank(); ++i)
      expect<ShapeError>(
          source.rank() == positions.rank() && positions.shape()[i] <= source.shape()[i],
          "{}: src of shape {} is smaller than index of shape {}", op, source.shape(),
          index_tensor.shape());
  Tensor out = target.tensor != nullptr ? *target.tensor : dense_copy(x);
  if (positions.count() == 0) return out;
  if (may_overlap(from, out)) from = dense_copy(from);
  from = dense(restrided(from, positions.shape(), from.strides(), from.body()->offset));
  const Tensor at = dense(converted(positions, DType::int64));
  const Tensor met = x.rank() == 0 ? out : met_by(out, d, at.shape());
  const Axis axis = axis_of(at.shape(), d);
  const Tensor work = met.contiguous() ? met : dense_copy(met);
  const DType computed = scattering.how == Landing::write ? x.dtype() : compute_dtype(x.dtype());
  const Tensor typed = converted(work, computed);
  land(typed, may_overlap(at, out) ? dense_copy(at) : at, converted(from, computed), axis, n,
       scattering);
  if (!typed.same_as(work)) copy_elements(typed, work);
  if (!work.same_as(met)) copy_elements(work, met);
  return out;
}

Tensor spread_over(const Tensor& g, const Dims& shape) {
  if (g.shape() == shape) return g;
  if (shape.empty()) return sum(g, {}, false, {});
  if (g.rank() == 0) return spread_over(reshape(g, Dims{1}), shape);
  Dims amounts;
  for (int d = shape.size() - 1; d >= 0; --d) {
    amounts.push_back(0);
    amounts.push_back(shape[d] - g.shape()[d]);
  }
  return constant_pad(g, amounts, 0.0);
}

Tensors integer_indices(const Tensor& x, const Tensors& indices) {
  Tensors result;
  int dim = 0;
  for (const Tensor& at : indices) {
    if (!at.defined() || !is_boolean(at.dtype())) {
      expect<IndexError>(!at.defined() || is_integer(at.dtype()),
                         "index: tensors used as indices must be int64 or bool, got {} of shape {}",
                         at.defined() ? at.dtype() : DType::int64,
                         at.defined() ? at.shape() : Dims());
      result.push_back(at);
      ++dim;
      continue;
    }
    for (int d = 0; d < at.rank(); ++d)
      expect<IndexError>(dim + d < x.rank() && x.shape()[dim + d] == at.shape()[d],
                         "index: the mask of shape {} does not fit the shape {} at dim {}",
                         at.shape(), x.shape(), dim);
    const bool followed = mode.everything;  // by calls that are recorded
    const Tensor at_all = followed ? nonzero(at) : positions_of_nonzero(at);
    for (int d = 0; d < at.rank(); ++d) {
      const Tensor column = select(at_all, 1, d);
      result.push_back(followed ? column : dense_copy(column));
    }
    dim += at.rank();
  }
  expect<IndexError>(dim <= x.rank(), "index: too many indices ({}) for shape {}", dim, x.shape());
  return result;
}

namespace {

/// Where the elements of x[indices] stand in the memory of x: `offsets` of runs of `run`
/// neighbours.
struct Placement {
  Tensor offsets;
  index run = 1;
  Dims index_shape;  // of the broadcast index tensors
  Dims rest;         // sizes of the dims that are kept
  int front = 0;     // kept dims in front of the index dims in the result

  Dims result_shape() const {
    Dims shape;
    for (int d = 0; d < front; ++d) shape.push_back(rest[d]);
    for (index size : index_shape) shape.push_back(size);
    for (int d = front; d < rest.size(); ++d) shape.push_back(rest[d]);
    return shape;
  }
  /// index dims, then kept dims: the order in which offsets run.
  Dims memory_shape() const {
    Dims shape = index_shape;
    for (index size : rest) shape.push_back(size);
    return shape;
  }
};

/// Element offsets of the index tensors alone, in dense order over their broadcast shape.
Tensor index_offsets(const Tensor& x, const Tensors& indices, Dims& shape) {
  for (const Tensor& at : indices)
    if (at.defined()) shape = broadcast_shapes(shape, at.shape(), "index");
  Tensor total = Tensor::zeros(shape, DType::int64);
  auto* sum = total.data<std::int64_t>();
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (!indices[i].defined()) continue;
    const int dim = static_cast<int>(i);
    const index n = x.shape()[dim], stride = x.strides()[dim];
    const Tensor at = dense(converted(expand(indices[i], shape), DType::int64));
    const auto* data = at.data<std::int64_t>();
    for (index k = 0; k < total.count(); ++k) {
      expect<IndexError>(data[k] >= -n && data[k] < n,
                         "index: {} is out of range for dim {} of shape {}", data[k], dim,
                         x.shape());
      sum[k] += (data[k] < 0 ? data[k] + n : data[k]) * stride;
    }
  }
  return total;
}

Placement place(const Tensor& x, const Tensors& indices) {
  Placement result;
  Dims rest_strides;
  int first = -1, last = -1, indexed = 0;
  for (int d = 0; d < x.rank(); ++d) {
    if (d < static_cast<int>(indices.size()) && indices[static_cast<std::size_t>(d)].defined()) {
      if (first < 0) first = d;
      last = d;
      ++indexed;
    } else {
      result.rest.push_back(x.shape()[d]);
      rest_strides.push_back(x.strides()[d]);
    }
  }
  result.front = first >= 0 && last - first + 1 == indexed ? first : 0;
  result.offsets = index_offsets(x, indices, result.index_shape);
  const Tensor kept = restrided(x, result.rest, rest_strides, 0);
  if (kept.contiguous()) {
    result.run = kept.count();
    return result;
  }
  // The kept dims are not one block: every element gets an offset of its own.
  const Tensor inner = Tensor::empty({kept.count()}, DType::int64);
  auto* data = inner.data<std::int64_t>();
  Dims counter = Dims::filled(result.rest.size(), 0);
  for (index i = 0; i < kept.count(); ++i) {
    data[i] = 0;
    for (int d = 0; d < counter.size(); ++d) data[i] += counter[d] * rest_strides[d];
    for (int d = counter.size() - 1; d >= 0 && ++counter[d] == result.rest[d]; --d) counter[d] = 0;
  }
  result.offsets = dense(add(reshape(result.offsets, Dims{-1, 1}), inner, 1));
  return result;
}

/// Moves `front` kept dims from behind the index dims to the front, as a view.
Tensor kept_first(const Tensor& x, const Placement& p) {
  if (p.front == 0) return x;
  Dims order;
  const int index_dims = p.index_shape.size();
  for (int d = 0; d < p.front; ++d) order.push_back(index_dims + d);
  for (int d = 0; d < index_dims; ++d) order.push_back(d);
  for (int d = p.front; d < p.rest.size(); ++d) order.push_back(index_dims + d);
  return permute(x, order);
}
Tensor kept_last(const Tensor& x, const Placement& p) {
  if (p.front == 0) return x;
  Dims order;
  const int index_dims = p.index_shape.size();
  for (int d = 0; d < index_dims; ++d) order.push_back(p.front + d);
  for (int d = 0; d < p.front; ++d) order.push_back(d);
  for (int d = p.front; d < p.rest.size(); ++d) order.push_back(index_dims + d);
  return permute(x, order);
}

}  // namespace

Tensor read_at(const Tensor& x, const Tensors& given) {
  const Tensors indices = integer_indices(x, given);
  const Placement p = place(x, indices);
  Tensor out = Tensor::empty(p.memory_shape(), x.dtype());
  if (out.count() > 0)
    kernel_table().movement.gather_rows(x.address(), p.offsets.data<std::int64_t>(), out.address(),
                                        p.offsets.count(), p.run,
                                        static_cast<index>(size_of(x.dtype())));
  return dense(kept_first(out, p));
}

Tensor write_at(Target target, const Tensor& x, const Tensors& given, const Tensor& values,
                bool accumulate) {
  expect<NotSupported>(
      values.dtype() == x.dtype() || values.rank() == 0 || values.body()->wrapped_number,
      "index_put: dtypes differ: input is {}, values are {}", x.dtype(), values.dtype());
  const Tensors indices = integer_indices(x, given);
  const Tensor out = target.tensor != nullptr ? *target.tensor : dense_copy(x);
  const Placement p = place(out, indices);
  const Dims shape = p.result_shape();
  expect<ShapeError>(values.rank() <= shape.size() &&
                         broadcast_shapes(shape, values.shape(), "index_put") == shape,
                     "index_put: values of shape {} do not broadcast to the indexed shape {}",
                     values.shape(), shape);
  const Tensor own = may_overlap(values, out) ? dense_copy(values) : values;
  Tensor from = dense(kept_last(expand(converted(own, x.dtype()), shape), p));
  if (from.count() == 0) return out;
  const auto* at = p.offsets.data<std::int64_t>();
  if (!accumulate) {
    kernel_table().movement.scatter_rows(from.address(), at, out.address(), p.offsets.count(),
                                         p.run, static_cast<index>(size_of(x.dtype())));
    return out;
  }
  const DType summed = compute_dtype(x.dtype());
  expect<NotSupported>(!overlaps_itself(out), "index_put: the input shares elements with itself");
  // Offsets refer to the memory of `out`; another type, or a strided target, is summed in a dense
  // copy.
  if (summed != x.dtype() || !out.contiguous()) {
    const Tensor work = dense_copy(converted(out, summed));
    copy_elements(write_at({}, work, indices, converted(own, summed), true), out);
    return out;
  }
  kernel_table().adding[static_cast<int>(compute_of(x.dtype()))].add_rows(
      from.address(), at, out.address(), p.offsets.count(), p.run, out.count());
  return out;
}

// ---------------------------------------------------------------- x[...]

namespace {

bool has_tensor(const Indices& indices) {
  for (const IndexItem& item : indices)
    if (item.kind == IndexItem::Kind::tensor) return true;
  return false;
}

/// Splits x[...] into a basic part, which leaves the dims that tensors index, and the tensors by
/// dim.
struct Split {
  Indices basic;
  Tensors tensors;
  bool zero_dim_mask = false;
};
Split split_indices(const Tensor& x, const Indices& indices) {
  Split result;
  int consumed = 0;
  for (const IndexItem& item : indices) {
    if (item.kind == IndexItem::Kind::integer || item.kind == IndexItem::Kind::slice) ++consumed;
    if (item.kind == IndexItem::Kind::tensor)
      consumed += is_boolean(item.tensor.dtype()) ? item.tensor.rank() : 1;
  }
  expect<IndexError>(consumed <= x.rank(), "index: too many indices ({}) for shape {}", consumed,
                     x.shape());
  const IndexItem everything{.kind = IndexItem::Kind::slice};
  for (const IndexItem& item : indices) switch (item.kind) {
      case IndexItem::Kind::integer: result.basic.push_back(item); break;
      case IndexItem::Kind::slice:
      case IndexItem::Kind::newaxis:
        result.basic.push_back(item);
        result.tensors.emplace_back();
        break;
      case IndexItem::Kind::ellipsis:
        for (int i = consumed; i < x.rank(); ++i) {
          result.basic.push_back(everything);
          result.tensors.emplace_back();
        }
        break;
      case IndexItem::Kind::tensor: {
        const bool mask = is_boolean(item.tensor.dtype());
        if (mask && item.tensor.rank() == 0) {
          // A single truth value adds a dim of size 1 and keeps it or empties it.
          result.basic.push_back({.kind = IndexItem::Kind::newaxis});
          result.tensors.push_back(reshape(item.tensor, Dims{1}));
          break;
        }
        for (int i = 0; i < (mask ? item.tensor.rank() : 1); ++i)
          result.basic.push_back(everything);
        result.tensors.push_back(item.tensor);
        break;
      }
    }
  return result;
}

}  // namespace

Tensor get_item(const Tensor& x, const Indices& indices) {
  if (!has_tensor(indices)) return basic_index(x, indices);
  const Split parts = split_indices(x, indices);
  const Tensor view = basic_index(x, parts.basic);
  return advanced_index(view, integer_indices(view, parts.tensors));
}

void set_item(const Tensor& x, const Indices& indices, const Tensor& value) {
  const Split parts = has_tensor(indices) ? split_indices(x, indices) : Split{indices, {}};
  const Tensor target = basic_index(x, parts.basic);
  // Leading dims of size 1 beyond those of the target are dropped, as in NumPy.
  Tensor source = value;
  if (parts.tensors.empty()) {
    while (source.rank() > target.rank() && source.shape()[0] == 1) source = select(source, 0, 0);
    copy.into(target, source, false);
    return;
  }
  const Tensor typed = source.dtype() == x.dtype() ? source : cast(source, x.dtype());
  index_put.into(target, integer_indices(target, parts.tensors), typed, false);
}

}  // namespace topograd
