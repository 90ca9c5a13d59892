// Which libuv this runs on. Any thread.
#pragma once

#include <string>

namespace stickler::io {

std::string library_version();  // "libuv 1.44.2"

}  // namespace stickler::io
