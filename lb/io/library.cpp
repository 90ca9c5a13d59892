#include "lb/io/library.h"

#include <uv.h>

namespace stickler::io {

std::string library_version() { return std::string("libuv ") + uv_version_string(); }

}  // namespace stickler::io
