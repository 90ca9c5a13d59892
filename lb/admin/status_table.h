// What `stickler status` prints: the JSON of /api/v1/status as tables of at most about 100 columns. Pure; any thread.
//
// A field that is missing, for instance because the process is of another version, is shown as "-".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/error.h"

namespace stickler::admin {

enum class Paint : std::uint8_t { plain, in_colour };

// The error: it is no JSON object.
Result<std::string> status_table(std::string_view status_json, Paint paint);

// Of a drain, by the JSON of a backend: "drains for 3m 12s, 12 of 340 sessions left, empty in about 4m 5s".
// Requires: it drains. `backend_json` as in the status.
std::string drain_line(std::string_view backend_json);

std::string short_count(std::uint64_t count);    // "99999", "123k", "1.2M"
std::string short_duration(double seconds);      // "45s", "3m 12s", "3h 5m", "2d 4h"
std::string short_latency(double milliseconds);  // "0.25ms", "1.2ms", "12ms", "1.2s"

}  // namespace stickler::admin
