#include "kernels/cpu/images.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {
Images make_images() {
  Images images{};
  fill_padding(images.padding);
  fill_resample(images.resample);
  fill_columns(images.columns);
  fill_grid_sample(images.grid_sample);
  fill_bags(images.bags);
  fill_group_norm(images.group_norm);
  fill_rms_norm(images.rms_norm);
  return images;
}
}  // namespace

/// Made on the first call; isa.cpp calls it for the chosen instruction set only.
const Images& images() {
  static const Images made = make_images();
  return made;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
