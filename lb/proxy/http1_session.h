// Http1Session: one client's HTTP/1.1 connection: parses requests, serves them one at a time in order, writes answers.
// The worker's thread; stands in the worker's list and ends in Worker::end_session.
//
// Most of them are idle at any time: members are small, and what is rarely needed is not there until it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lb/base/intrusive_list.h"
#include "lb/base/rare_string.h"
#include "lb/http/h1_parser.h"
#include "lb/io/deadlines.h"
#include "lb/proxy/client_exchange.h"
#include "lb/proxy/epoch.h"
#include "lb/proxy/stream.h"

namespace stickler::proxy {

class Worker;

class Http1Session final : public ClientExchange, private io::TransportEvents, public ListNode<Http1Session> {
 public:
  Http1Session(Worker& worker, std::size_t listener, const Address& peer);
  ~Http1Session();

  void start(std::unique_ptr<io::Transport> transport);
  void drain();          // Ends after the answer or, if idle, once nothing more comes.
  void follow_reload();  // An idle session lets go of its old epoch; one whose listener is gone drains.
  void join_drains() {   // See Stream.
    if (stream_ != nullptr) stream_->join_drains();
  }
  void close();  // Cuts what is open.

  bool is_tunnel() const { return phase_ == Phase::tunnel; }

  const ListenerSettings& listener_settings() const { return *listener().settings; }
  const EpochListener& listener() const { return epoch_->listeners[listener_]; }

  void send_interim(const http::ResponseHead& head, const http::PrefixedCookie& prefixed) override;
  void send_head(const http::ResponseHead& head, http::ForwardResponse forward, bool last) override;
  void send_body(std::string_view bytes) override;
  void send_end(const http::FieldBlock& trailers) override;
  void send_reply(const http::Reply& reply, bool last) override;
  void cut() override;
  std::unique_ptr<io::Transport> hand_over(std::string& early_bytes) override;
  void on_stream_finished() override;

  void hold(io::Hold reason) override;
  void release(io::Hold reason) override;
  std::size_t unsent_bytes() const override { return transport_->unsent_bytes(); }

 private:
  // What the session waits for, and with it which timeout runs.
  enum class Phase : std::uint8_t {
    idle,       // For a request.
    head,       // For the rest of one.
    body,       // For the request's body.
    answer,     // For the backend; the stream has the timeouts.
    finishing,  // For the last bytes to be taken.
    lingering,  // For the client to see the answer before it is cut off amid what it sends.
    tunnel,     // The connection is not ours any more.
    over,
  };

  void on_data(std::span<const char> bytes) override;
  void on_eof() override;
  void on_drained() override;
  void on_broken(const Error& error) override;

  std::string_view process(std::string_view input);
  void on_event(http::Event event);
  void start_stream();
  void listen_later();
  void refuse(http::Refusal refusal);
  void enter(Phase phase);
  void arm_for(Duration timeout);
  void on_deadline();
  void keep_ahead(std::string_view bytes);
  void continue_with_ahead();
  void finish_connection();
  void end();
  StreamClient stream_client();
  template <class Write>
  void put(Write write);  // write(text): what is appended goes to the client, and is counted.

  Worker& worker_;
  std::shared_ptr<Epoch> epoch_;
  std::unique_ptr<io::Transport> transport_;
  http::RequestParser parser_;
  std::unique_ptr<Stream> stream_;
  RareString ahead_;  // Bytes of the next requests, which arrived while one is served.
  std::string client_ip_;
  io::Deadline deadline_;
  std::uint32_t requests_ = 0;
  std::uint32_t ahead_at_ = 0;     // What stands before it in ahead_ has been parsed.
  std::uint32_t unsent_then_ = 0;  // When the deadline was armed: a client that takes its answer slowly is not idle.
  std::uint32_t lingered_bytes_ = 0;
  std::uint32_t listener_;
  std::uint16_t client_port_;
  Phase phase_ = Phase::idle;
  http::BodyKind answer_kind_ = http::BodyKind::none;
  bool trusted_ : 1 = false;
  bool head_request_ : 1 = false;
  bool http10_ : 1 = false;
  bool request_complete_ : 1 = false;
  bool answer_complete_ : 1 = false;
  bool last_request_ : 1 = false;  // The connection ends after this answer.
  bool retiring_ : 1 = false;      // It ends with the next request, or without one.
  bool processing_ : 1 = false;
  bool client_ended_ : 1 = false;
  bool client_closes_ : 1 = false;  // It has said that its last request is its last.
  bool extra_bytes_ : 1 = false;    // The client sent more after its last request.
};

}  // namespace stickler::proxy
