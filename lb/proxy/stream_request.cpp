// The client's body on its way to the backend.
#include "lb/proxy/client_exchange.h"
#include "lb/proxy/stream.h"
#include "lb/proxy/upstream_exchange.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {

void Stream::drop_edited(http::FieldBlock& trailers, const http::HeaderEdits& edits) {
  trailers.filter([&](std::size_t i) { return !edits.drops(trailers.name(i)); });
}

void Stream::on_request_body(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > listener().body_bytes_max) return on_request_refused(http::Refusal::body_too_large);
  const bool sending = upstream_ != nullptr && request_sent_;
  keep_for_replay(bytes, sending);
  if (sending) upstream_->send_body(bytes);
}

// Until the request goes out its body has to be kept; afterwards only if it may be sent again.
void Stream::keep_for_replay(std::string_view bytes, bool sending) {
  if (!replayable_) return;
  if (sending && window_.size() + bytes.size() > replay_window_bytes) return drop_window();
  window_.append(bytes);
}

void Stream::drop_window() {
  replayable_ = false;
  window_.clear();
}

void Stream::on_request_end(const http::FieldBlock& trailers) {
  request_complete_ = true;
  request_ended_ = worker_.loop().now();
  if (!trailers.empty()) {
    trailers_ = trailers;
    trailer_bytes_.assign(trailers.bytes());
    trailers_.rebase(trailer_bytes_.data());
    drop_edited(trailers_, route_->headers.request);
  }
  if (upstream_ == nullptr || !request_sent_) return;
  upstream_->send_end(trailers_);
  if (!answer_began()) wait_for(Wait::answer_head, pool().response_header_timeout);
}

void Stream::on_upstream_drained() {
  request_relay_.on_sink_drained();
  if (waiting_for_ == Wait::upstream) wait_for(Wait::none, {});
}

}  // namespace stickler::proxy
