// Any bytes as a configuration file: load_text() ends with a Config or with problems, never with an exception, and what
// it accepts is rendered to a configuration that is accepted again. And as a list of backends.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lb/config/backend_list.h"
#include "lb/config/diff.h"
#include "lb/config/load.h"
#include "lb/config/render.h"

namespace {

using namespace stickler::config;

constexpr std::string_view secret = "a-secret-of-the-environment-that-nobody-may-see";

void require(bool holds) {
  if (!holds) std::abort();
}

Machine machine() {
  const auto variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "STICKLER_KEY" || name == "K") return std::string(secret);
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  return {.variable = variable, .descriptor_limit = 1024};
}

// Cookie keys come back as stars, which are too short to be keys.
bool has_secrets(const std::string& json) { return json.find("\"***\"") != std::string::npos; }

// The same bytes as a list of backends, and as one of them: a name that is accepted is one of its own.
void fuzz_backends(std::string_view text) {
  Pool pool;
  pool.name = "p";
  const BackendList list = read_backend_list(text, pool);
  require(list.problems.size() <= problems_max + 1);
  pool.backends = list.backends;
  require(!list.ok() || may_have_backends(pool).has_value());
  pool.backends.clear();
  const auto one = read_backend(text, pool);
  require(!one || !one->name.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz_backends(text);
  const Loaded loaded = load_text(text, machine());
  require(loaded.problems.size() <= problems_max + 1);
  for (const Problem& problem : loaded.problems) require(problem.message.find('\n') == std::string::npos);
  const bool may_be_shown = text.find(secret) != std::string_view::npos;
  require(may_be_shown || describe(loaded.problems, "fuzz.yaml").find(secret) == std::string::npos);
  if (!loaded.ok()) return 0;

  const std::string json = render_json(loaded.config);
  require(diff(loaded.config, loaded.config).changes.empty());
  if (has_secrets(json)) return 0;
  const Loaded again = load_text(json, machine());
  require(again.ok() && again.config == loaded.config);
  return 0;
}
