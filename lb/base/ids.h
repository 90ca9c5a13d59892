// Indexes that cannot be mixed up, and request ids. Any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

#include "lb/base/random.h"

namespace stickler {

// A place in a snapshot's vector, e.g. PoolIndex{2} is the third pool.
template <class Tag>
struct Index {
  std::uint32_t value = 0;
  friend auto operator<=>(const Index&, const Index&) = default;
};
using PoolIndex = Index<struct PoolTag>;
using ListenerIndex = Index<struct ListenerTag>;

// 128 random bits as 32 lower-case hex digits: unique over restarts and balancers without coordination.
class RequestId {
 public:
  static RequestId generate(Random& random);
  std::string_view text() const { return {digits_.data(), digits_.size()}; }

 private:
  std::array<char, 32> digits_{};
};

}  // namespace stickler
