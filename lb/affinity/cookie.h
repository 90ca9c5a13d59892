// The sticky cookie: seal writes one, open reads one. Pure, no allocation; any thread.
//
// 57 bytes, big-endian, as 76 characters of base64url:
//   version 1 | key id 2 | primary 8 | backup 8 | generation 4 | issued 5 | last seen 5 | nonce 8 | tag 16
// Version 2 is for sessions that have a home to go back to, and for no others: 66 bytes, as 88 characters, with
//   home 8 | zero 1
// before the tag. The tag is SipHash-2-4-128 over the bytes before it and the pool's name, so that a cookie of one pool
// is forged in another. Times are wall-clock unix seconds, because they leave the process.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "lb/affinity/keys.h"
#include "lb/base/clock.h"

namespace stickler::affinity {

inline constexpr std::size_t cookie_chars = 76;
inline constexpr std::size_t cookie_chars_with_home = 88;

struct CookieText {
  std::array<char, cookie_chars_with_home> chars;
  std::size_t size = 0;
};

// Clocks of two balancers may differ by this much.
inline constexpr std::chrono::minutes clock_skew_max{5};

struct Binding {
  NodeId primary = 0;
  NodeId backup = 0;             // 0: none.
  std::uint32_t generation = 0;  // Hash of the node's boot generation; 0: none.
  std::int64_t issued = 0;       // Unix seconds.
  std::int64_t last_seen = 0;    // Unix seconds.
  std::uint64_t nonce = 0;       // The session's identity, kept when it moves.
  NodeId home = 0;               // Where it was before it failed over; 0: it is there, or is not to go back.

  friend bool operator==(const Binding&, const Binding&) = default;
};

struct CookieRules {
  std::string_view pool;  // Outlives the call.
  Duration ttl{};         // Since issued. Requires: > 0.
  Duration idle{};        // Since the last request. Requires: > 0.
};

enum class Seal : std::uint8_t { ok, expired, forged };

struct Opened {
  Seal seal = Seal::forged;
  Binding binding;      // Unless forged.
  std::size_t key = 0;  // Which of CookieKeys::all() signed it; the ids in `binding` are that key's.
};

// Signs with keys.signing(); the ids in `binding` are that key's.
CookieText seal(const Binding& binding, const CookieKeys& keys, std::string_view pool);

inline std::string_view as_text(const CookieText& text) { return {text.chars.data(), text.size}; }

// A cookie of unknown version, unknown key, wrong length, foreign pool or future date is forged.
//
// It expires when `idle` and a quarter have passed since the time last seen: that time is only rewritten once it is
// idle/4 old (`needs_refresh`), and no session may lose its node before it has really been idle for `idle`. For the
// same reason clocks that differ are allowed for, in `idle` and in `ttl`: clock_skew_max, or a quarter if that is less.
Opened open(std::string_view text, const CookieKeys& keys, const CookieRules& rules, WallTime now);

bool needs_refresh(const Binding& binding, const CookieRules& rules, WallTime now);

// At this request the session had been silent for a while: for idle/4 at least, and if it was idle/2 surely. The time
// last seen does not tell it better.
bool was_silent(const Binding& binding, Duration idle, WallTime now);

// Rounded up, for the same reason: a cookie must not look older than it is.
std::int64_t unix_seconds(WallTime time);

}  // namespace stickler::affinity
