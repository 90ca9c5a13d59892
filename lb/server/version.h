// The version of the program. A value.
#pragma once

#include <string_view>

namespace stickler::server {

inline constexpr std::string_view version = STICKLER_VERSION;

}  // namespace stickler::server
