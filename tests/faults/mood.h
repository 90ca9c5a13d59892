// What an origin does with requests, as its controller names it. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stickler::faults {

enum class Mood : std::uint8_t {
  answer,
  refuse,     // Nobody listens, and what was connected is not any more.
  hang,       // Accepts, reads and never answers, probes neither.
  slow,       // Answers everything late.
  cut,        // Ends every answer amid its body with a reset; probes are answered.
  cut_some,   // Every second one.
  fail,       // 503 to everything but probes.
  fail_some,  // To every second request.
};

inline constexpr std::array<std::string_view, 8> mood_words = {"answer", "refuse",   "hang", "slow",
                                                               "cut",    "cut_some", "fail", "fail_some"};

constexpr std::string_view to_string(Mood mood) { return mood_words[static_cast<std::size_t>(mood)]; }

constexpr std::optional<Mood> mood_of(std::string_view word) {
  for (std::size_t i = 0; i < mood_words.size(); ++i) {
    if (mood_words[i] == word) return static_cast<Mood>(i);
  }
  return std::nullopt;
}

}  // namespace stickler::faults
