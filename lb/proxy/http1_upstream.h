// Http1Upstream: one HTTP/1.1 connection to a backend: writes requests, parses answers. The worker's thread; owned by
// the UpstreamPool, in whose lists it stands.
#pragma once

#include <memory>
#include <string>

#include "lb/base/intrusive_list.h"
#include "lb/cluster/backend_set.h"
#include "lb/http/h1_parser.h"
#include "lb/io/deadlines.h"
#include "lb/proxy/outcome.h"
#include "lb/proxy/upstream_exchange.h"

namespace stickler::proxy {

class Stream;
class Worker;
struct PoolSettings;

class Http1Upstream final : public UpstreamExchange, private io::TransportEvents, public ListNode<Http1Upstream> {
 public:
  // Begins to connect.
  Http1Upstream(Worker& worker, const cluster::Member& member);
  ~Http1Upstream();

  const cluster::Backend& backend() const { return *backend_; }
  const Address& address() const { return address_; }

  void lease_to(Stream& stream, const PoolSettings& settings);
  void close();  // Buries itself. Not while leased.
  void on_health_change();
  std::uint32_t idle_max() const { return idle_max_; }
  void wait_idle();  // Given back to the pool: closes after the idle timeout.
  bool is_idle() const { return idle_; }

  bool connected() const override { return connected_; }
  void send_head(const http::RequestHead& head, const http::ForwardRequest& forward) override;
  void send_body(std::string_view bytes) override;
  void send_end(const http::FieldBlock& trailers) override;
  void abandon() override;
  std::unique_ptr<io::Transport> hand_over(std::string& early_bytes) override;

  void hold(io::Hold reason) override { transport_->hold(reason); }
  void release(io::Hold reason) override { transport_->release(reason); }
  std::size_t unsent_bytes() const override { return transport_->unsent_bytes(); }

 private:
  void on_connected() override;
  void on_data(std::span<const char> bytes) override;
  void on_eof() override;
  void on_drained() override;
  void on_broken(const Error& error) override;

  void parse(std::string_view input);
  Failure failure_of_end(Failure before_answer) const;
  void end_exchange(bool clean);
  void fail(Failure failure);

  Worker& worker_;
  std::shared_ptr<cluster::Backend> backend_;
  Address address_;
  std::unique_ptr<io::Transport> transport_;
  http::ResponseParser parser_;
  http::Framing request_framing_;
  io::Deadline idle_deadline_;
  Duration idle_timeout_{};
  std::uint32_t idle_max_ = 0;
  Stream* stream_ = nullptr;  // The lease; nullptr: idle.
  std::string_view rest_;     // Of the read being parsed, for hand_over.
  std::uint64_t exchanges_ = 0;
  bool idle_ = false;
  bool connected_ = false;
  bool request_sent_ = false;
  bool answer_began_ = false;
  bool keep_alive_ = false;  // The answer's.
  bool closed_ = false;
};

}  // namespace stickler::proxy
