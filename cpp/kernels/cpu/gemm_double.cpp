#include "kernels/cpu/gemm_product.h"
#include "kernels/cpu/gemm_tile.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

void multiply_panel(const Tile<double>& tile, index rows, index columns, bool packed_a) {
  multiply_panel_of(tile, rows, columns, packed_a);
}

void gemm_float64(const Gemm& call, const double* row_bias) {
  multiply<double, double>(call, row_bias);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
