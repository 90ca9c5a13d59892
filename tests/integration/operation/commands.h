// The sub-commands of `stickler`, run to their end. The test's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/harness/balancer.h"

namespace stickler::integration {

inline Finished stickler(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  return run({.program = stickler_program(), .arguments = std::move(arguments), .environment = std::move(environment)});
}

// With a file of this text.
struct Checked {
  std::string path;
  Finished finished;

  bool says(std::string_view text) const { return finished.both().find(text) != std::string::npos; }
};

inline Checked with_file(const std::string& command, std::string_view text, std::vector<std::string> environment = {}) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("web.yaml");
  write_file(path, text);
  return {.path = path, .finished = stickler({command, path}, std::move(environment))};
}

// What the last error says, after its time; all that was said when nothing was logged.
inline std::string last_error(const Finished& finished) {
  const std::size_t at = finished.errors.rfind(" error ");
  return at == std::string::npos ? finished.errors : finished.errors.substr(at + 7);
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace stickler::integration
