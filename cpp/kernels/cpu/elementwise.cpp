#include "kernels/cpu/loops.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

/// Called once, by table().
Span<Elementwise> elementwise_rows() {
  const Span<Elementwise> lists[] = {unary_rows(), binary_rows(), ternary_rows(), gradient_rows(),
                                     special_rows()};
  int count = 0;
  for (const auto& list : lists) count += list.count;
  auto* const joined = new Elementwise[static_cast<std::size_t>(count)];  // kept for good
  Elementwise* end = joined;
  for (const auto& list : lists)
    for (const Elementwise& row : list) *end++ = row;
  return {joined, count};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
