// What stands before the origins of a fault run: Stickler, or another to compare it with. The test's thread.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "tests/faults/origins.h"

namespace stickler::faults {

class Proxy {
 public:
  virtual ~Proxy() = default;

  virtual std::uint16_t port() = 0;
  virtual std::string state_of(const Origin& origin) = 0;  // "up", or a word for why not.
  virtual std::optional<double> retries() = 0;             // So far; nullopt: it does not say.
};

std::unique_ptr<Proxy> start_stickler(const std::list<Origin>& origins);

// `program`: an HAProxy, set up for the same faults: redispatch, retries where they are safe, `observe layer7` with
// immediate marking down, the same times.
std::unique_ptr<Proxy> start_haproxy(const std::string& program, const std::list<Origin>& origins);

}  // namespace stickler::faults
