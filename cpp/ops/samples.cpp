#include "ops/family.h"

namespace topograd {
namespace {

/// A small linear congruential sequence: samples must not depend on, nor disturb, the user's
/// generator.
std::uint64_t state = 0x9e3779b97f4a7c15u;

double next_unit() {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<double>(state >> 11) * 0x1p-53;
}

}  // namespace

std::vector<Sample> samples_of(const OpRecord& op) {
  // From the name alone: the same whenever they are asked for, and whatever was asked for before.
  state = 0x9e3779b97f4a7c15u;
  for (const char letter : name_of(op))
    state = (state ^ static_cast<unsigned char>(letter)) * 0x100000001b3u;
  return op.samples();
}

Tensor sample(const Dims& shape) {
  Tensor out = Tensor::empty(shape, DType::float64);
  double* data = out.data<double>();
  for (index i = 0; i < out.count(); ++i)
    data[i] = std::sqrt(-2 * std::log(1 - next_unit())) * std::cos(6.283185307179586 * next_unit());
  return out;
}

Tensor sample_in(const Dims& shape, double low, double high) {
  Tensor out = Tensor::empty(shape, DType::float64);
  double* data = out.data<double>();
  for (index i = 0; i < out.count(); ++i) data[i] = low + (high - low) * next_unit();
  return out;
}

Tensor sample_integers(const Dims& shape, index n) {
  Tensor out = Tensor::empty(shape, DType::int64);
  auto* data = out.data<std::int64_t>();
  for (index i = 0; i < out.count(); ++i)
    data[i] = static_cast<std::int64_t>(next_unit() * static_cast<double>(n));
  return out;
}

Tensor sample_booleans(const Dims& shape) {
  Tensor out = Tensor::empty(shape, DType::boolean);
  bool* data = out.data<bool>();
  for (index i = 0; i < out.count(); ++i) data[i] = next_unit() < 0.5;
  return out;
}

std::vector<Sample> unary_samples() { return {{sample({2, 3})}, {sample({})}, {sample({0, 2})}}; }

std::vector<Sample> unary_samples_in(double low, double high) {
  return {{sample_in({2, 3}, low, high)}, {sample_in({}, low, high)}};
}

std::vector<Sample> binary_samples() {
  return {{sample({2, 3}), sample({2, 3})},
          {sample({2, 3}), sample({3})},
          {sample({2, 1}), sample({3})},
          {sample({}), sample({2})}};
}

std::vector<Sample> positive_binary_samples() {
  return {{sample_in({2, 3}, 0.5, 2), sample_in({2, 3}, 0.5, 2)},
          {sample_in({2, 1}, 0.5, 2), sample_in({3}, 0.5, 2)}};
}

}  // namespace topograd
