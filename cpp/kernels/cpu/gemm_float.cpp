#include "kernels/cpu/gemm_product.h"
#include "kernels/cpu/gemm_tile.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

void multiply_panel(const Tile<float>& tile, index rows, index columns, bool packed_a) {
  multiply_panel_of(tile, rows, columns, packed_a);
}

void gemm_float32(const Gemm& call, const float* row_bias) {
  multiply<float, float>(call, row_bias);
}
void gemm_bfloat16(const Gemm& call) { multiply<float, BrainHalf>(call); }
void gemm_float16(const Gemm& call) { multiply<float, Half>(call); }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
