#include "lb/affinity/library.h"

#include <sodium.h>

namespace stickler::affinity {

std::string library_version() { return std::string("libsodium ") + sodium_version_string(); }

}  // namespace stickler::affinity
