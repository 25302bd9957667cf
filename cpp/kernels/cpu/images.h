#pragma once

// The kernels for images, one file each; images.cpp puts them together.

#include "kernels/cpu/prelude.h"
#include "kernels/images.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

/// The same address: loops that load from it are not turned into gather instructions, which take
/// longer on many processors than the loads that they stand for.
template <class T>
inline const T* alone(const T* address) {
#if defined(__GNUC__)
  asm("" : "+r"(address));
#endif
  return address;
}
template <class T>
inline T load_alone(const T* from, index at) {
  return *alone(from + at);
}

}  // namespace

void fill_padding(Padding& padding);
void fill_resample(Resample (&resample)[2]);
void fill_columns(Columns& columns);
void fill_grid_sample(GridSample (&grid_sample)[2]);
void fill_bags(Bags (&bags)[2]);
void fill_group_norm(GroupNorm (&group_norm)[2]);
void fill_rms_norm(RmsNorm (&rms_norm)[2]);

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
