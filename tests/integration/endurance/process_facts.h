// What the kernel says of a process: memory and descriptors. Any thread.
#pragma once

#include <sys/types.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/integration/harness/config_file.h"

namespace stickler::integration {

// A line of /proc/PID/status in KiB: "VmRSS:" now, "VmHWM:" at most so far.
inline long memory_kib(pid_t pid, const std::string& line) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  const std::size_t at = status.find(line);
  return at == std::string::npos ? 0 : std::atol(status.c_str() + at + line.size());
}

inline std::size_t descriptors(pid_t pid) {
  std::size_t count = 0;
  std::error_code gone;
  const std::filesystem::path folder = "/proc/" + std::to_string(pid) + "/fd";
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder, gone)) ++count;
  return count;
}

}  // namespace stickler::integration
