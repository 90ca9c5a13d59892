#include <iostream>

#include "lb/base/log.h"
#include "lb/cli/cli.h"
#include "lb/config/load.h"
#include "lb/server/machine.h"
#include "lb/server/server.h"

namespace stickler::cli {
namespace {

Result<void> serve(const std::string& config_path, config::Config config) {
  const std::uint32_t workers = config.process.workers.value_or(server::usable_cpus());
  if (auto enough = server::require_descriptors(workers); !enough) return enough;
  return server::Server(config_path, std::move(config)).run();
}

}  // namespace

Exit run(const std::string& config_path) {
  config::Loaded loaded = config::load_file(config_path);
  if (!loaded.problems.empty()) std::cerr << config::describe(loaded.problems, config_path) << '\n';
  if (!loaded.ok()) return Exit::misused;
  if (auto log = start_log(loaded.config.log.level, loaded.config.log.file); !log) {
    std::cerr << "stickler: log.file: " << log.error().message << '\n';
    return Exit::failed;
  }
  const bool is_log_seen = loaded.config.log.file == "stderr";
  const Result<void> result = serve(config_path, std::move(loaded.config));
  if (result) return Exit::ok;
  log_error("{}", result.error().message);
  if (!is_log_seen) std::cerr << "stickler: " << result.error().message << '\n';
  return Exit::failed;
}

}  // namespace stickler::cli
