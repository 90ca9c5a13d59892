#include "lb/config/load.h"

#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "lb/config/backend_list.h"
#include "lb/config/check.h"
#include "lb/config/read.h"

namespace stickler::config {
namespace {

// Its backends, and what is wrong with them.
void load_list(Pool& pool, const std::filesystem::path& folder, std::vector<Problem>& problems) {
  pool.discover.file = (folder / pool.discover.file).string();
  BackendList list = load_backend_list(pool);
  pool.backends.insert(pool.backends.end(), list.backends.begin(), list.backends.end());
  problems.insert(problems.end(), list.problems.begin(), list.problems.end());
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY) {
    machine.descriptor_limit = limit.rlim_max;
  }
  return machine;
}

Loaded load_text(std::string_view yaml, const Machine& machine) {
  Loaded loaded;
  std::set<std::string> hidden;
  loaded.problems = read_text(
      yaml,
      {.first = "a configuration begins with 'version: 1'",
       .read =
           [&](Node& root, Reading& reading) {
             hidden = expand(root, machine.variable);
             loaded.config = read_config(Field(root, reading));
           },
       .check = [&](const Reading& reading) -> std::vector<Problem> {
         if (reading.suspects.contains("")) return {};  // It is no map.
         return check({.config = loaded.config, .reading = reading, .descriptor_limit = machine.descriptor_limit});
       }});
  for (Problem& problem : loaded.problems) hide_values(problem.message, hidden);
  return loaded;
}

Loaded load_file(const std::string& path, const Machine& machine) {
  const auto text = read_text_file(path);
  if (!text) return {.config = {}, .problems = {error_of_file(text.error().message)}};
  Loaded loaded = load_text(*text, machine);
  for (Pool& pool : loaded.config.pools) {
    if (!pool.discover.file.empty()) load_list(pool, std::filesystem::path(path).parent_path(), loaded.problems);
  }
  return loaded;
}

}  // namespace stickler::config
