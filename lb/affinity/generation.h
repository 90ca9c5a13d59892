// A node's boot generation, which it names in X-Node-Generation of its answers and which is new at every start: a
// session's node that has another one now has lost its memory. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "lb/base/hash.h"

namespace stickler::affinity {

// As the cookie holds it. 0: the node names none.
inline std::uint32_t generation_of(std::string_view header) {
  if (header.empty()) return 0;
  const auto hash = static_cast<std::uint32_t>(hash_bytes(header));
  return hash == 0 ? 1 : hash;
}

}  // namespace stickler::affinity
