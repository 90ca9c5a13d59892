#include "lb/health/probe.h"

#include <utility>

#include "lb/health/http_probe.h"
#include "lb/health/tcp_probe.h"

namespace stickler::health {

std::unique_ptr<Probe> start_probe(io::Loop& loop, const Address& address, const ProbeSettings& settings,
                                   OnProbeResult on_result) {
  switch (settings.type) {
    case ProbeType::http:
      return std::make_unique<HttpProbe>(loop, address, settings, std::move(on_result));
    case ProbeType::tcp:
      break;
  }
  return std::make_unique<TcpProbe>(loop, address, settings.timeout, std::move(on_result));
}

}  // namespace stickler::health
