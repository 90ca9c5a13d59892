// Which llhttp was built in. Any thread.
#pragma once

#include <string>

namespace stickler::http {

std::string library_version();  // "llhttp 8.1.0"

}  // namespace stickler::http
