// Connection: one client of an HttpService. The loop's thread; shared, so that a Responder can tell that it is gone.
#pragma once

#include <memory>
#include <string>
#include <string_view>

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

class Connection final : public io::TransportEvents, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Shared& shared, std::unique_ptr<io::Transport> transport, const Address& peer);
  ~Connection();

  void start();
  void drain();  // Ends now if idle, else after the answer.
  void end();

  void send(const Answer& answer);
  void reset();
  void begin_stream(const Answer& head);
  bool send_piece(std::string_view bytes);

 private:
  void on_data(std::span<const char> bytes) override;
  void on_eof() override;
  void on_drained() override;
  void on_broken(const Error& error) override;

  void process();
  bool take_event();
  void begin_request();
  void call_handler();
  void refuse(http::Refusal refusal);
  void finish_answer();
  void append_head(std::string& out, const Answer& answer, const http::Framing& framing) const;

  Shared& shared_;
  std::unique_ptr<io::Transport> transport_;
  const Address peer_;
  http::RequestParser parser_;
  io::Deadline deadline_;
  std::string input_;       // Not parsed yet: it came while a request was being answered.
  std::string head_bytes_;  // The current request's, kept for its handler.
  http::RequestHead head_;
  std::string body_;
  bool busy_ = false;     // A handler has the request.
  bool last_ = false;     // The connection ends after this answer.
  bool closing_ = false;  // The answer is on its way; then it ends.
  bool streaming_ = false;
  bool receiving_ = false;  // Part of a request has come.
  bool client_ended_ = false;
  bool ended_ = false;
};

}  // namespace stickler::service
