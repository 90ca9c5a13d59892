#include "backend_stub/peers/frame.h"

#include <sodium.h>

#include "backend_stub/peers/packing.h"

namespace stickler::stub {
namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::size_t tag_bytes = 32;
static_assert(length_bytes + tag_bytes == frame_overhead_bytes);

using Tag = std::array<unsigned char, tag_bytes>;

Tag tag_of(const FrameKey& key, std::uint64_t number, std::string_view payload) {
  std::string place;
  Packer(place).u64(number);
  const auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.data(), key.size(), tag_bytes);
  crypto_generichash_update(&state, bytes(place), place.size());
  crypto_generichash_update(&state, bytes(payload), payload.size());
  Tag tag;
  crypto_generichash_final(&state, tag.data(), tag.size());
  return tag;
}

}  // namespace

std::string FrameSealer::seal(std::string_view payload) {
  const Tag tag = tag_of(key_, number_++, payload);
  std::string frame;
  frame.reserve(frame_overhead_bytes + payload.size());
  Packer(frame).u32(static_cast<std::uint32_t>(payload.size()));
  frame.append(reinterpret_cast<const char*>(tag.data()), tag.size());
  return frame.append(payload);
}

FrameOpener::Outcome FrameOpener::next() {
  if (taken_ == buffer_.size() || taken_ > 64 * 1024) {
    buffer_.erase(0, taken_);
    taken_ = 0;
  }
  const std::string_view rest = std::string_view(buffer_).substr(taken_);
  if (rest.size() < length_bytes) return Outcome::need_more;
  const std::size_t length = Unpacker(rest).u32();
  if (length > payload_bytes_max_) return Outcome::too_long;
  if (rest.size() < frame_overhead_bytes + length) return Outcome::need_more;
  payload_ = rest.substr(frame_overhead_bytes, length);
  const Tag tag = tag_of(key_, number_++, payload_);
  if (sodium_memcmp(tag.data(), rest.data() + length_bytes, tag_bytes) != 0) return Outcome::forged;
  taken_ += frame_overhead_bytes + length;
  return Outcome::frame;
}

}  // namespace stickler::stub
