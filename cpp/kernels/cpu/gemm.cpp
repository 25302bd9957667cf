// The table of matrix products, and those of the integers: they accumulate in unsigned words, which
// wrap around.

#include "kernels/cpu/gemm_product.h"
#include "kernels/cpu/gemm_tile.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

template <class E, class T>
void multiply_integers(const Gemm& call) {
  multiply<E, T>(call);
}

}  // namespace

void multiply_panel(const Tile<std::uint32_t>& tile, index rows, index columns, bool packed_a) {
  multiply_panel_of(tile, rows, columns, packed_a);
}
void multiply_panel(const Tile<std::uint64_t>& tile, index rows, index columns, bool packed_a) {
  multiply_panel_of(tile, rows, columns, packed_a);
}

void fill_gemm(GemmFn (&gemm)[dtype_count]) {
  const auto row = [&](DType dtype) -> GemmFn& { return gemm[static_cast<int>(dtype)]; };
  row(DType::float32) = [](const Gemm& call) { gemm_float32(call, nullptr); };
  row(DType::float64) = [](const Gemm& call) { gemm_float64(call, nullptr); };
  row(DType::bfloat16) = &gemm_bfloat16;
  row(DType::float16) = &gemm_float16;
  row(DType::int8) = &multiply_integers<std::uint32_t, std::int8_t>;
  row(DType::uint8) = &multiply_integers<std::uint32_t, std::uint8_t>;
  row(DType::int16) = &multiply_integers<std::uint32_t, std::int16_t>;
  row(DType::int32) = &multiply_integers<std::uint32_t, std::uint32_t>;
  row(DType::int64) = &multiply_integers<std::uint64_t, std::uint64_t>;
  row(DType::boolean) = nullptr;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
