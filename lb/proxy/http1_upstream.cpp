#include "lb/proxy/http1_upstream.h"

#include <utility>

#include "lb/http/forward_request.h"
#include "lb/http/writer.h"
#include "lb/io/socket.h"
#include "lb/proxy/snapshot.h"
#include "lb/proxy/stream.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {

Http1Upstream::Http1Upstream(Worker& worker, const cluster::Member& member)
    : worker_(worker),
      backend_(member.backend),
      address_(member.address),
      transport_(io::Socket::connect(worker.loop(), member.address, *this)),
      parser_(worker.response_head()),
      idle_deadline_(
          worker.deadlines(), [](void* connection) { static_cast<Http1Upstream*>(connection)->close(); }, this) {
  backend_->load.connections.fetch_add(1, std::memory_order_relaxed);
}

Http1Upstream::~Http1Upstream() { backend_->load.connections.fetch_sub(1, std::memory_order_relaxed); }

void Http1Upstream::lease_to(Stream& stream, const PoolSettings& settings) {
  idle_ = false;
  idle_deadline_.disarm();
  idle_timeout_ = settings.idle_timeout;
  idle_max_ = settings.idle_per_worker;
  stream_ = &stream;
  ++exchanges_;
  request_sent_ = answer_began_ = false;
}

void Http1Upstream::wait_idle() {
  idle_ = true;
  idle_deadline_.arm(idle_timeout_);
}

void Http1Upstream::close() {
  if (std::exchange(closed_, true)) return;
  idle_deadline_.disarm();
  worker_.gather().forget(*transport_);
  transport_->close();
  worker_.upstreams().remove(*this);
}

void Http1Upstream::on_health_change() {
  if (stream_ != nullptr && !answer_began_) stream_->on_health_change();
}

// --- From the stream -------------------------------------------------------------------------------------------------

void Http1Upstream::send_head(const http::RequestHead& head, const http::ForwardRequest& forward) {
  parser_.expect({.head_request = head.method == http::Method::head, .upgrade_requested = head.wants_websocket});
  request_framing_ = head.framing;
  http::write_request_head(worker_.gather().text(*transport_), head, forward);
}

void Http1Upstream::send_body(std::string_view bytes) {
  if (bytes.empty()) return;
  Gather& gather = worker_.gather();
  const bool chunked = request_framing_.kind == http::BodyKind::chunked;
  if (chunked) http::append_chunk_head(gather.text(*transport_), bytes.size());
  gather.put(*transport_, bytes);
  if (chunked) gather.text(*transport_).append("\r\n");
}

void Http1Upstream::send_end(const http::FieldBlock& trailers) {
  request_sent_ = true;
  if (request_framing_.kind != http::BodyKind::chunked) return;
  http::append_last_chunk(worker_.gather().text(*transport_), trailers);
}

void Http1Upstream::abandon() {
  stream_ = nullptr;
  close();
}

std::unique_ptr<io::Transport> Http1Upstream::hand_over(std::string& early_bytes) {
  early_bytes.assign(rest_);
  rest_ = {};
  stream_ = nullptr;
  closed_ = true;
  auto transport = std::move(transport_);
  worker_.upstreams().remove(*this);
  return transport;
}

// --- From the backend ------------------------------------------------------------------------------------------------

void Http1Upstream::on_connected() {
  connected_ = true;
  if (stream_ != nullptr) stream_->on_upstream_connected();
  worker_.gather().flush();
}

void Http1Upstream::on_data(std::span<const char> bytes) {
  if (stream_ == nullptr) return close();  // Nobody asked.
  answer_began_ = true;
  parse({bytes.data(), bytes.size()});
  worker_.gather().flush();
  if (stream_ != nullptr) stream_->after_flush();
}

void Http1Upstream::parse(std::string_view input) {
  while (stream_ != nullptr && !closed_) {
    const http::Event event = parser_.next(input);
    switch (event) {
      case http::Event::need_more:
        return;
      case http::Event::interim:
        stream_->on_interim(parser_.head());
        break;
      case http::Event::head:
        rest_ = input;
        keep_alive_ = parser_.head().keep_alive;
        stream_->on_response_head(parser_.head());
        rest_ = {};
        break;
      case http::Event::body:
        stream_->on_response_body(parser_.body());
        break;
      case http::Event::end:
        return end_exchange(input.empty());
      case http::Event::error:
        return fail(parser_.reads_body() ? Failure::cut_body : Failure::bad_answer);
    }
  }
}

void Http1Upstream::on_eof() {
  if (stream_ == nullptr) return close();
  const Failure failure = failure_of_end(Failure::closed);
  if (parser_.eof() == http::Event::end) {
    end_exchange(false);
  } else {
    fail(failure);
  }
  worker_.gather().flush();
}

void Http1Upstream::on_broken(const Error&) {
  if (stream_ == nullptr) return close();
  fail(connected_ ? failure_of_end(Failure::reset) : Failure::connect_error);
  worker_.gather().flush();
}

void Http1Upstream::on_drained() {
  if (stream_ != nullptr) stream_->on_upstream_drained();
  worker_.gather().flush();
}

// What an end of the connection cut off; `before_answer` if nothing had come yet.
Failure Http1Upstream::failure_of_end(Failure before_answer) const {
  if (!answer_began_) return exchanges_ > 1 ? Failure::stale : before_answer;
  return parser_.reads_body() ? Failure::cut_body : Failure::cut_head;
}

// The lease ends before the stream hears of it: the stream's next request may want this very connection.
void Http1Upstream::end_exchange(bool clean) {
  Stream* stream = std::exchange(stream_, nullptr);
  if (clean && request_sent_ && keep_alive_ && !closed_) {
    worker_.upstreams().give_back(*this);
  } else {
    close();
  }
  stream->on_response_end(parser_.trailers());
}

void Http1Upstream::fail(Failure failure) {
  Stream* stream = std::exchange(stream_, nullptr);
  close();
  if (stream != nullptr) stream->on_upstream_failed(failure);
}

}  // namespace stickler::proxy
