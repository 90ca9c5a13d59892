#include "lb/service/connection.h"

#include <utility>

#include "lb/http/reply.h"
#include "lb/http/writer.h"

namespace stickler::service {
namespace {

constexpr std::chrono::seconds linger_time{2};
const http::HeadLimits default_limits;

}  // namespace

Connection::Connection(Shared& shared, std::unique_ptr<io::Transport> transport, const Address& peer)
    : shared_(shared),
      transport_(std::move(transport)),
      peer_(peer),
      parser_(default_limits, shared.head),
      deadline_(
          shared.deadlines, [](void* connection) { static_cast<Connection*>(connection)->end(); }, this) {}

Connection::~Connection() = default;

void Connection::start() {
  deadline_.arm(shared_.options.idle_timeout);
  transport_->set_events(*this);
}

void Connection::drain() {
  last_ = true;
  if (!busy_ && !closing_) end();
}

void Connection::end() {
  if (std::exchange(ended_, true)) return;
  deadline_.disarm();
  transport_->close();
  shared_.on_end(*this);
}

void Connection::on_data(std::span<const char> bytes) {
  if (closing_) return;
  input_.append(bytes.data(), bytes.size());
  if (busy_) return transport_->hold(io::Hold::pipelined);
  process();
}

void Connection::on_eof() {
  client_ended_ = true;
  if (!busy_ && !closing_) return end();
  last_ = true;
  if (streaming_ || (closing_ && transport_->unsent_bytes() == 0)) end();
}

void Connection::on_drained() {
  if (closing_ && client_ended_ && transport_->unsent_bytes() == 0) end();
}

void Connection::on_broken(const Error&) { end(); }

void Connection::process() {
  while (!busy_ && !closing_ && !ended_ && take_event()) {
  }
}

// Parses one event out of what has come; false: there is no more.
bool Connection::take_event() {
  std::string_view rest = input_;
  const http::Event event = parser_.next(rest);
  const std::size_t consumed = input_.size() - rest.size();
  switch (event) {
    case http::Event::head:
      begin_request();
      break;
    case http::Event::body:
      body_.append(parser_.body());
      break;
    case http::Event::end:
      call_handler();
      break;
    case http::Event::error:
      refuse(parser_.refusal());
      break;
    default:
      break;
  }
  input_.erase(0, consumed);
  if (event == http::Event::head && head_.framing.empty()) call_handler();
  if (body_.size() > shared_.options.body_bytes_max) refuse(http::Refusal::body_too_large);
  if (event != http::Event::need_more) return true;
  if (!parser_.idle()) {
    if (!receiving_) deadline_.arm(shared_.options.request_timeout);
    receiving_ = true;
  }
  return false;
}

void Connection::begin_request() {
  head_ = parser_.head();
  head_bytes_.assign(head_.bytes());
  head_.rebase(head_bytes_.data());
  body_.clear();
  last_ = last_ || !head_.keep_alive || shared_.draining;
  if (head_.framing.kind == http::BodyKind::length && head_.framing.length > shared_.options.body_bytes_max) {
    return refuse(http::Refusal::body_too_large);
  }
  if (head_.expect_continue) transport_->write("HTTP/1.1 100 Continue\r\n\r\n");
}

void Connection::call_handler() {
  if (closing_) return;
  busy_ = true;
  receiving_ = false;
  deadline_.disarm();
  shared_.handler({.head = head_, .body = body_, .peer = peer_}, Responder(weak_from_this()));
}

void Connection::refuse(http::Refusal refusal) {
  if (closing_) return;
  std::string out;
  http::write_reply(
      out, http::reply_to(refusal),
      {.date = shared_.date.text(shared_.loop.wall()), .close = true, .head_request = false, .http10 = false});
  transport_->write(out);
  last_ = true;
  finish_answer();
}

void Connection::append_head(std::string& out, const Answer& answer, const http::Framing& framing) const {
  http::append_status_line(out, answer.status, http::reason_phrase(answer.status));
  http::append_field(out, "Date", shared_.date.text(shared_.loop.wall()));
  if (!answer.content_type.empty()) http::append_field(out, "Content-Type", answer.content_type);
  for (const auto& [name, value] : answer.fields) http::append_field(out, name, value);
  http::append_framing(out, framing);
  if (last_) {
    out.append("Connection: close\r\n");
  } else if (head_.minor_version == 0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

void Connection::send(const Answer& answer) {
  if (!busy_ || streaming_) return;
  last_ = last_ || answer.cut_body || shared_.draining;
  const bool no_body = head_.method == http::Method::head || answer.status == 204 || answer.status == 304;
  std::string out;
  const bool framed = answer.status != 204;
  append_head(out, answer,
              {.kind = framed ? http::BodyKind::length : http::BodyKind::none, .length = answer.body.size()});
  if (!no_body) out.append(answer.body, 0, answer.cut_body ? answer.body.size() / 2 : answer.body.size());
  transport_->write(out);
  finish_answer();
}

void Connection::finish_answer() {
  busy_ = false;
  body_.clear();
  if (last_) {
    // What is still unread would turn the close into a reset; the client closes first, or the time is over.
    closing_ = true;
    transport_->release(io::Hold::pipelined);
    transport_->shutdown();
    return deadline_.arm(linger_time);
  }
  deadline_.arm(shared_.options.idle_timeout);
  transport_->release(io::Hold::pipelined);
  // Not here: a handler that answers at once is still inside take_event, and a later one inside somebody's call.
  shared_.loop.defer([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->process();
  });
}

void Connection::reset() {
  transport_->set_reset_on_close();
  end();
}

void Connection::begin_stream(const Answer& head) {
  if (!busy_) return;
  streaming_ = last_ = true;
  std::string out;
  append_head(out, head, {.kind = http::BodyKind::none, .length = 0});
  transport_->write(out);
}

bool Connection::send_piece(std::string_view bytes) {
  if (!streaming_ || ended_) return false;
  if (transport_->above_high_water()) {
    end();
    return false;
  }
  transport_->write(bytes);
  return true;
}

}  // namespace stickler::service
