// Durations and sizes as the file writes them: "250ms 10s 5m 8h", "512B 16KiB 1MiB". Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

namespace stickler::config {

// Nothing unless the text is a whole number and a unit. What is too large for the type is its largest value.
std::optional<Duration> parse_duration(std::string_view text);
std::optional<std::uint64_t> parse_size(std::string_view text);

inline constexpr Duration duration_max = std::chrono::hours(10 * 365 * 24);  // Ten years: no sum of two overflows.

// With the largest unit that divides it: "90s", "1h", "0s"; "32KiB", "0B".
std::string spell_duration(Duration duration);
std::string spell_size(std::uint64_t bytes);
std::string spell_decimal(double number);  // "1.25", "0"

// What the text was probably meant to be: "write 10s"; "" if that is not clear.
std::string duration_advice(std::string_view text);
std::string size_advice(std::string_view text);

}  // namespace stickler::config
