#include "lb/base/ids.h"

namespace stickler {

RequestId RequestId::generate(Random& random) {
  RequestId id;
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = random.next();
    for (std::size_t i = 0; i < 16; ++i, bits >>= 4) id.digits_[half * 16 + i] = "0123456789abcdef"[bits & 15];
  }
  return id;
}

}  // namespace stickler
