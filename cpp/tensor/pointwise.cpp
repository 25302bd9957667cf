#include "tensor/pointwise.h"

#include <cstdlib>

#include "base/pool.h"
#include "tensor/body.h"
#include "tensor/memory_order.h"
#include "tensor/reduce.h"

namespace topograd {
namespace {

constexpr int max_inputs = 4;
constexpr index grain = 16384;
constexpr index tile = 512;
constexpr index short_row = 128;  // rows up to here are computed several at a time

kernels::Convert converter(DType from, DType to) {
  return from == to ? nullptr
                    : kernels::active().convert[static_cast<int>(from)][static_cast<int>(to)];
}

/// One array of the loop nest: where it starts, how it moves, and how its elements become the
/// loop's.
struct Operand {
  char* start;
  index element;             // bytes in memory
  index loop_element;        // bytes inside the loop
  kernels::Convert convert;  // null: same type
  Dims strides;              // in elements, aligned to the output's dims; 0 where broadcast
};

struct Nest {
  kernels::Loop loop;
  const double* params;
  int inputs;
  Operand operand[max_inputs + 1];  // the last one is the output
  Dims sizes;

  Operand& output() { return operand[inputs]; }
};

Dims aligned_strides(const Tensor& x, const Dims& shape) {
  Dims strides = Dims::filled(shape.size(), 0);
  const int shift = shape.size() - x.rank();
  for (int d = 0; d < x.rank(); ++d)
    if (x.shape()[d] != 1) strides[d + shift] = x.strides()[d];
  return strides;
}

/// Joins neighbouring dims that every operand crosses with one stride, and drops dims of size 1.
void coalesce(Nest& nest) {
  Dims sizes;
  Dims strides[max_inputs + 1];
  for (int d = 0; d < nest.sizes.size(); ++d) {
    if (nest.sizes[d] == 1) continue;
    bool joins = !sizes.empty();
    for (int i = 0; joins && i <= nest.inputs; ++i)
      joins = strides[i].back() == nest.operand[i].strides[d] * nest.sizes[d];
    if (joins) {
      sizes[sizes.size() - 1] *= nest.sizes[d];
      for (int i = 0; i <= nest.inputs; ++i)
        strides[i][sizes.size() - 1] = nest.operand[i].strides[d];
    } else {
      sizes.push_back(nest.sizes[d]);
      for (int i = 0; i <= nest.inputs; ++i) strides[i].push_back(nest.operand[i].strides[d]);
    }
  }
  if (sizes.empty()) {
    sizes.push_back(1);
    for (int i = 0; i <= nest.inputs; ++i) strides[i].push_back(1);
  }
  nest.sizes = std::move(sizes);
  for (int i = 0; i <= nest.inputs; ++i) nest.operand[i].strides = std::move(strides[i]);
}

/// Runs `count` elements along the innermost dim from the given places; operands whose type or
/// stride is not the loop's go through a tile.
void run_inner(const Nest& nest, char* const* at, index count) {
  alignas(64) char buffer[max_inputs + 1][tile * 16];
  alignas(64) char raw[tile * 16];
  const auto& movement = kernels::active().movement;
  const int inner = nest.sizes.size() - 1;
  const Operand& out = nest.operand[nest.inputs];
  const index out_stride = out.strides[inner];
  for (index begin = 0; begin < count; begin += tile) {
    const index n = count - begin < tile ? count - begin : tile;
    const void* in[max_inputs];
    index step[max_inputs];
    for (int i = 0; i < nest.inputs; ++i) {
      const Operand& from = nest.operand[i];
      const index stride = from.strides[inner];
      const char* place = at[i] + begin * stride * from.element;
      const index wanted = stride == 0 ? 1 : n;
      step[i] = stride == 0 ? 0 : 1;
      if (stride != 0 && stride != 1 && n > 1) {
        char* packed = from.convert != nullptr ? raw : buffer[i];
        movement.load_strided(place, stride, packed, n, from.element);
        place = packed;
      }
      if (from.convert != nullptr) {
        from.convert(place, buffer[i], wanted);
        place = buffer[i];
      }
      in[i] = place;
    }
    char* place = at[nest.inputs] + begin * out_stride * out.element;
    const bool strided = out_stride != 1 && n > 1;
    if (out.convert == nullptr && !strided) {
      nest.loop(in, step, place, n, nest.params);
      continue;
    }
    char* computed = buffer[nest.inputs];
    nest.loop(in, step, computed, n, nest.params);
    if (out.convert != nullptr) {
      out.convert(computed, strided ? raw : place, n);
      computed = raw;
    }
    if (strided) movement.store_strided(computed, place, out_stride, n, out.element);
  }
}

/// Where a walk over the rows of a nest stands.
struct Position {
  index at[max_rank];
  char* place[max_inputs + 1];  // of the row's first element

  Position(const Nest& nest, index row) {
    const int inner = nest.sizes.size() - 1;
    for (int i = 0; i <= nest.inputs; ++i) place[i] = nest.operand[i].start;
    for (int d = inner - 1; d >= 0; --d) {
      at[d] = row % nest.sizes[d];
      row /= nest.sizes[d];
      move(nest, d, at[d]);
    }
  }
  void next_row(const Nest& nest) {
    for (int d = nest.sizes.size() - 2; d >= 0; --d) {
      move(nest, d, 1);
      if (++at[d] < nest.sizes[d]) return;
      move(nest, d, -nest.sizes[d]);
      at[d] = 0;
    }
  }

 private:
  void move(const Nest& nest, int d, index steps) {
    for (int i = 0; i <= nest.inputs; ++i)
      place[i] += steps * nest.operand[i].strides[d] * nest.operand[i].element;
  }
};

/// Every row is what the loop takes: no tile is needed.
bool is_direct(const Nest& nest) {
  const int inner = nest.sizes.size() - 1;
  for (int i = 0; i <= nest.inputs; ++i) {
    const Operand& operand = nest.operand[i];
    const index stride = operand.strides[inner];
    if (operand.convert != nullptr || (stride != 1 && (stride != 0 || i == nest.inputs)))
      return false;
  }
  return true;
}

/// Elements [begin, end) of the nest in row-major order.
void run_range(const Nest& nest, index begin, index end) {
  const int inner = nest.sizes.size() - 1;
  const index width = nest.sizes[inner];
  Position row(nest, begin / width);
  index column = begin % width;
  const bool direct = is_direct(nest);
  while (begin < end) {
    const index count = width - column < end - begin ? width - column : end - begin;
    char* at[max_inputs + 1];
    for (int i = 0; i <= nest.inputs; ++i)
      at[i] = row.place[i] + column * nest.operand[i].strides[inner] * nest.operand[i].element;
    if (direct) {
      const void* in[max_inputs];
      index step[max_inputs];
      for (int i = 0; i < nest.inputs; ++i) {
        in[i] = at[i];
        step[i] = nest.operand[i].strides[inner];
      }
      nest.loop(in, step, at[nest.inputs], count, nest.params);
    } else {
      run_inner(nest, at, count);
    }
    begin += count;
    column = 0;
    if (begin < end) row.next_row(nest);
  }
}

/// How the rows of an operand follow each other.
enum class Follow {
  repeat_element,  ///< one element everywhere
  dense,           ///< in row-major order without gaps
  repeat_row,      ///< one row everywhere
  strided,
};

Follow follow_of(const Nest& nest, const Operand& operand) {
  const int inner = nest.sizes.size() - 1;
  bool repeats = true, follows = true;
  index expected = nest.sizes[inner];
  for (int d = inner - 1; d >= 0; --d) {
    repeats = repeats && operand.strides[d] == 0;
    follows = follows && operand.strides[d] == expected;
    expected *= nest.sizes[d];
  }
  if (repeats) return operand.strides[inner] == 0 ? Follow::repeat_element : Follow::repeat_row;
  return follows && operand.strides[inner] == 1 ? Follow::dense : Follow::strided;
}

/// Some rows of an operand in the loop's type: where they are in memory, or in one of two buffers.
const void* load_rows(const Nest& nest, const Operand& from, Follow follow, index first, index rows,
                      char* buffer, char* raw) {
  const index width = nest.sizes.back();
  const char* place = from.start;
  if (follow == Follow::dense) {
    place += first * width * from.element;
  } else if (follow != Follow::repeat_element) {
    char* packed = from.convert != nullptr ? raw : buffer;
    kernels::active().movement.load_rows(from.start, nest.sizes.data(), from.strides.data(),
                                         nest.sizes.size(), first, rows, packed, from.element);
    place = packed;
  }
  if (from.convert == nullptr) return place;
  from.convert(place, buffer, follow == Follow::repeat_element ? 1 : rows * width);
  return buffer;
}

/// Rows [begin, end) of a nest of short rows, as many at a time as a tile holds: a call for each
/// would cost more than its elements.
void run_short_rows(const Nest& nest, index begin, index end) {
  constexpr index room = tile * 16 + kernels::spread_bytes;
  alignas(64) char buffer[max_inputs + 1][(room + 63) / 64 * 64];
  alignas(64) char raw[room];
  const index width = nest.sizes.back();
  const index together = tile / width;
  const Operand& out = nest.operand[nest.inputs];
  const Follow out_follow = follow_of(nest, out);
  Follow follow[max_inputs];
  index step[max_inputs];
  const void* in[max_inputs];
  for (int i = 0; i < nest.inputs; ++i) {
    follow[i] = follow_of(nest, nest.operand[i]);
    step[i] = follow[i] == Follow::repeat_element ? 0 : 1;
    if (follow[i] == Follow::repeat_element || follow[i] == Follow::repeat_row)
      in[i] = load_rows(nest, nest.operand[i], follow[i], 0,
                        together < end - begin ? together : end - begin, buffer[i], raw);
  }
  for (index row = begin; row < end; row += together) {
    const index rows = together < end - row ? together : end - row;
    for (int i = 0; i < nest.inputs; ++i)
      if (follow[i] == Follow::dense || follow[i] == Follow::strided)
        in[i] = load_rows(nest, nest.operand[i], follow[i], row, rows, buffer[i], raw);
    const bool direct = out_follow == Follow::dense;
    char* place = direct ? out.start + row * width * out.element : nullptr;
    char* computed = direct && out.convert == nullptr ? place : buffer[nest.inputs];
    nest.loop(in, step, computed, rows * width, nest.params);
    if (out.convert != nullptr) {
      out.convert(computed, direct ? place : raw, rows * width);
      computed = raw;
    }
    if (!direct)
      kernels::active().movement.store_rows(computed, out.start, nest.sizes.data(),
                                            out.strides.data(), nest.sizes.size(), row, rows,
                                            out.element);
  }
}

void run(const Nest& nest, index count) {
  const index width = nest.sizes.back();
  if (nest.sizes.size() > 1 && width <= short_row)
    parallel(count / width, grain / width,
             [&](index begin, index end) { run_short_rows(nest, begin, end); });
  else
    parallel(count, grain, [&](index begin, index end) { run_range(nest, begin, end); });
}

/// Whether another dim is walked in shorter steps than the last.
bool transposed(const Tensor& x) {
  const int last = x.rank() - 1;
  if (last < 1 || x.shape()[last] == 1) return false;
  const index step = std::abs(x.strides()[last]);
  for (int d = 0; d < last; ++d)
    if (x.shape()[d] > 1 && x.strides()[d] != 0 && std::abs(x.strides()[d]) < step) return true;
  return false;
}

Operand operand_of(const Tensor& x, DType loop_type, bool is_output, const Dims& shape) {
  const DType from = is_output ? loop_type : x.dtype();
  const DType to = is_output ? x.dtype() : loop_type;
  return {static_cast<char*>(x.address()), static_cast<index>(size_of(x.dtype())),
          static_cast<index>(size_of(loop_type)), converter(from, to), aligned_strides(x, shape)};
}

/// Every operand dense with the output's shape, or a single element, and of the loop's type: no
/// nest is needed.
bool run_flat(const Pointwise& call, kernels::Loop loop, DType loop_type, DType out_type,
              const Tensor& out) {
  if (!out.contiguous() || out.dtype() != out_type) return false;
  const char* in[max_inputs];
  index step[max_inputs];
  index element[max_inputs];
  alignas(16) char number[max_inputs][16];
  for (int i = 0; i < call.count; ++i) {
    const Tensor& x = *call.inputs[i];
    const DType wanted = (call.kernel.boolean_inputs >> i & 1) != 0 ? DType::boolean : loop_type;
    if (x.count() == 1) {
      in[i] = static_cast<const char*>(x.address());
      step[i] = 0;
      if (auto convert = converter(x.dtype(), wanted)) {
        convert(in[i], number[i], 1);
        in[i] = number[i];
      }
    } else {
      if (!x.contiguous() || x.dtype() != wanted || x.count() != out.count()) return false;
      if (!(x.shape() == out.shape())) return false;
      in[i] = static_cast<const char*>(x.address());
      step[i] = 1;
    }
    element[i] = step[i] * static_cast<index>(size_of(wanted));
  }
  char* target = static_cast<char*>(out.address());
  const auto out_element = static_cast<index>(size_of(out_type));
  if (out.count() <= grain) {
    loop(reinterpret_cast<const void* const*>(in), step, target, out.count(), call.params);
    return true;
  }
  parallel(out.count(), grain, [&](index begin, index end) {
    const void* piece[max_inputs];
    for (int i = 0; i < call.count; ++i) piece[i] = in[i] + begin * element[i];
    loop(piece, step, target + begin * out_element, end - begin, call.params);
  });
  return true;
}

bool only_numbers(const Pointwise& call) {
  for (int i = 0; i < call.count; ++i)
    if (!call.inputs[i]->body()->wrapped_number) return false;
  return true;
}

/// Written numbers among themselves keep their precision, and the result is one again.
Tensor combine_numbers(Pointwise call) {
  if (is_floating(call.common)) call.common = DType::float64;
  if (is_floating(call.result)) call.result = DType::float64;
  if (is_complex(call.common)) call.common = DType::complex128;
  if (is_complex(call.result)) call.result = DType::complex128;
  const Tensor out = Tensor::empty({}, call.result);
  run_pointwise(call, &out);
  out.body()->wrapped_number = true;
  return out;
}

Dims broadcast_shape(const Pointwise& call) {
  Dims shape = call.inputs[0]->shape();
  for (int i = 1; i < call.count; ++i)
    if (!(call.inputs[i]->shape() == shape))
      shape = broadcast_shapes(shape, call.inputs[i]->shape(), call.op);
  return shape;
}

/// A new result in the memory order of the inputs.
Tensor make_result(const Pointwise& call, const Dims& shape) {
  bool row_major = true, alike = true;
  const Tensor& first = *call.inputs[0];
  for (int i = 0; i < call.count; ++i) {
    const Tensor& x = *call.inputs[i];
    row_major = row_major && x.contiguous();
    alike = alike && x.shape() == first.shape() && x.strides() == first.strides();
  }
  if (row_major) return Tensor::empty(shape, call.result);
  const Dims order = memory_order(call.inputs, call.count, shape);
  const Tensor out = Tensor::empty(shape, call.result);
  if (alike && fills_memory(first)) return restrided(out, shape, first.strides(), 0);
  return is_row_major(order) ? out : restrided(out, shape, strides_in_order(shape, order), 0);
}

/// The dtype of what the loop writes.
DType written_type(const kernels::Elementwise& kernel, DType loop_type) {
  if (kernel.boolean_output) return DType::boolean;
  switch (kernel.field) {
    case kernels::Field::real: return real_of(loop_type);
    case kernels::Field::complex: return complex_of(loop_type);
    default: return loop_type;
  }
}

void compute(const Pointwise& call, const Tensor& out) {
  const kernels::Loop loop = call.kernel.loop[static_cast<int>(compute_of(call.common))];
  const DType loop_type = compute_dtype(call.common);
  const DType out_type = written_type(call.kernel, loop_type);
  if (run_flat(call, loop, loop_type, out_type, out)) return;

  // A transposed operand is made dense first: the blocked copy moves at memory speed, element by
  // element it would not.
  Tensor made_dense[max_inputs];
  Nest nest{.loop = loop,
            .params = call.params,
            .inputs = call.count,
            .operand = {},
            .sizes = out.shape()};
  for (int i = 0; i < call.count; ++i) {
    const Tensor* x = call.inputs[i];
    if (x->count() > 1024 && transposed(*x)) {
      made_dense[i] = dense(*x);
      x = &made_dense[i];
    }
    const DType wanted = (call.kernel.boolean_inputs >> i & 1) != 0 ? DType::boolean : loop_type;
    nest.operand[i] = operand_of(*x, wanted, false, out.shape());
  }
  nest.output() = operand_of(out, out_type, true, out.shape());
  coalesce(nest);
  run(nest, out.count());
}

/// Seen in the order of the output's memory, operands of one transposed layout are dense.
void compute_in_order(Pointwise call, const Tensor& out) {
  if (out.contiguous()) return compute(call, out);
  const Dims order = memory_order(out);
  if (is_row_major(order)) return compute(call, out);
  Tensor turned[max_inputs];
  const Tensor* inputs[max_inputs];
  for (int i = 0; i < call.count; ++i) {
    turned[i] = call.inputs[i]->count() == 1 ? *call.inputs[i] : in_order(*call.inputs[i], order);
    inputs[i] = &turned[i];
  }
  call.inputs = inputs;
  compute(call, in_order(out, order));
}

}  // namespace

Tensor run_pointwise(const Pointwise& call, const Tensor* target) {
  if (target == nullptr && call.inputs[0]->rank() == 0 && only_numbers(call))
    return combine_numbers(call);
  expect<DTypeError>(call.kernel.loop[static_cast<int>(compute_of(call.common))] != nullptr,
                     "{}: does not exist for dtype {}", call.op, call.common);
  const Dims shape = broadcast_shape(call);
  if (target != nullptr)
    expect<ShapeError>(target->shape() == shape,
                       "{}: the result has shape {}, which does not fit the output of shape {}",
                       call.op, shape, target->shape());
  const Tensor out = target != nullptr ? *target : make_result(call, shape);
  if (out.count() == 0) return out;

  // An input that shares memory with the target, other than being it, is read from a copy.
  Tensor apart[max_inputs];
  const Tensor* separate[max_inputs];
  Pointwise safe = call;
  if (target != nullptr) {
    for (int i = 0; i < call.count; ++i) {
      const Tensor& x = *call.inputs[i];
      separate[i] = &x;
      const bool itself = x.address() == target->address() && x.shape() == target->shape() &&
                          x.strides() == target->strides() && x.dtype() == target->dtype();
      if (itself || !may_overlap(x, *target)) continue;
      apart[i] = dense_copy(x);
      separate[i] = &apart[i];
    }
    safe.inputs = separate;
  }
  compute_in_order(safe, out);
  return out;
}

}  // namespace topograd
