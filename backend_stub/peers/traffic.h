// What has been said between nodes, for GET /stats. The loop's thread.
#pragma once

#include <cstdint>

namespace stickler::stub {

struct Traffic {
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

}  // namespace stickler::stub
