// Which libsodium this runs on. Any thread.
#pragma once

#include <string>

namespace stickler::affinity {

std::string library_version();  // "libsodium 1.0.18"

}  // namespace stickler::affinity
