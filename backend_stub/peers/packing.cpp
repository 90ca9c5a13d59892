#include "backend_stub/peers/packing.h"

namespace stickler::stub {

void Packer::text(std::string_view value) {
  u32(static_cast<std::uint32_t>(value.size()));
  out_.append(value);
}

void Packer::number(std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out_.push_back(static_cast<char>(value >> shift));
}

std::string Unpacker::text(std::size_t bytes_max) {
  const std::size_t size = u32();
  if (size > bytes_max || size > rest_.size()) well_ = false;
  if (!well_) return {};
  std::string value(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return value;
}

std::uint32_t Unpacker::count(std::uint32_t most) {
  const std::uint32_t value = u32();
  if (value > most) well_ = false;
  return well_ ? value : 0;
}

std::uint8_t Unpacker::number_below(std::uint8_t bound) {
  const std::uint8_t value = u8();
  if (value >= bound) well_ = false;
  return well_ ? value : 0;
}

std::uint64_t Unpacker::number(std::size_t bytes) {
  if (rest_.size() < bytes) well_ = false;
  if (!well_) return 0;
  std::uint64_t value = 0;
  for (const char byte : rest_.substr(0, bytes)) value = value << 8 | static_cast<unsigned char>(byte);
  rest_.remove_prefix(bytes);
  return value;
}

}  // namespace stickler::stub
