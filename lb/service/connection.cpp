#include "lb/service/connection.h"

#include <array>
#include <utility>

#include "lb/http/reply.h"
#include "lb/http/writer.h"

namespace stickler::service {
namespace {

constexpr std::chrono::seconds linger_time{2};
// A connection that was accepted just before a drain may have its request in the kernel already.
constexpr std::chrono::milliseconds fresh_time{250};
// An idle connection keeps its buffers up to this size.
constexpr std::size_t kept_bytes_max = 4096;

const http::HeadLimits head_limits;

// Empties it for the next request; a large one gives its memory back.
void clear(std::string& buffer) {
  if (buffer.capacity() > kept_bytes_max) {
    buffer = {};
  } else {
    buffer.clear();
  }
}

bool has_no_body(std::uint16_t status) { return status == 204 || status == 304; }

}  // namespace

Connection::Connection(Shared& shared, std::unique_ptr<io::Transport> transport, const Address& peer)
    : shared_(shared),
      lifeline_(std::make_shared<Lifeline>(Lifeline{.connection = this})),
      transport_(std::move(transport)),
      peer_(peer),
      parser_(head_limits, shared.head),
      deadline_(
          shared.deadlines, [](void* connection) { static_cast<Connection*>(connection)->on_deadline(); }, this) {}

void Connection::start() {
  enter(Phase::idle);
  transport_->set_events(*this);
}

void Connection::drain() {
  switch (phase_) {
    case Phase::idle:
      if (!ahead_.empty()) return;  // Its turn comes when the client has read, and is the last.
      if (fresh_) return deadline_.arm(fresh_time);
      return transport_->unsent_bytes() > 0 ? finish() : end();
    case Phase::streaming:
      return answer_written();
    case Phase::receiving:
    case Phase::serving:
    case Phase::finishing:
    case Phase::lingering:
    case Phase::over:
      return;
  }
}

void Connection::end() {
  if (phase_ == Phase::over) return;
  enter(Phase::over);
  lifeline_->connection = nullptr;
  transport_->close();
  shared_.on_end(*this);
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  unsent_at_arming_ = transport_->unsent_bytes();
  switch (phase) {
    case Phase::idle:
    case Phase::finishing:
      return deadline_.arm(shared_.options.idle_timeout);
    case Phase::receiving:
      return deadline_.arm(shared_.options.request_timeout);
    case Phase::lingering:
      return deadline_.arm(linger_time);
    case Phase::serving:
    case Phase::streaming:
    case Phase::over:
      return deadline_.disarm();
  }
}

void Connection::on_deadline() {
  if (phase_ == Phase::receiving) {
    return refuse(has_request_ ? http::Refusal::body_too_slow : http::Refusal::head_too_slow);
  }
  // A slow reader is not a silent one.
  if (transport_->unsent_bytes() < unsent_at_arming_) return enter(phase_);
  end();
}

// --- From the client -------------------------------------------------------------------------------------------------

void Connection::on_data(std::span<const char> bytes) {
  fresh_ = false;
  if (phase_ > Phase::receiving && last_) return;  // Behind the last request nothing is a request.
  if (phase_ > Phase::receiving || !ahead_.empty()) {
    ahead_.append(bytes.data(), bytes.size());
    return transport_->hold(io::Hold::pipelined);
  }
  process({bytes.data(), bytes.size()});
}

void Connection::process(std::string_view input) {
  processing_ = true;
  // A client that sends requests but reads no answers gets no further ones.
  while (phase_ == Phase::receiving || (phase_ == Phase::idle && !transport_->above_high_water())) {
    const http::Event event = parser_.next(input);
    if (event == http::Event::need_more) break;
    on_event(event);
  }
  processing_ = false;
  if (phase_ == Phase::idle && !parser_.idle()) enter(Phase::receiving);
  if (!has_request_) forget_request();
  if (!input.empty() && phase_ <= Phase::serving && !last_) {
    ahead_.assign(input);
    transport_->hold(io::Hold::pipelined);
  }
}

// The turn of what has waited. It is parsed from a copy, because process() may leave a rest in ahead_ again.
void Connection::process_ahead() {
  if (phase_ != Phase::idle) return;
  const std::string input = std::exchange(ahead_, {});
  process(input);
  if (ahead_.empty()) transport_->release(io::Hold::pipelined);
}

void Connection::on_event(http::Event event) {
  switch (event) {
    case http::Event::head:
      return begin_request();
    case http::Event::body:
      if (body_.size() + parser_.body().size() > shared_.options.body_bytes_max) {
        return refuse(http::Refusal::body_too_large);
      }
      body_.append(parser_.body());
      return;
    case http::Event::end:
      return call_handler();
    case http::Event::error:
      return refuse(parser_.refusal());
    case http::Event::interim:
    case http::Event::need_more:
      return;
  }
}

void Connection::begin_request() {
  head_ = parser_.head();
  head_bytes_.assign(head_.bytes());
  head_.rebase(head_bytes_.data());
  body_.clear();
  has_request_ = true;
  last_ = !head_.keep_alive;
  if (head_.method == http::Method::connect) return refuse(http::Refusal::connect_refused);
  const http::Framing& framing = head_.framing;
  if (framing.kind == http::BodyKind::length && framing.length > shared_.options.body_bytes_max) {
    return refuse(http::Refusal::body_too_large);
  }
  if (framing.empty()) return call_handler();
  if (phase_ == Phase::idle) enter(Phase::receiving);
  if (head_.expect_continue) transport_->write("HTTP/1.1 100 Continue\r\n\r\n");
}

void Connection::call_handler() {
  enter(Phase::serving);
  ++lifeline_->turn;
  shared_.handler({.head = head_, .body = body_, .peer = peer_}, Responder(lifeline_));
}

void Connection::refuse(http::Refusal refusal) {
  const http::Reply reply = http::reply_to(refusal);
  Answer answer{.status = reply.status, .fields = {}, .body = std::string(reply.text) + "\n"};
  if (reply.status == 405) answer.fields.emplace_back("Allow", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
  last_ = true;
  write_answer(answer);
  answer_written();
}

void Connection::on_eof() {
  client_ended_ = true;
  switch (phase_) {
    case Phase::idle:
      return finish();
    case Phase::serving:
      last_ = true;  // Nothing waits behind it: reading would have been held.
      return;
    case Phase::finishing:
      if (transport_->unsent_bytes() == 0) end();
      return;
    case Phase::receiving:
    case Phase::streaming:
    case Phase::lingering:
    case Phase::over:
      return end();
  }
}

void Connection::on_drained() {
  if (phase_ == Phase::finishing && transport_->unsent_bytes() == 0) return all_sent();
  if (phase_ == Phase::idle && !ahead_.empty()) process_ahead();
}

void Connection::on_broken(const Error&) { end(); }

// --- From the handler ------------------------------------------------------------------------------------------------

void Connection::send(const Answer& answer) {
  if (phase_ != Phase::serving) return;
  last_ = last_ || answer.cut_body || shared_.draining;
  write_answer(answer);
  answer_written();
}

void Connection::reset() {
  transport_->set_reset_on_close();
  end();
}

void Connection::begin_stream(const Answer& head) {
  if (phase_ != Phase::serving) return;
  last_ = true;
  std::string out;
  append_head(out, head, {});
  transport_->write(out);
  if (head_.method == http::Method::head || client_ended_ || shared_.draining) return answer_written();
  enter(Phase::streaming);
}

bool Connection::send_piece(std::string_view bytes) {
  if (phase_ != Phase::streaming) return false;
  if (transport_->above_high_water()) {
    end();
    return false;
  }
  transport_->write(bytes);
  return true;
}

void Connection::write_answer(const Answer& answer) {
  const bool is_head = has_request_ && head_.method == http::Method::head;
  const bool framed = !has_no_body(answer.status);
  std::string_view body = answer.body;
  if (answer.cut_body) body = body.substr(0, body.size() / 2);
  if (is_head || !framed) body = {};
  std::string head;
  append_head(head, answer,
              {.kind = framed ? http::BodyKind::length : http::BodyKind::none, .length = answer.body.size()});
  const std::array<std::string_view, 2> pieces{head, body};
  transport_->write(pieces);
}

void Connection::append_head(std::string& out, const Answer& answer, const http::Framing& framing) const {
  http::append_status_line(out, answer.status, http::reason_phrase(answer.status));
  http::append_field(out, "Date", shared_.date.text(shared_.loop.wall()));
  if (!answer.content_type.empty() && !has_no_body(answer.status)) {
    http::append_field(out, "Content-Type", answer.content_type);
  }
  for (const auto& [name, value] : shared_.options.fields) http::append_field(out, name, value);
  for (const auto& [name, value] : answer.fields) http::append_field(out, name, value);
  http::append_framing(out, framing);
  if (last_) {
    out.append("Connection: close\r\n");
  } else if (has_request_ && head_.minor_version == 0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

void Connection::answer_written() {
  ++lifeline_->turn;
  has_request_ = false;
  if (!processing_) forget_request();  // Else the handler may still look at it.
  if (last_) return finish();
  enter(Phase::idle);
  if (processing_ || ahead_.empty()) return;
  // Not here: the answer came out of somebody else's call.
  shared_.loop.defer([lifeline = lifeline_] {
    if (lifeline->connection != nullptr) lifeline->connection->process_ahead();
  });
}

void Connection::forget_request() {
  clear(body_);
  clear(head_bytes_);
}

void Connection::finish() {
  last_ = true;
  ahead_ = {};
  enter(Phase::finishing);
  transport_->shutdown();
  transport_->release(io::Hold::pipelined);
  if (transport_->unsent_bytes() == 0) all_sent();
}

void Connection::all_sent() { client_ended_ ? end() : enter(Phase::lingering); }

}  // namespace stickler::service
