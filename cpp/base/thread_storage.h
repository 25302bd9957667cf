#pragma once

/// Behind a thread_local: read without a call. Costs a few bytes of what the system sets aside for
/// libraries that are loaded later, so: only for what the hot path reads.
#if defined(__GNUC__)
#define TOPOGRAD_STATIC_TLS __attribute__((tls_model("initial-exec")))
#else
#define TOPOGRAD_STATIC_TLS
#endif
