// What `stickler explain` and `stickler why` print: the JSON of a decision for a terminal, in at most about 110
// columns. Pure; any thread.
//
// A field that is missing, for instance because the process is of another version, is shown as "-".
#pragma once

#include <string>
#include <string_view>

#include "lb/admin/status_table.h"
#include "lb/base/error.h"

namespace stickler::admin {

// The error: it is no JSON object.
Result<std::string> decision_table(std::string_view decision_json, Paint paint);

}  // namespace stickler::admin
