#include "lb/http/h1_parser.h"

#include <algorithm>
#include <utility>

namespace stickler::http {
namespace {

using Outcome = ScanResult::Outcome;

// Answers come from our own side; their heads are limited so that a broken backend cannot exhaust memory.
constexpr HeadLimits answer_limits{.header_bytes = 64UL * 1024, .headers = 256, .uri_bytes = 64UL * 1024};

const FieldBlock no_trailers;

}  // namespace

const FieldBlock& MessageReader::trailers() const {
  return chunked_ != nullptr && with_trailers_ ? chunked_->trailers() : no_trailers;
}

bool MessageReader::collect(std::string_view input, const HeadLimits& limits) {
  const std::size_t known = collected_.size();
  // One byte more than a head may have proves that it is too large; what follows is not needed for that.
  collected_.append(input.substr(0, limits.header_bytes + 1 - known));
  const std::string_view bytes = collected_.view();
  if (bytes.size() > limits.header_bytes) return true;
  if (!start_line_seen_) {
    return bytes.size() > limits.uri_bytes || bytes.find('\n', known) != std::string_view::npos;
  }
  const std::string_view fresh = bytes.substr(known - std::min<std::size_t>(known, 2));
  return fresh.find("\n\r\n") != std::string_view::npos || fresh.find("\n\n") != std::string_view::npos;
}

Event MessageReader::wait(std::string_view& input, const ScanResult& scan) {
  start_line_seen_ = scan.size > 0;
  if (collected_.empty()) collected_.append(input);
  input = {};
  return Event::need_more;
}

void MessageReader::found_head(std::string_view& input, std::size_t size, std::size_t known) {
  start_line_seen_ = false;
  input.remove_prefix(size - known);
}

void MessageReader::begin_body(const Framing& framing, bool with_trailers) {
  with_trailers_ = with_trailers;
  switch (framing.kind) {
    case BodyKind::none:
      state_ = State::end;
      break;
    case BodyKind::length:
      left_ = framing.length;
      state_ = left_ == 0 ? State::end : State::length_body;
      break;
    case BodyKind::chunked:
      chunked_ = std::make_unique<ChunkedBody>();
      state_ = State::chunked_body;
      break;
    case BodyKind::until_close:
      state_ = State::close_body;
      break;
  }
}

Event MessageReader::read_body(std::string_view& input) {
  if (state_ == State::end) {
    state_ = State::after_end;
    return Event::end;
  }
  if (state_ == State::chunked_body) {
    const Event event = chunked_->next(input);
    body_ = chunked_->body();
    if (event == Event::end) state_ = State::after_end;
    return event == Event::error ? fail(chunked_->refusal()) : event;
  }
  if (input.empty()) return Event::need_more;
  const auto size = state_ == State::length_body
                        ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()))
                        : input.size();
  body_ = input.substr(0, size);
  input.remove_prefix(size);
  if (state_ == State::length_body) {
    left_ -= size;
    if (left_ == 0) state_ = State::end;
  }
  return Event::body;
}

Event MessageReader::fail(Refusal refusal) {
  state_ = State::failed;
  refusal_ = refusal;
  return Event::error;
}

Event RequestParser::next(std::string_view& input) {
  if (state_ == State::failed) return Event::error;
  if (state_ == State::head) return read_head(input);
  collected_.clear();  // The head has been used.
  if (state_ != State::after_end) return read_body(input);
  chunked_.reset();
  state_ = State::head;
  return read_head(input);
}

Event RequestParser::read_head(std::string_view& input) {
  if (input.empty()) return Event::need_more;
  const std::size_t known = collected_.size();
  if (known > 0 && !collect(input, *limits_)) return input = {}, Event::need_more;
  const ScanResult scan = scan_request(known > 0 ? collected_.view() : input, *limits_, *head_);
  if (scan.outcome == Outcome::refused) return fail(scan.refusal);
  if (scan.outcome == Outcome::need_more) return wait(input, scan);
  found_head(input, scan.size, known);
  head_->trim(scan.size);
  begin_body(head_->framing, !head_->connection_names_fields);
  if (state_ == State::end) state_ = State::after_end;
  return Event::head;
}

void ResponseParser::expect(const AnswerContext& context) {
  context_ = context;
  chunked_.reset();
  collected_.clear();
  interim_count_ = 0;
  interim_collected_ = false;
  start_line_seen_ = false;
  state_ = State::head;
}

Event ResponseParser::next(std::string_view& input) {
  if (state_ == State::failed) return Event::error;
  if (state_ == State::after_end) return Event::need_more;
  if (state_ == State::head) return read_head(input);
  collected_.clear();
  return read_body(input);
}

Event ResponseParser::read_head(std::string_view& input) {
  if (std::exchange(interim_collected_, false)) collected_.clear();
  if (input.empty()) return Event::need_more;
  const std::size_t known = collected_.size();
  if (known > 0 && !collect(input, answer_limits)) return input = {}, Event::need_more;
  const ScanResult scan = scan_response(known > 0 ? collected_.view() : input, answer_limits, context_, *head_);
  if (scan.outcome == Outcome::refused) return fail(scan.refusal);
  if (scan.outcome == Outcome::need_more) return wait(input, scan);
  found_head(input, scan.size, known);
  head_->trim(scan.size);
  if (head_->status == 101) return state_ = State::after_end, Event::head;
  if (head_->status < 200) {
    if (++interim_count_ > interim_max) return fail(Refusal::too_many_interim);
    interim_collected_ = known > 0;
    return Event::interim;
  }
  begin_body(head_->framing, !head_->connection_names_fields);
  return Event::head;
}

Event ResponseParser::eof() {
  if (state_ == State::close_body) return state_ = State::after_end, Event::end;
  const bool nothing_came = state_ == State::head && (collected_.empty() || interim_collected_);
  return fail(nothing_came ? Refusal::no_answer : Refusal::bad_answer);
}

}  // namespace stickler::http
