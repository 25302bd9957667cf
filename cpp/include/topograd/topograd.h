#pragma once

// Everything: `#include <topograd/topograd.h>`.

#include "topograd/autograd.h"
#include "topograd/graph.h"
#include "topograd/image_ops.h"
#include "topograd/io.h"
#include "topograd/ops.h"
#include "topograd/optim.h"
#include "topograd/tensor.h"
#include "topograd/version.h"
