// What a probe asks, and what it found. Values, and one probe on its way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lb/base/address.h"
#include "lb/base/clock.h"
#include "lb/io/loop.h"

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
  std::string reason{};      // "status 503", "connect: connection refused", "no answer within 1s"; "status 200" if ok.
  std::string generation{};  // X-Node-Generation of the answer; "": none.
};

// Called once, never within the call that started the probe.
using OnProbeResult = std::function<void(const ProbeResult& result)>;

// One probe on its way. The loop's thread. Destroying it cancels it; within its own result it is destroyed through
// Loop::bury.
class Probe {
 public:
  virtual ~Probe() = default;
};

// Requires: `loop` outlives the probe.
std::unique_ptr<Probe> start_probe(io::Loop& loop, const Address& address, const ProbeSettings& settings,
                                   OnProbeResult on_result);

}  // namespace stickler::health
