// Which libraries every layer runs on. Any thread.
#pragma once

#include <string>

namespace stickler {

std::string base_library_versions();  // "spdlog 1.10.0, fmt 9.1.0, xxHash 0.8.1"

}  // namespace stickler
