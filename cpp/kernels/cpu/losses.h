#pragma once

#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

void fill_ctc(Losses (&losses)[2]);

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
