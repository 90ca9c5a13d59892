// Which yaml-cpp was built in. Any thread.
#pragma once

#include <string>

namespace stickler::config {

std::string library_version();  // "yaml-cpp 0.7.0"

}  // namespace stickler::config
