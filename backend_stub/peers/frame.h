// Frames: messages with borders and a proof, on a stream of bytes. Pure; one thread.
//
//   length of the payload (4 bytes, big-endian) | tag (32 bytes) | payload
//
// The tag is BLAKE2b-256 with the connection's key over the frame's number and the payload: a frame that was changed,
// left out, repeated, moved or carried over from another connection does not fit. It hides nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace stickler::stub {

using FrameKey = std::array<unsigned char, 32>;

inline constexpr std::size_t frame_overhead_bytes = 4 + 32;

class FrameSealer {
 public:
  explicit FrameSealer(const FrameKey& key) : key_(key) {}

  std::string seal(std::string_view payload);  // Requires: less than 4 GiB.

 private:
  const FrameKey key_;
  std::uint64_t number_ = 0;
};

class FrameOpener {
 public:
  enum class Outcome : std::uint8_t { need_more, frame, too_long, forged };

  FrameOpener(const FrameKey& key, std::size_t payload_bytes_max) : key_(key), payload_bytes_max_(payload_bytes_max) {}

  void push(std::string_view bytes) { buffer_.append(bytes); }
  Outcome next();                                        // After too_long and forged it has no more to say.
  std::string_view payload() const { return payload_; }  // Until the next call.
  void set_payload_bytes_max(std::size_t bytes) { payload_bytes_max_ = bytes; }

 private:
  const FrameKey key_;
  std::size_t payload_bytes_max_;
  std::uint64_t number_ = 0;
  std::string buffer_;
  std::size_t taken_ = 0;  // Of the buffer.
  std::string_view payload_;
};

}  // namespace stickler::stub
