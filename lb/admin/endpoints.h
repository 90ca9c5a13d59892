// The endpoints of the admin API: one table, which docs/admin-api.md repeats and a test compares. Control thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/admin/source.h"
#include "lb/service/service.h"

namespace stickler::admin {

// One call, borrowed while it is handled.
struct Call {
  const service::Request& request;
  AdminSource& source;
  std::vector<std::string> names;  // In the path, e.g. pool and backend.
};

// Sends the answer to a call; once, and it may be long after the call is over.
using Reply = std::function<void(service::Answer)>;

struct Endpoint {
  std::string_view method;   // GET stands for HEAD as well.
  std::string_view pattern;  // See path_pattern.h.
  service::Answer (*handle)(const Call& call) = nullptr;
  bool changes_state = false;
  void (*handle_later)(const Call& call, const Reply& reply) = nullptr;  // Instead of `handle`: workers are asked.
};

std::span<const Endpoint> endpoints();

struct Lookup {
  const Endpoint* endpoint = nullptr;
  std::vector<std::string> names;
  std::string allowed;  // "GET, HEAD": the methods that the path has; "": the path is not known.
};

Lookup look_up(std::string_view method, std::string_view path);

}  // namespace stickler::admin
