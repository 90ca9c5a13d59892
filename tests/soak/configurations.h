// The configurations that reloads go through: policies, weights, limits, headers, keys, health, listeners and backends
// come and go, and in all of them the same requests are served. Pure.
#pragma once

#include <string>

#include "tests/soak/backends.h"

namespace stickler::soak {

struct Places {
  std::string access_log;
  std::string extra_listener;  // an address
};

// The n-th configuration as YAML. Number 0 is what a soak begins and ends with.
std::string configuration(std::size_t n, const Backends& backends, const Places& places);

}  // namespace stickler::soak
