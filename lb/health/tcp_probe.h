// TcpProbe: a backend is well if it takes a connection. The base of probes that go on from there.
//
// The loop's thread; owned by whoever started it.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "lb/health/probe.h"
#include "lb/io/loop.h"
#include "lb/io/socket.h"
#include "lb/io/timer.h"

namespace stickler::health {

class TcpProbe : public Probe, protected io::TransportEvents {
 public:
  TcpProbe(io::Loop& loop, const Address& address, Duration timeout, OnProbeResult on_result);

 protected:
  void on_connected() override { finish({.ok = true, .reason = "connected"}); }
  void on_data(std::span<const char>) override {}
  void on_eof() override {}
  void on_broken(const Error& error) override;
  virtual void on_timeout();

  void finish(const ProbeResult& result);  // May destroy *this. Later events are silent.
  io::Socket& socket() { return *socket_; }
  std::string timeout_text() const;  // "1s", "250ms"

 private:
  const Duration timeout_;
  OnProbeResult on_result_;
  std::unique_ptr<io::Socket> socket_;
  io::Timer timer_;
};

}  // namespace stickler::health
