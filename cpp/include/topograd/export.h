#pragma once

#if defined(TOPOGRAD_STATIC)
#define TOPOGRAD_API
#elif defined(_WIN32)
#if defined(TOPOGRAD_BUILDING)
#define TOPOGRAD_API __declspec(dllexport)
#else
#define TOPOGRAD_API __declspec(dllimport)
#endif
#else
#define TOPOGRAD_API __attribute__((visibility("default")))
#endif
