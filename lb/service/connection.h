// Connection: one client of an HttpService. The loop's thread; owned by the service, which buries it.
//
// The phases of its life, and what ends each if the client does nothing:
//   idle       between requests              idle_timeout
//   receiving  part of a request has come    request_timeout, answered 408
//   serving    a handler has the request     -
//   streaming  an answer without end         pieces that the client does not read
//   finishing  the last answer is on its way idle_timeout without progress
//   lingering  it is sent; the client closes first, or what it still sends would turn our close into a reset
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lb/base/intrusive_list.h"
#include "lb/http/date.h"
#include "lb/http/h1_parser.h"
#include "lb/io/deadlines.h"
#include "lb/io/transport.h"
#include "lb/service/service.h"

namespace stickler::service {

// What all connections of a service share.
struct Shared {
  io::Loop& loop;
  io::Deadlines& deadlines;
  const ServiceOptions& options;
  const Handler& handler;
  http::RequestHead& head;  // Where parsers leave what they find.
  http::DateCache& date;
  std::function<void(Connection&)> on_end;
  bool draining = false;
};

class Connection final : public ListNode<Connection>, public io::TransportEvents {
 public:
  Connection(Shared& shared, std::unique_ptr<io::Transport> transport, const Address& peer);

  void start();
  void drain();  // Ends now if idle, else after the answer.
  void end();    // Now. It is destroyed later.

  // For the Responder of the current turn.
  void send(const Answer& answer);
  void reset();
  void begin_stream(const Answer& head);
  bool send_piece(std::string_view bytes);

 private:
  enum class Phase : std::uint8_t { idle, receiving, serving, streaming, finishing, lingering, over };

  void on_data(std::span<const char> bytes) override;
  void on_eof() override;
  void on_drained() override;
  void on_broken(const Error& error) override;
  void on_deadline();

  void enter(Phase phase);
  void process(std::string_view input);
  void process_ahead();
  void on_event(http::Event event);
  void begin_request();
  void call_handler();
  void refuse(http::Refusal refusal);

  void write_answer(const Answer& answer);
  void append_head(std::string& out, const Answer& answer, const http::Framing& framing) const;
  void answer_written();
  void forget_request();
  void finish();
  void all_sent();

  Shared& shared_;
  const std::shared_ptr<Lifeline> lifeline_;
  std::unique_ptr<io::Transport> transport_;
  const Address peer_;
  http::RequestParser parser_;
  io::Deadline deadline_;
  std::string ahead_;       // Came before its turn; never more than one read.
  std::string head_bytes_;  // The current request's, kept for its handler.
  http::RequestHead head_;
  std::string body_;
  std::size_t unsent_at_arming_ = 0;
  Phase phase_ = Phase::idle;
  bool fresh_ = true;         // Nothing has come yet.
  bool processing_ = false;   // Within process(), which goes on by itself.
  bool has_request_ = false;  // head_ is the current request's.
  bool last_ = false;         // The connection ends after this answer.
  bool client_ended_ = false;
};

}  // namespace stickler::service
