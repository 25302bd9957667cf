#pragma once

// The one place that holds the version: CMake and the wheel read this line.
#define TOPOGRAD_VERSION "0.1.0"
