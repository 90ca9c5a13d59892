// The effective configuration, defaults filled in, for the admin API and for people. Pure; any thread.
#pragma once

#include <string>

#include "lb/config/schema.h"

namespace stickler::config {

// A JSON object with the keys and units of the file ("30s", "32KiB", "auto"). Cookie keys are shown as "***" each.
std::string render_json(const Config& config);

}  // namespace stickler::config
