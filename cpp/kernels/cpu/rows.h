#pragma once

// The families of row kernels, one file each; rows.cpp puts them together.

#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

void fill_softmax(Rows (&rows)[2]);
void fill_layer_norm(Rows (&rows)[2]);
void fill_channel_norm(Rows (&rows)[2]);
void fill_cross_entropy(Rows (&rows)[2]);

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
