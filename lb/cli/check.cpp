#include <algorithm>
#include <iostream>

#include "lb/cli/cli.h"
#include "lb/config/load.h"

namespace stickler::cli {
namespace {

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

Exit check(const std::string& config_path) {
  const config::Loaded loaded = config::load_file(config_path);
  if (!loaded.problems.empty()) std::cerr << config::describe(loaded.problems, config_path) << '\n';
  const auto warnings = static_cast<std::size_t>(
      std::ranges::count(loaded.problems, config::Severity::warning, &config::Problem::severity));
  const std::size_t errors = loaded.problems.size() - warnings;
  if (!loaded.ok()) {
    std::cerr << config_path << ": " << counted(errors, "error") << ", " << counted(warnings, "warning") << '\n';
    return Exit::misused;
  }
  std::cout << config_path << ": ok" << (warnings > 0 ? ", " + counted(warnings, "warning") : "") << '\n';
  return Exit::ok;
}

}  // namespace stickler::cli
