// The configuration as a tree of the file's keys and units, defaults filled in: what is rendered, and what two
// configurations are compared by. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lb/config/schema.h"

namespace stickler::config {

struct Value {
  enum class Kind : std::uint8_t { text, plain, list, map };  // plain: a number, true or false.

  Kind kind = Kind::map;
  std::string text;
  bool is_secret = false;  // Compared by its text, shown as `shown`.
  std::string shown = "***";
  std::vector<Value> items;
  std::vector<std::pair<std::string, Value>> members;

  bool operator==(const Value&) const = default;
};

Value effective(const Process& process);
Value effective(const Admin& admin);
Value effective(const Log& log);
Value effective(const AccessLog& access_log);
Value effective(const Headers& headers);
Value effective(const Listener& listener);
Value effective(const Backend& backend);
Value effective(const Pool& pool);
Value effective(const Config& config);

}  // namespace stickler::config
