#include "topograd/tensor.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <ostream>

#include "base/allocator.h"
#include "base/live_count.h"
#include "kernels/kernels.h"
#include "tensor/body.h"
#include "tensor/followed.h"
#include "tensor/memory_order.h"

namespace topograd {

std::ostream& operator<<(std::ostream& out, const Device& device) {
  if (device.kind == Device::Kind::cpu) return out << "cpu";
  return out << "cuda:" << static_cast<int>(device.number);
}

std::ostream& operator<<(std::ostream& out, const Scalar& scalar) {
  if (scalar.kind() == DType::boolean) return out << (scalar.integer() != 0 ? "True" : "False");
  if (scalar.is_real()) return out << scalar.real();
  if (scalar.is_complex()) {
    const double imaginary = scalar.complex().imag();
    return out << '(' << scalar.real() << (std::signbit(imaginary) ? "-" : "+")
               << std::abs(imaginary) << "j)";
  }
  return out << scalar.integer();
}

namespace detail {
namespace {
bool nobody_watches(TensorBody&) noexcept { return true; }
}  // namespace

bool (*forget_watched)(TensorBody& body) noexcept = nobody_watches;

Ref<TensorBody> TensorBody::make() { return Ref<TensorBody>(new TensorBody); }
TensorBody::TensorBody() { count_live(Live::tensor, 1); }
TensorBody::~TensorBody() { count_live(Live::tensor, -1); }
void TensorBody::destroy() noexcept {
  if (watched && !forget_watched(*this)) return;
  delete this;
}
}  // namespace detail

HollowRead::~HollowRead() = default;

// ---------------------------------------------------------------- making

Tensor Tensor::empty(const Dims& shape, DType dtype) {
  auto body = detail::TensorBody::make();
  body->count = count_of(shape);
  body->sizes = shape;
  body->strides = contiguous_strides(shape);
  body->dtype = dtype;
  body->storage = Storage::allocate(static_cast<std::size_t>(body->count) * size_of(dtype));
  return Tensor(std::move(body));
}

Scalar fitting(const Scalar& number, DType dtype, std::string_view op) {
  expect<DTypeError>(!number.is_complex() || is_complex(dtype) || number.complex().imag() == 0,
                     "{}: the complex number {} does not fit into {}", op, number, dtype);
  if (is_differentiable(dtype) || dtype == DType::boolean) return number;
  const double bound = std::ldexp(1.0, static_cast<int>(8 * size_of(dtype)) - 1);
  // As in PyTorch, negative numbers may wrap around in an unsigned type.
  const double low = dtype == DType::uint8 ? -255 : -bound;
  const double high = dtype == DType::uint8 ? 256 : bound;
  const bool fits = number.is_real() || dtype != DType::int64
                        ? std::trunc(number.real()) >= low && std::trunc(number.real()) < high
                        : true;
  expect<ValueError>(fits, "{}: {} does not fit into {}", op, number, dtype);
  return number;
}

Tensor Tensor::full(const Dims& shape, Scalar value, DType dtype) {
  fitting(value, dtype, "full");
  Tensor out = empty(shape, dtype);
  const bool zero = value.is_complex() ? false
                    : value.is_real()  ? value.real() == 0 && !std::signbit(value.real())
                                       : value.integer() == 0;
  if (zero) {
    std::memset(out.address(), 0, static_cast<std::size_t>(out.count()) * size_of(dtype));
    return out;
  }
  dispatch(dtype, [&]<class T>() {
    T element;
    if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>)
      element = T(static_cast<float>(value.real()));
    else if constexpr (dtype_of<T> == DType::complex64 || dtype_of<T> == DType::complex128)
      element = T(value.complex());
    else if (value.is_complex() && std::is_same_v<T, bool>)
      element = static_cast<T>(value.complex() != 0.0);
    else
      element = value.is_real() || value.is_complex() ? static_cast<T>(value.real())
                                                      : static_cast<T>(value.integer());
    T* data = out.data<T>();
    for (index i = 0; i < out.count(); ++i) data[i] = element;
  });
  return out;
}

Tensor Tensor::zeros(const Dims& shape, DType dtype) { return full(shape, 0, dtype); }
Tensor Tensor::ones(const Dims& shape, DType dtype) { return full(shape, 1, dtype); }

Tensor::Tensor(Scalar number) {
  *this = empty({}, number.kind());
  if (number.is_real())
    *data<double>() = number.real();
  else if (number.is_complex())
    *data<std::complex<double>>() = number.complex();
  else if (number.kind() == DType::int64)
    *data<std::int64_t>() = number.integer();
  else
    *data<bool>() = number.integer() != 0;
  body_->wrapped_number = true;
}

template <class T>
Tensor Tensor::of(const std::vector<T>& values, Dims shape) {
  expect<ShapeError>(count_of(shape) == static_cast<index>(values.size()),
                     "tensor: {} values do not fill the shape {}", values.size(), shape);
  Tensor out = empty(shape, dtype_of<T>);
  T* data = out.data<T>();
  for (std::size_t i = 0; i < values.size(); ++i) data[i] = values[i];
  return out;
}
template TOPOGRAD_API Tensor Tensor::of(const std::vector<float>&, Dims);
template TOPOGRAD_API Tensor Tensor::of(const std::vector<double>&, Dims);
template TOPOGRAD_API Tensor Tensor::of(const std::vector<std::int64_t>&, Dims);
template TOPOGRAD_API Tensor Tensor::of(const std::vector<bool>&, Dims);
template TOPOGRAD_API Tensor Tensor::of(const std::vector<std::complex<float>>&, Dims);
template TOPOGRAD_API Tensor Tensor::of(const std::vector<std::complex<double>>&, Dims);

// ---------------------------------------------------------------- looking

index Tensor::size(index dim) const {
  expect<IndexError>(rank() > 0, "size: a 0-d tensor has no dim {}", dim);
  return shape()[wrap_dim(dim, rank(), "size")];
}

void Tensor::refuse_hollow() const {
  fail<HollowRead>(
      "reads the data of a {} tensor of shape {} that was not saved{}", dtype(), shape(),
      body_->node ? ". What follows from a placeholder has no values while its graph is built: "
                    "leave a choice to tg.where, and read what graph.run(...) returns"
                  : " or follows from a placeholder");
}

Scalar Tensor::item() const {
  expect<ShapeError>(count() == 1,
                     "item: expects a tensor with one element, got {} elements of shape {}",
                     count(), shape());
  return dispatch(dtype(), [&]<class T>() -> Scalar {
    const T value = *static_cast<const T*>(address());
    if constexpr (std::is_same_v<T, bool>)
      return value;
    else if constexpr (std::is_integral_v<T>)
      return static_cast<std::int64_t>(value);
    else if constexpr (std::is_same_v<T, double>)
      return value;
    else if constexpr (dtype_of<T> == DType::complex64 || dtype_of<T> == DType::complex128)
      return std::complex<double>(value);
    else
      return static_cast<double>(static_cast<float>(value));
  });
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  const Tensor plain = dense(converted_freely(*this, dtype_of<T>));
  const T* data = plain.data<T>();
  return {data, data + plain.count()};
}
template TOPOGRAD_API std::vector<float> Tensor::to_vector() const;
template TOPOGRAD_API std::vector<double> Tensor::to_vector() const;
template TOPOGRAD_API std::vector<std::int64_t> Tensor::to_vector() const;
template TOPOGRAD_API std::vector<std::complex<double>> Tensor::to_vector() const;

Tensor Tensor::grad() const { return body_->rare ? body_->rare->grad : Tensor(); }

void Tensor::set_grad(const Tensor& gradient) const { detail::rare(*body_).grad = gradient; }

const std::string& Tensor::name() const {
  static const std::string none;
  return body_->rare ? body_->rare->name : none;
}

// ---------------------------------------------------------------- layouts

static bool is_dense(const Dims& sizes, const Dims& strides, index count) {
  if (count <= 1) return true;
  index expected = 1;
  for (int d = sizes.size() - 1; d >= 0; --d) {
    if (sizes[d] == 1) continue;
    if (strides[d] != expected) return false;
    expected *= sizes[d];
  }
  return true;
}

Tensor make_view(const Ref<Storage>& storage, Dims sizes, Dims strides, index offset, DType dtype) {
  check_rank_limit(sizes);
  auto body = detail::TensorBody::make();
  body->count = 1;
  for (index size : sizes) body->count *= size;
  body->contiguous = is_dense(sizes, strides, body->count);
  body->sizes = std::move(sizes);
  body->strides = std::move(strides);
  body->offset = offset;
  body->dtype = dtype;
  body->storage = storage;
  return Tensor(std::move(body));
}

Tensor restrided(const Tensor& x, Dims sizes, Dims strides, index offset) {
  Tensor view =
      make_view(x.body()->storage, std::move(sizes), std::move(strides), offset, x.dtype());
  view.body()->device = x.device();
  return view;
}

Tensor real_view(const Tensor& z) {
  Dims sizes = z.shape(), strides = z.strides();
  for (index& stride : strides) stride *= 2;
  sizes.push_back(2);
  strides.push_back(1);
  return make_view(z.body()->storage, sizes, strides, 2 * z.body()->offset, real_of(z.dtype()));
}

Tensor complex_view(const Tensor& pairs) {
  const int rank = pairs.rank() - 1;
  Dims strides(pairs.strides().begin(), pairs.strides().begin() + rank);
  for (index& stride : strides) stride /= 2;
  return make_view(pairs.body()->storage, Dims(pairs.shape().begin(), pairs.shape().begin() + rank),
                   strides, pairs.body()->offset / 2, complex_of(pairs.dtype()));
}

Tensor shallow_copy(const Tensor& x) {
  const auto& from = *x.body();
  auto body = detail::TensorBody::make();
  body->storage = from.storage;
  body->sizes = from.sizes;
  body->strides = from.strides;
  body->offset = from.offset;
  body->count = from.count;
  body->dtype = from.dtype;
  body->device = from.device;
  body->contiguous = from.contiguous;
  body->wrapped_number = from.wrapped_number;
  body->inference = from.inference;
  body->unseen = from.unseen;
  body->cut = from.cut;
  return Tensor(std::move(body));
}

Tensor without_node(const Tensor& x) {
  auto& body = *x.body();
  if (!body.saved) {
    body.saved = shallow_copy(x).leave();
    if (!x.name().empty()) detail::rare(*body.saved).name = x.name();
  }
  return Tensor(body.saved);
}

Tensor hollow_like(const Tensor& x) {
  auto body = detail::TensorBody::make();
  body->sizes = x.shape();
  body->strides = contiguous_strides(x.shape());
  body->count = x.count();
  body->dtype = x.dtype();
  body->device = x.device();
  body->cut = x.body()->cut;
  return Tensor(std::move(body));
}

Tensor Tensor::detach() const { return shallow_copy(*this); }

// ---------------------------------------------------------------- copying

Tensor dense_copy(const Tensor& x) {
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  const auto bytes = static_cast<index>(size_of(x.dtype()));
  constexpr index worth_threads = 1 << 18;
  if (x.contiguous() && x.count() * bytes < worth_threads)
    std::memcpy(out.address(), x.address(), static_cast<std::size_t>(x.count() * bytes));
  else
    kernels::active().movement.copy_to_dense(x.address(), x.shape().data(), x.strides().data(),
                                             x.rank(), out.address(), bytes);
  return out;
}

namespace detail {
void (*carry_history)(const Tensor& x, const Tensor& copy) = nullptr;
}

namespace {

/// The copy, with what is known of where it comes from.
Tensor followed(const Tensor& x, const Tensor& copy) {
  if (x.body()->node && detail::carry_history != nullptr) detail::carry_history(x, copy);
  return copy;
}

}  // namespace

Tensor dense(const Tensor& x) { return x.contiguous() ? x : followed(x, dense_copy(x)); }

Tensor converted(const Tensor& x, DType dtype) {
  expect<DTypeError>(!is_complex(x.dtype()) || is_complex(dtype) || dtype == DType::boolean,
                     "not defined for complex tensors: {} would lose its imaginary parts as {}",
                     x.dtype(), dtype);
  return converted_freely(x, dtype);
}

Tensor converted_freely(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  const Tensor source = dense(x);
  Tensor out = Tensor::empty(x.shape(), dtype);
  kernels::active().convert[static_cast<int>(x.dtype())][static_cast<int>(dtype)](
      source.address(), out.address(), x.count());
  return followed(x, out);
}

void copy_elements(const Tensor& source, const Tensor& target) {
  expect<ShapeError>(source.shape() == target.shape(),
                     "copy: source {} and target {} differ in shape", source.shape(),
                     target.shape());
  const auto bytes = static_cast<index>(size_of(target.dtype()));
  const auto& movement = kernels::active().movement;
  if (source.count() > 0 && !may_overlap(source, target)) {
    // Seen in the order of the target's memory, what fills memory is dense.
    const Dims order = memory_order(target);
    const Tensor to = is_row_major(order) ? target : in_order(target, order);
    if (to.contiguous()) {
      const Tensor from = is_row_major(order) ? source : in_order(source, order);
      if (source.dtype() != target.dtype())
        kernels::active()
            .convert[static_cast<int>(source.dtype())][static_cast<int>(target.dtype())](
                dense(from).address(), to.address(), to.count());
      else
        movement.copy_to_dense(from.address(), from.shape().data(), from.strides().data(),
                               from.rank(), to.address(), bytes);
      return;
    }
  }
  const bool rows = target.rank() > 0 && target.shape().back() > 1 &&
                    source.strides().back() == 1 && target.strides().back() == 1;
  if (rows && source.dtype() == target.dtype() && !may_overlap(source, target)) {
    movement.copy_rows_between(source.address(), source.strides().data(), target.address(),
                               target.strides().data(), target.shape().data(), target.rank(),
                               bytes);
    return;
  }
  const Tensor plain = dense(converted_freely(source, target.dtype()));
  if (target.contiguous())
    std::memmove(target.address(), plain.address(),
                 static_cast<std::size_t>(target.count() * bytes));
  else
    movement.copy_from_dense(plain.address(), target.address(), target.shape().data(),
                             target.strides().data(), target.rank(), bytes);
}

bool may_overlap(const Tensor& a, const Tensor& b) {
  if (a.body()->storage != b.body()->storage || a.count() == 0 || b.count() == 0) return false;
  const auto extent = [](const Tensor& x) {
    index low = x.body()->offset, high = low;
    for (int d = 0; d < x.rank(); ++d) {
      const index reach = (x.shape()[d] - 1) * x.strides()[d];
      (reach < 0 ? low : high) += reach;
    }
    return std::pair{low, high};
  };
  const auto [a_low, a_high] = extent(a);
  const auto [b_low, b_high] = extent(b);
  return a_low <= b_high && b_low <= a_high;
}

bool overlaps_itself(const Tensor& x) {
  if (x.contiguous()) return false;
  // Sorted by stride, each dim must step over everything the smaller ones reach.
  Dims order;
  for (int d = 0; d < x.rank(); ++d)
    if (x.shape()[d] > 1) {
      int at = 0;
      const index stride = std::abs(x.strides()[d]);
      while (at < order.size() && std::abs(x.strides()[static_cast<int>(order[at])]) < stride) ++at;
      order.insert(at, d);
    }
  index reach = 0;
  for (index d : order) {
    const index stride = std::abs(x.strides()[static_cast<int>(d)]);
    if (stride <= reach) return true;
    reach += (x.shape()[static_cast<int>(d)] - 1) * stride;
  }
  return false;
}

}  // namespace topograd
