// UpstreamExchange: a stream's lease of a connection to a backend, for one request and its answer, in whatever
// protocol the backend speaks. The worker's thread; owned by the UpstreamPool.
//
// The lease ends by itself with the answer's end or a failure, which the stream hears as on_response_end or
// on_upstream_failed, or by abandon(). Nothing here calls back into the stream within the call.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lb/http/forward_request.h"
#include "lb/http/message.h"
#include "lb/io/transport.h"

namespace stickler::proxy {

class UpstreamExchange : public io::Gate, public io::Sink {
 public:
  virtual bool connected() const = 0;  // If not, on_upstream_connected follows.

  virtual void send_head(const http::RequestHead& head, const http::ForwardRequest& forward) = 0;
  virtual void send_body(std::string_view bytes) = 0;
  virtual void send_end(const http::FieldBlock& trailers) = 0;

  // The rest is not wanted; the connection is not used again.
  virtual void abandon() = 0;

  // For a tunnel, after a 101: the connection itself, and what it has sent beyond the answer's head. Ends the lease.
  virtual std::unique_ptr<io::Transport> hand_over(std::string& early_bytes) = 0;

 protected:
  ~UpstreamExchange() = default;
};

}  // namespace stickler::proxy
