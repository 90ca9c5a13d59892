#include <iostream>

#include "lb/base/log.h"
#include "lb/cli/cli.h"
#include "lb/config/load.h"
#include "lb/server/server.h"

namespace stickler::cli {

Exit run(const std::string& config_path) {
  config::Loaded loaded = config::load_file(config_path);
  if (!loaded.problems.empty()) std::cerr << config::describe(loaded.problems, config_path) << '\n';
  if (!loaded.ok()) return Exit::misused;
  if (auto log = start_log(loaded.config.log.level, loaded.config.log.file); !log) {
    std::cerr << "stickler: log.file: " << log.error().message << '\n';
    return Exit::failed;
  }
  const bool is_log_seen = loaded.config.log.file == "stderr";
  server::Server server(config_path, std::move(loaded.config));
  if (auto result = server.run(); !result) {
    log_error("{}", result.error().message);
    if (!is_log_seen) std::cerr << "stickler: " << result.error().message << '\n';
    return Exit::failed;
  }
  return Exit::ok;
}

}  // namespace stickler::cli
