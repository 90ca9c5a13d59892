// What a reload changes, in words for the operator. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "lb/config/schema.h"

namespace stickler::config {

struct Diff {
  // "pool 'login': backend 'd' added (127.0.0.1:9004)", in the order of the file, removals last.
  std::vector<std::string> changes;
  // Changes that a reload cannot apply; the running process keeps the old value:
  // "process.workers: changed from auto to 4; takes effect at the next start".
  std::vector<std::string> needs_restart;
};

Diff diff(const Config& running, const Config& wanted);

}  // namespace stickler::config
