// A machine for the tests of configuration: its environment and its limits are always these. Any thread.
#pragma once

#include <map>
#include <string>

#include "lb/config/load.h"

namespace stickler::config {

using Environment = std::map<std::string, std::string>;

inline Machine machine_with(Environment environment) {
  const auto variable = [environment = std::move(environment)](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  return {.variable = variable, .descriptor_limit = 4096};
}

inline Machine test_machine() {
  return machine_with({{"STICKLER_KEY", "the-first-key-has-thirty-two-bytes"},
                       {"STICKLER_OLD_KEY", "the-second-key-has-thirty-two-bytes"},
                       {"STICKLER_TOKEN_FILE", "/etc/stickler/token"},
                       {"SHORT", "too-short-a-secret"},
                       {"EMPTY", ""},
                       {"PORT", "8080"},
                       {"TEMPLATE", "%{no_such_variable}"},
                       {"WORD", "elephant"}});
}

// The end of a file that is complete and beyond reproach.
inline const std::string rest_of_file =
    "listeners: {web: {listen: 127.0.0.1:80, pool: login}}\n"
    "pools: {login: {backends: [{name: a, address: 127.0.0.1:9001}]}}\n";

inline Loaded load(const std::string& yaml) { return load_text(yaml, test_machine()); }

inline std::string report(const Loaded& loaded) { return describe(loaded.problems, "test.yaml"); }

}  // namespace stickler::config
