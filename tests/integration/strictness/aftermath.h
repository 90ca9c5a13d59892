// What every case here ends with, whatever it did: two clients that come after it get their own answers, the second one
// over the very connection to the backend that the first one left in the pool; and the backend has got well-formed
// requests only. Each case is counted; the number stands at the end of the program's output.
// The test's thread.
#pragma once

#include <string>

#include "tests/integration/harness/balancer.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {

// An answer that says what was asked: X-Asked names method and target, the body is the request's.
std::string echo(const Message& request);

// What the two clients asked for.
struct Aftermath {
  std::string fresh;
  std::string pooled;
};

// Requires: `origin`, the balancer's only backend, answers targets that begin with /after/ by echo(). `name` tells the
// case from the others of its test.
Aftermath check_aftermath(Balancer& balancer, const ScriptedOrigin& origin, const std::string& name);

}  // namespace stickler::integration
