#include "kernels/cpu/loops.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

bool same_name(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) ++a, ++b;
  return *a == *b;
}

/// Puts the complex loops beside the real ones of the same name; what only complex numbers have is
/// a row of its own. Returns the new end.
Elementwise* join_complex(Elementwise* begin, Elementwise* end) {
  for (const Elementwise& row : complex_rows()) {
    Elementwise* place = begin;
    while (place != end && !same_name(place->name, row.name)) ++place;
    if (place == end) {
      *end++ = row;
      continue;
    }
    place->field = row.field;  // which says nothing about real loops
    for (const Compute compute : {Compute::c64, Compute::c128})
      place->loop[static_cast<int>(compute)] = row.loop[static_cast<int>(compute)];
  }
  return end;
}

}  // namespace

/// Called once, by table().
Span<Elementwise> elementwise_rows() {
  const Span<Elementwise> lists[] = {unary_rows(),    binary_rows(), ternary_rows(),
                                     gradient_rows(), loss_rows(),   special_rows()};
  int count = complex_rows().count;
  for (const auto& list : lists) count += list.count;
  auto* const joined = new Elementwise[static_cast<std::size_t>(count)];  // kept for good
  Elementwise* end = joined;
  for (const auto& list : lists)
    for (const Elementwise& row : list) *end++ = row;
  end = join_complex(joined, end);
  return {joined, static_cast<int>(end - joined)};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
