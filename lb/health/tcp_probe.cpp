#include "lb/health/tcp_probe.h"

#include <utility>

namespace stickler::health {

TcpProbe::TcpProbe(io::Loop& loop, const Address& address, Duration timeout, OnProbeResult on_result)
    : timeout_(timeout),
      on_result_(std::move(on_result)),
      socket_(io::Socket::connect(loop, address, *this)),
      timer_(loop, [this] { on_timeout(); }) {
  timer_.start(timeout);
}

void TcpProbe::on_broken(const Error& error) { finish({.reason = "connect: " + error.message}); }
void TcpProbe::on_timeout() { finish({.reason = "no connection within " + timeout_text()}); }

std::string TcpProbe::timeout_text() const {
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(timeout_).count();
  return millis % 1000 == 0 ? std::to_string(millis / 1000) + "s" : std::to_string(millis) + "ms";
}

void TcpProbe::finish(const ProbeResult& result) {
  timer_.stop();
  socket_->close();
  const OnProbeResult on_result = std::move(on_result_);
  on_result(result);
}

}  // namespace stickler::health
