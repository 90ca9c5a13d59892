// HttpProbe: a backend is well if it answers a GET with a status in the expected range. No redirect is followed.
//
// The head decides; the body is then read to its end, so that the backend sees no reset, but neither its bytes nor its
// end matter, and no more than body_bytes_max of it is awaited. The loop's thread; owned by whoever started it.
#pragma once

#include <optional>

#include "lb/health/tcp_probe.h"
#include "lb/http/h1_parser.h"

namespace stickler::health {

class HttpProbe final : public TcpProbe {
 public:
  static constexpr std::size_t body_bytes_max = std::size_t{64} * 1024;

  HttpProbe(io::Loop& loop, const Address& address, const ProbeSettings& settings, OnProbeResult on_result);

 private:
  void on_connected() override;
  void on_data(std::span<const char> bytes) override;
  void on_eof() override;
  void on_broken(const Error& error) override;
  void on_timeout() override;
  void judge(const http::ResponseHead& head);
  void finish_or(std::string reason);

  const Address address_;
  const ProbeSettings settings_;
  http::ResponseHead head_;
  http::ResponseParser parser_;
  std::optional<ProbeResult> answer_;  // Once the head was seen.
  bool connected_ = false;
  std::size_t body_bytes_ = 0;
};

}  // namespace stickler::health
