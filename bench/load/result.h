// What a load run found. Values, and their words.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/histogram.h"
#include "lb/base/clock.h"

namespace stickler::bench {

// How a request ended.
enum class Ending : std::uint8_t { answered, connect_error, reset, cut, bad_answer, timeout };
inline constexpr std::array<std::string_view, 6> ending_words = {"answered", "connect_error", "reset",
                                                                 "cut",      "bad_answer",    "timeout"};

struct LoadResult {
  std::array<std::uint64_t, ending_words.size()> endings{};
  std::array<std::uint64_t, 6> statuses{};  // By class of the answer: none 1xx 2xx 3xx 4xx 5xx.
  std::uint64_t unfinished = 0;             // Begun, and neither answered nor failed when the time was over.
  std::uint64_t unsent = 0;                 // Due, but no connection was free for them.
  std::uint64_t body_bytes = 0;             // Of the answers.
  std::uint64_t connects = 0;
  Duration elapsed{};
  Histogram latency;  // Of the answered ones, from the instant a request was due to its answer's last byte.

  std::uint64_t finished() const;
  std::uint64_t errors() const;  // All but answers below 500.
  double per_second() const;     // Answered.
};

std::string to_text(const LoadResult& result);
std::string to_json(const LoadResult& result);

}  // namespace stickler::bench
