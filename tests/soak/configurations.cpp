#include "tests/soak/configurations.h"

namespace stickler::soak {
namespace {

constexpr const char* policies[] = {"round_robin", "least_connections", "two_choices", "random"};
const std::string first_key = "the first key: at least 32 bytes long";
const std::string second_key = "the second key: at least 32 bytes too";

// Both keys always open; which of them seals changes, so that no session is ever moved by a reload.
std::string sticky(std::size_t n) {
  const bool swapped = n % 2 == 1;
  return "    affinity: {cookie: {keys: [\"" + (swapped ? second_key : first_key) + "\", \"" +
         (swapped ? first_key : second_key) + "\"]}}\n";
}

// So that kept connections end all the time, and all of them soon after the load.
std::string idle_soon(std::string_view more = "") {
  return "    connections: {idle_timeout: 2s" + std::string(more) + "}\n";
}

std::string backends_of(const std::list<Backend>& all, std::size_t n, std::size_t left_out) {
  std::string text = "    backends:\n";
  std::size_t i = 0;
  for (const Backend& backend : all) {
    if (i != left_out) {
      text += "      - " + backend.configured(", weight: " + std::to_string(1 + (i + n) % 4)) + "\n";
    }
    ++i;
  }
  return text;
}

std::string listeners(std::size_t n, const Places& places) {
  std::string text =
      "listeners:\n"
      "  web:\n"
      "    listen: 127.0.0.1:0\n"
      "    headers: {response: {set: {X-Generation: \"" +
      std::to_string(n % 100) +
      "\"}}}\n"
      "    routes: [{path: /calm, pool: calm}, {path: /ws, pool: calm}, {path: /r, pool: app}]\n"
      "    pool: login\n";
  if (n % 4 == 1) text += "  extra: {listen: \"" + places.extra_listener + "\", pool: calm}\n";
  return text;
}

}  // namespace

std::string configuration(std::size_t n, const Backends& backends, const Places& places) {
  constexpr std::size_t nobody = 1000;
  std::string text =
      "version: 1\n"
      "process: {workers: 2, shutdown_grace: 10s}\n"
      "admin: {listen: \"127.0.0.1:0\"}\n"
      "access_log: {file: " +
      places.access_log + "}\n" + listeners(n, places) + "pools:\n  app:\n    policy: " + policies[n % 4] +
      "\n    timeouts: {connect: " + std::to_string(2 + n % 5) +
      "s}\n"
      "    retries: {attempts: 6, budget: 100%}\n"
      "    health: {active: {type: tcp, interval: 100ms, timeout: 5s, rise: 1, fall: 2}, passive: {eject: 500ms}}\n";
  if (n % 3 == 0) text += sticky(n);
  text += idle_soon(n % 5 == 4 ? ", max_per_backend: 50, queue: 1000" : "");
  text += backends_of(backends.app(), n, n % 3 == 2 ? n % backends.app().size() : nobody);
  text += "  calm:\n    policy: " + std::string(policies[(n + 1) % 4]) + "\n" + idle_soon();
  if (n % 2 == 0) text += "    health: {active: {type: tcp, interval: 1s, timeout: 5s}}\n";
  text += backends_of(backends.calm(), n, n % 6 == 5 ? 0 : nobody);
  text +=
      "  login:\n    policy: least_connections\n    health: {active: {path: /healthz, interval: 100ms, timeout: 5s, "
      "rise: 1, fall: 2}}\n" +
      sticky(n) + idle_soon() + backends_of(backends.login(), n, nobody);
  return text;
}

}  // namespace stickler::soak
