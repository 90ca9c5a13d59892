// ClientExchange: the client's side of one stream: what a stream tells its client, in whatever protocol the client
// speaks. HTTP/1.1 has one at a time on a connection, HTTP/2 many. The worker's thread; owned by the client session.
//
// Nothing here calls back into the stream within the call. What the client sends reaches Stream's on_request_*.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lb/http/forward_response.h"
#include "lb/http/message.h"
#include "lb/http/reply.h"
#include "lb/io/transport.h"

namespace stickler::proxy {

class ClientExchange : public io::Gate, public io::Sink {
 public:
  virtual void send_interim(const http::ResponseHead& head, const http::PrefixedCookie& prefixed) = 0;

  // The head of the backend's answer. What only the protocol knows is filled in here: framing, persistence, date.
  // `last`: no request may follow on this connection.
  virtual void send_head(const http::ResponseHead& head, http::ForwardResponse forward, bool last) = 0;
  virtual void send_body(std::string_view bytes) = 0;
  virtual void send_end(const http::FieldBlock& trailers) = 0;

  // A whole answer of our own. `last`: as above.
  virtual void send_reply(const http::Reply& reply, bool last) = 0;

  // The answer began and will not be completed: the client must see that it is cut.
  virtual void cut() = 0;

  // For a tunnel: the connection itself, and what it has sent beyond the request.
  virtual std::unique_ptr<io::Transport> hand_over(std::string& early_bytes) = 0;

  // The stream is over and is not called any more. Where the answer is complete the next request may follow.
  virtual void on_stream_finished() = 0;

 protected:
  ~ClientExchange() = default;
};

}  // namespace stickler::proxy
