#include "topograd/error.h"

namespace topograd {

// Out of line, so that each class has one home and can be caught across shared libraries.
Error::~Error() = default;
ShapeError::~ShapeError() = default;
ValueError::~ValueError() = default;
TypeError::~TypeError() = default;
DTypeError::~DTypeError() = default;
IndexError::~IndexError() = default;
NotSupported::~NotSupported() = default;
DeviceError::~DeviceError() = default;
OutOfMemory::~OutOfMemory() = default;

}  // namespace topograd
