#include "lb/http/chunk_scan.h"

#include <algorithm>

#include "lb/http/hop_by_hop.h"

namespace stickler::http {
namespace {

constexpr std::uint32_t size_digits_max = 16;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool may_stand_in_extension(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte < 0x7f);
}

}  // namespace

ChunkScan::Result ChunkScan::scan(std::string_view input) {
  if (is_aside(input[0])) return pass_aside(input);
  std::size_t at = 0;
  while (at < input.size() && !ended_ && !is_aside(input[at])) {
    if (state_ == State::data) {
      at += pass_data(input.size() - at);
      continue;
    }
    if (const Refusal refusal = step(input[at]); refusal != Refusal::none) return {.passed = at, .refusal = refusal};
    ++at;
  }
  return {.passed = at, .ended = ended_};
}

bool ChunkScan::is_aside(char next) const {
  switch (state_) {
    case State::size:
      return digits_ > 0 && size_ >> 63 == 0 && next == ';';
    case State::extension:
      return next != '\r';
    case State::trailers:  // Up to the empty line.
      return next != '\r' || !(trailer_bytes_.empty() || trailer_bytes_.ends_with('\n'));
    default:
      return false;
  }
}

ChunkScan::Result ChunkScan::pass_aside(std::string_view input) {
  std::size_t at = 0;
  for (; at < input.size() && is_aside(input[at]); ++at) {
    if (const Refusal refusal = step_aside(input[at]); refusal != Refusal::none) {
      return {.passed = at, .aside = true, .refusal = refusal};
    }
  }
  return {.passed = at, .aside = true};
}

Refusal ChunkScan::step_aside(char byte) {
  if (state_ != State::trailers) {
    state_ = State::extension;
    const bool good = may_stand_in_extension(byte) && ++extension_bytes_ <= extension_bytes_max;
    return good ? Refusal::none : Refusal::bad_chunk;
  }
  trailer_bytes_ += byte;
  const bool good =
      trailer_bytes_.size() + 2 <= trailer_bytes_max && (byte != '\n' || trailer_bytes_.ends_with("\r\n"));
  return good ? Refusal::none : Refusal::bad_trailer;
}

std::size_t ChunkScan::pass_data(std::size_t available) {
  const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(size_, available));
  size_ -= passed;
  if (size_ == 0) state_ = State::data_cr;
  return passed;
}

Refusal ChunkScan::step(char byte) {
  switch (state_) {
    case State::size:
      if (const int digit = hex_value(byte); digit >= 0) {
        if (++digits_ > size_digits_max) return Refusal::bad_chunk;
        size_ = size_ * 16 + static_cast<std::uint64_t>(digit);
        return Refusal::none;
      }
      if (digits_ == 0 || size_ >> 63 != 0 || byte != '\r') return Refusal::bad_chunk;
      state_ = State::size_lf;
      return Refusal::none;
    case State::extension:  // At its end.
      state_ = State::size_lf;
      return Refusal::none;
    case State::size_lf:
      state_ = size_ == 0 ? State::trailers : State::data;
      return byte == '\n' ? Refusal::none : Refusal::bad_chunk;
    case State::data_cr:
      state_ = State::data_lf;
      return byte == '\r' ? Refusal::none : Refusal::bad_chunk;
    case State::data_lf:
      state_ = State::size;
      digits_ = extension_bytes_ = 0;
      return byte == '\n' ? Refusal::none : Refusal::bad_chunk;
    case State::trailers:  // At their end.
      state_ = State::last_lf;
      return Refusal::none;
    case State::last_lf:
      trailer_bytes_ += "\r\n";
      return byte == '\n' ? end_trailers() : Refusal::bad_trailer;
    case State::data:
      break;
  }
  return Refusal::none;
}

Refusal ChunkScan::end_trailers() {
  FieldBlock all;
  if (scan_trailers(trailer_bytes_, {}, all).outcome != ScanResult::Outcome::complete) return Refusal::bad_trailer;
  if (all.has(FieldId::transfer_encoding)) return Refusal::bad_trailer;  // Another body behind the body?
  trailers_.reset(trailer_bytes_);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (may_trail(all[i].id)) trailers_.add(all[i]);
  }
  ended_ = true;
  return Refusal::none;
}

}  // namespace stickler::http
