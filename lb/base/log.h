// The process log: one line an event, for the operator. Any thread (spdlog). Messages name things as the
// configuration does; nothing on the request path logs above debug.
#pragma once

#include <spdlog/spdlog.h>

#include <string>
#include <string_view>

#include "lb/base/error.h"

namespace stickler {

// `level`: trace debug info warn error. `file`: "stderr", "stdout" or a path, appended to. The main thread, first
// before any other runs; called again, it changes both, and opens the file anew (log rotation).
Result<void> start_log(std::string_view level, const std::string& file);

template <class... Args>
void log_error(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::error(format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warn(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::warn(format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::info(format, std::forward<Args>(args)...);
}
template <class... Args>
void log_debug(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::debug(format, std::forward<Args>(args)...);
}

}  // namespace stickler
