// What a file may say key by key and still be wrong as a whole, and the traps that deserve a warning. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lb/config/problem.h"
#include "lb/config/schema.h"

namespace stickler::config {

// What a header value may name as %{...}.
inline constexpr std::array<std::string_view, 10> header_variables = {
    "client_ip", "client_port", "request_id", "host", "method", "path", "scheme", "listener", "pool", "backend"};

struct CheckInput {
  const Config& config;
  const Marks& marks;
  std::uint64_t descriptor_limit = 0;  // 0: not known.
};

std::vector<Problem> check(const CheckInput& input);

}  // namespace stickler::config
