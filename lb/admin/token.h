// The admin token: read from its file, and compared in a time that tells nothing of it. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "lb/base/error.h"

namespace stickler::admin {

// The token in the file: its first line, without blanks around it. The error names the file.
Result<std::string> read_token(const std::string& path);

// Whether the value of an Authorization field is "Bearer" with this token (RFC 6750 2.1).
bool bears_token(std::string_view authorization, std::string_view token);

}  // namespace stickler::admin
