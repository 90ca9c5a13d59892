// Durations and sizes as people write them: "250ms", "30m", "64KiB". Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/base/error.h"

namespace stickler::stub {

// A whole number with ms, s, m or h, up to ten years. The error says what was expected.
Result<Duration> parse_duration(std::string_view text);

std::string to_text(Duration duration);  // "1500ms", "5s"; never larger units. Sub-milliseconds are rounded down.

// A whole number, of bytes or with KiB, MiB or GiB.
Result<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace stickler::stub
