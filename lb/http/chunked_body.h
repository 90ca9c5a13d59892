// ChunkedBody: decodes a chunked body: llhttp behind the strict gate. Pure; any thread.
//
// llhttp is shown a canonical head of our own and then only bytes that passed ChunkScan, without extensions and trailer
// fields, of which it has a grammar of its own. The two must agree on where chunks and body end; a body on which they
// do not is refused, since a next hop might side with either.
#pragma once

#include <llhttp.h>

#include <string_view>

#include "lb/http/chunk_scan.h"
#include "lb/http/event.h"
#include "lb/http/refusal.h"

namespace stickler::http {

class ChunkedBody {
 public:
  ChunkedBody();
  ChunkedBody(const ChunkedBody&) = delete;  // llhttp points back here.
  ChunkedBody& operator=(const ChunkedBody&) = delete;

  // need_more, body, end or error; consumes from the front of `input`, which must go on where the last call left it.
  Event next(std::string_view& input);

  std::string_view body() const { return body_; }  // After Event::body.
  const FieldBlock& trailers() const { return gate_.trailers(); }
  Refusal refusal() const { return refusal_; }

 private:
  Event error(Refusal refusal);
  static const llhttp_settings_t& settings();

  ChunkScan gate_;
  llhttp_t decoder_{};
  std::size_t gated_ = 0;  // Bytes at the front of the input that the gate has passed already.
  bool gate_ended_ = false;
  bool complete_ = false;
  std::string_view body_;
  Refusal refusal_ = Refusal::none;
};

}  // namespace stickler::http
