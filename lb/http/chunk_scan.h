// The strict gate over a chunked body (RFC 9112 7.1): sizes of 1 to 16 hex digits, extensions within a limit, every
// CRLF exact, trailers scanned like fields. Pure, no allocation but for trailers; any thread.
//
// It runs beside llhttp, which decodes the same bytes: only bytes that passed the gate are decoded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/head_scan.h"
#include "lb/http/message.h"
#include "lb/http/refusal.h"

namespace stickler::http {

class ChunkScan {
 public:
  static constexpr std::size_t extension_bytes_max = 1024;  // Of one chunk, the semicolon included.
  static constexpr std::size_t trailer_bytes_max = 8UL * 1024;

  struct Result {
    std::size_t passed = 0;  // Bytes of the input that are good; not always all, for those of two kinds come apart:
    bool aside = false;      // They are of an extension or a trailer field, which decoding does not need.
    bool ended = false;      // With the last passed byte.
    Refusal refusal = Refusal::none;
  };

  // Go on with the next bytes, of which there is one at least. Not after the end or a refusal.
  Result scan(std::string_view input);

  // After the end: the trailer fields that may be forwarded. Borrowed from this object.
  const FieldBlock& trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t { size, extension, size_lf, data, data_cr, data_lf, trailers, last_lf };

  bool is_aside(char next) const;
  Result pass_aside(std::string_view input);
  Refusal step_aside(char byte);
  Refusal step(char byte);
  std::size_t pass_data(std::size_t available);
  Refusal end_trailers();

  State state_ = State::size;
  std::uint64_t size_ = 0;
  std::uint32_t digits_ = 0;
  std::uint32_t extension_bytes_ = 0;
  bool ended_ = false;
  std::string trailer_bytes_;
  FieldBlock trailers_;
};

}  // namespace stickler::http
