// The effective configuration, defaults filled in, for the admin API and for people. Pure; any thread.
#pragma once

#include <string>

#include "lb/config/effective.h"
#include "lb/config/schema.h"

namespace stickler::config {

// A JSON object (RFC 8259) on one line, with the keys and units of the file ("30s", "32KiB", "auto"). Cookie keys, and
// the values of header fields such as Authorization, are shown as "***".
std::string render_json(const Config& config);

std::string to_json(const Value& value);

}  // namespace stickler::config
