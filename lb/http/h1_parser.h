// RequestParser, ResponseParser: HTTP/1.1 messages out of a stream of bytes. Sans-I/O: bytes in, events out. One
// thread; each belongs to one connection.
//
// Pull style: next() consumes from the front of its input and says what it found. After Event::end the rest of the
// input is the next message's and stays untouched until next() is called again.
//
// Heads are read by our own strict scan. Bodies of known length are counted; chunked ones are decoded by llhttp behind
// a gate (chunked_body.h). A head that lies whole in the input is not copied: its views point there. One that is split
// over reads is collected; the buffer goes away when more is asked for, with the head.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "lb/base/rare_string.h"
#include "lb/http/chunked_body.h"
#include "lb/http/event.h"
#include "lb/http/head_scan.h"
#include "lb/http/message.h"
#include "lb/http/refusal.h"

namespace stickler::http {

// What both directions share: collecting a split head, and the body.
class MessageReader {
 public:
  std::string_view body() const { return body_; }  // After Event::body; borrowed from the input.
  const FieldBlock& trailers() const;              // After Event::end, until the next call.
  Refusal refusal() const { return refusal_; }     // After Event::error.

 protected:
  enum class State : std::uint8_t { head, length_body, chunked_body, close_body, end, after_end, failed };

  // Collects what a head that is split over reads goes on with. Whether it is worth a scan: the start line, which is
  // judged early, or the head may be whole now. So a head that comes byte by byte is scanned a few times only.
  bool collect(std::string_view input, const HeadLimits& limits);
  // Of a scan that wants more.
  Event wait(std::string_view& input, const ScanResult& scan);
  // Of a scan that found a head, of which `known` bytes had come before.
  void found_head(std::string_view& input, std::size_t size, std::size_t known);
  Event read_body(std::string_view& input);
  void begin_body(const Framing& framing, bool with_trailers);
  Event fail(Refusal refusal);

  RareString collected_;  // Of a split head.
  std::string_view body_;
  std::uint64_t left_ = 0;  // Of a body of known length.
  std::unique_ptr<ChunkedBody> chunked_;
  State state_ = State::head;
  Refusal refusal_ = Refusal::none;
  bool start_line_seen_ = false;  // In collected_, and scanned.
  bool with_trailers_ = true;
};

class RequestParser : public MessageReader {
 public:
  // `head`: where heads are scanned into. One serves all parsers of a thread, because a head is used as soon as it is
  // found. Both outlive the parser.
  RequestParser(const HeadLimits& limits, RequestHead& head) : limits_(&limits), head_(&head) {}

  void set_limits(const HeadLimits& limits) { limits_ = &limits; }

  // need_more, head, body, end, error. No end follows a head without a body: see Framing::empty().
  Event next(std::string_view& input);

  const RequestHead& head() const { return *head_; }  // After Event::head, until the next call of any parser.
  bool idle() const { return state_ == State::after_end || (state_ == State::head && collected_.empty()); }

 private:
  Event read_head(std::string_view& input);

  const HeadLimits* limits_;
  RequestHead* head_;
};

class ResponseParser : public MessageReader {
 public:
  explicit ResponseParser(ResponseHead& head) : head_(&head) {}

  // Before each answer.
  void expect(const AnswerContext& context);

  // need_more, interim, head, body, end, error. A 101 that was asked for is a head without end: what follows is not
  // HTTP any more.
  Event next(std::string_view& input);

  // The backend has closed: end for a body that is delimited so, else error.
  Event eof();

  const ResponseHead& head() const { return *head_; }
  bool reads_body() const {
    return state_ == State::length_body || state_ == State::chunked_body || state_ == State::close_body;
  }

 private:
  static constexpr std::uint8_t interim_max = 16;

  Event read_head(std::string_view& input);

  AnswerContext context_;
  ResponseHead* head_;
  std::uint8_t interim_count_ = 0;
  bool interim_collected_ = false;  // The interim head just reported stands in collected_.
};

}  // namespace stickler::http
