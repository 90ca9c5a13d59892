// Rules for listeners, their routes aside.
#include <map>

#include "lb/config/findings.h"

namespace stickler::config {
namespace {

constexpr std::uint64_t descriptors_per_connection = 2;  // The client's and the backend's.

std::string path_of(const Listener& listener) { return "listeners." + listener.name; }

std::string listen_path(const Listener& listener, std::size_t index, const Findings& findings) {
  const std::string path = path_of(listener) + ".listen";
  const std::string item = path + "[" + std::to_string(index) + "]";
  return findings.is_written(item) ? item : path;
}

// A free port is another one each time, but twice within a listener the two could not be told apart.
bool is_any_port(const Address& address) { return !address.is_unix() && address.port() == 0; }

void check_addresses(const Config& config, Findings& findings) {
  std::map<std::string, std::string> owners;
  if (config.admin.listen && !is_any_port(*config.admin.listen)) {
    owners.emplace(config.admin.listen->to_string(), "admin.listen");
  }
  for (const Listener& listener : config.listeners) {
    for (std::size_t i = 0; i < listener.listen.size(); ++i) {
      const Address& address = listener.listen[i];
      std::string key = address.to_string();
      if (key.empty()) continue;  // Was no address; that is said already.
      if (is_any_port(address)) key += " " + listener.name;
      const auto [other, is_new] = owners.try_emplace(key, path_of(listener));
      if (is_new) continue;
      findings.error(listen_path(listener, i, findings),
                     address.to_string() + " is taken already, by " + other->second);
    }
  }
}

void check_limits(const Listener& listener, std::uint64_t descriptor_limit, Findings& findings) {
  const std::string path = path_of(listener) + ".limits";
  const Limits& limits = listener.limits;
  if (limits.uri_bytes > limits.header_bytes && findings.is_sound(path + ".header_bytes")) {
    findings.warn(path + ".uri_bytes", "is larger than header_bytes, so that it never decides");
  }
  if (descriptor_limit == 0 || !limits.connections) return;
  const std::uint64_t needed = *limits.connections * descriptors_per_connection;
  if (needed <= descriptor_limit) return;
  findings.warn(path + ".connections", "is " + std::to_string(*limits.connections) + ", which takes " +
                                           std::to_string(needed) + " descriptors, and this process may open " +
                                           std::to_string(descriptor_limit) + " (ulimit -n)");
}

void check_trust(const Listener& listener, Findings& findings) {
  for (const Network& network : listener.trusted_proxies) {
    if (!network.to_string().ends_with("/0")) continue;
    findings.warn(path_of(listener) + ".trusted_proxies",
                  "has " + network.to_string() + ": any client may then claim any address");
  }
}

}  // namespace

void check_listeners(const CheckInput& input, Findings& findings) {
  const Config& config = input.config;
  if (config.listeners.empty() && findings.is_sound("listeners")) {
    findings.warn("listeners", "are missing: nothing is served");
  }
  check_addresses(config, findings);
  for (const Listener& listener : config.listeners) {
    check_limits(listener, input.descriptor_limit, findings);
    check_trust(listener, findings);
  }
}

}  // namespace stickler::config
