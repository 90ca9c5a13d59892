#include <iostream>
#include <utility>

#include "lb/base/log.h"
#include "lb/cli/cli.h"
#include "lb/config/load.h"
#include "lb/server/machine.h"
#include "lb/server/server.h"

namespace stickler::cli {
namespace {

Result<void> serve(server::ServerOptions options) {
  const std::uint32_t workers = options.config.process.workers.value_or(server::usable_cpus());
  if (auto enough = server::require_descriptors(workers); !enough) return enough;
  return server::Server(std::move(options)).run();
}

// Whoever is to be replaced by this process has a log that is read.
Exit fail_upgrade(server::Predecessor& predecessor, const std::string& why, Exit exit) {
  predecessor.say_failed(why);
  return exit;
}

}  // namespace

Exit run(const std::string& config_path, std::vector<std::string> arguments) {
  auto predecessor = server::Predecessor::find();
  config::Loaded loaded = config::load_file(config_path);
  const std::string problems = config::describe(loaded.problems, config_path);
  if (!loaded.ok() && predecessor) return fail_upgrade(*predecessor, problems, Exit::misused);
  if (!loaded.problems.empty()) std::cerr << problems << '\n';
  if (!loaded.ok()) return Exit::misused;
  if (auto log = start_log(loaded.config.log.level, loaded.config.log.file); !log) {
    const std::string why = "log.file: " + log.error().message;
    if (predecessor) return fail_upgrade(*predecessor, why, Exit::failed);
    std::cerr << "stickler: " << why << '\n';
    return Exit::failed;
  }
  const bool is_log_seen = loaded.config.log.file == "stderr";
  const Result<void> result = serve({.config_path = config_path,
                                     .config = std::move(loaded.config),
                                     .arguments = std::move(arguments),
                                     .predecessor = predecessor ? &*predecessor : nullptr});
  if (result) return Exit::ok;
  if (predecessor) return fail_upgrade(*predecessor, result.error().message, Exit::failed);
  log_error("{}", result.error().message);
  if (!is_log_seen) std::cerr << "stickler: " << result.error().message << '\n';
  return Exit::failed;
}

}  // namespace stickler::cli
