// What the tests of affinity share: keys, rules and a moment, all fixed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lb/affinity/cookie.h"
#include "lb/affinity/keys.h"

namespace stickler::affinity {

using namespace std::chrono_literals;

inline const std::string key_a = "the first key of these tests, 32+ bytes";
inline const std::string key_b = "the other key of these tests, 32+ bytes";

inline CookieKeys keys_of(const std::vector<std::string>& texts) { return CookieKeys(texts); }

inline CookieRules rules_of(std::string_view pool = "login") { return {.pool = pool, .ttl = 8h, .idle = 30min}; }

inline constexpr WallTime noon{1'800'000'000s};  // In 2027; a whole second.

inline Binding some_binding() {
  return {.primary = 0x0102030405060708,
          .backup = 0xf1f2f3f4f5f6f7f8,
          .generation = 0xdeadbeef,
          .issued = unix_seconds(noon - 1h),
          .last_seen = unix_seconds(noon - 1min),
          .nonce = 0xffffffffffffffff};
}

inline Opened open_text(std::string_view text, const CookieKeys& keys, WallTime now = noon) {
  return open(text, keys, rules_of(), now);
}

}  // namespace stickler::affinity
