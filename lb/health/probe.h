// What a probe asks and what it found. Values; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lb/base/address.h"
#include "lb/base/clock.h"

namespace stickler::health {

enum class ProbeType : std::uint8_t { http, tcp };

struct ProbeSettings {
  ProbeType type = ProbeType::http;
  std::string path = "/healthz";
  std::uint16_t expect_first = 200;  // A status within these is a success.
  std::uint16_t expect_last = 399;
  Duration timeout = std::chrono::seconds(1);  // From the connect to the answer's head.

  bool operator==(const ProbeSettings&) const = default;
};

struct ProbeResult {
  bool ok = false;
  std::string reason;      // "status 503", "connect: connection refused", "timeout"; "status 200" when ok.
  std::string generation;  // X-Node-Generation of the answer; "": none.
};

using OnProbeResult = std::function<void(const ProbeResult& result)>;

// One probe on its way. The loop's thread. Destroying it cancels it, and its result never comes; the result never
// comes within the call that started it, and the probe may be destroyed by the function that takes the result.
class Probe {
 public:
  virtual ~Probe() = default;
};

}  // namespace stickler::health
