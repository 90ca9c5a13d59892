// Dates as IMF-fixdate (RFC 9110 5.6.7).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lb/base/clock.h"

namespace stickler::http {

// Formats once a second. One thread.
class DateCache {
 public:
  // "Sun, 06 Nov 1994 08:49:37 GMT"; valid until the next call.
  std::string_view text(WallTime now);

 private:
  std::int64_t second_ = -1;
  std::array<char, 29> text_{};
};

}  // namespace stickler::http
