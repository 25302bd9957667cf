#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {
Table make_table() {
  Table table{};
  table.isa = TOPOGRAD_TEXT(TOPOGRAD_ISA_NAME);
  table.elementwise = elementwise_rows();
  table.reductions = reduction_rows();
  table.scans = scan_rows();
  table.convert = convert_table();
  fill_gemm(table.gemm);
  fill_convolution(table.convolution);
  fill_pooling(table.pooling);
  fill_box_pooling(table.box_pooling);
  fill_rows(table.rows);
  fill_losses(table.losses);
  fill_attention(table.attention);
  fill_recurrent(table.recurrent);
  fill_movement(table.movement);
  fill_moving_at(table.movement);
  fill_adding(table.adding);
  fill_placing(table.placing);
  fill_sorting(table.sorting);
  fill_selecting(table.sorting);
  fill_counting(table.counting);
  fill_recurrence(table.recurrence);
  fill_complex_dot(table.complex_dot);
  fill_searching(table.searching);
  fill_cross(table.cross);
  fill_distances(table.distances);
  fill_random(table.random);
  fill_sampling(table.sampling);
  table.optimizer_rules = optimizer_rules();
  fill_norms(table.sum_of_squares);
  return table;
}
}  // namespace

/// Made on the first call; isa.cpp calls it for the chosen instruction set only.
const Table& table() {
  static const Table made = make_table();
  return made;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
