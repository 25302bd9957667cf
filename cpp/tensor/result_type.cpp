#include "tensor/body.h"
#include "tensor/pointwise.h"

namespace topograd {

DType result_type(const Tensor* const* inputs, int count) {
  // Three levels, weakest last: tensors with dims, 0-d tensors, written numbers.
  DType levels[3];
  bool present[3] = {};
  bool same = true;
  for (int i = 0; i < count; ++i) {
    const Tensor& x = *inputs[i];
    same = same && x.dtype() == inputs[0]->dtype();
    const int level = x.body()->wrapped_number ? 2 : x.rank() == 0 ? 1 : 0;
    DType dtype = x.dtype();
    if (level == 2 && is_floating(dtype)) dtype = DType::float32;  // the default dtype
    if (level == 2 && is_complex(dtype)) dtype = DType::complex64;
    levels[level] = present[level] ? promote(levels[level], dtype) : dtype;
    present[level] = true;
  }
  if (same && !present[2]) return inputs[0]->dtype();
  bool any = false;
  DType result = DType::boolean;
  for (int level = 0; level < 3; ++level) {
    if (!present[level]) continue;
    if (!any || is_higher(levels[level], result))
      result = any ? promote(result, levels[level]) : levels[level];
    any = true;
  }
  return result;
}

DType result_type(std::initializer_list<const Tensor*> inputs) {
  return result_type(inputs.begin(), static_cast<int>(inputs.size()));
}

}  // namespace topograd
