// Packer and Unpacker: numbers and texts as the bytes of a message: big-endian, texts behind their length. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stickler::stub {

class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void text(std::string_view value);

 private:
  void number(std::uint64_t value, int bytes);

  std::string& out_;
};

// After the first thing that does not fit everything reads as 0 or empty, and well() is false.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::string text(std::size_t bytes_max);
  bool flag() { return number_below(2) != 0; }
  std::uint32_t count(std::uint32_t most);        // A u32 of at most that.
  std::uint8_t number_below(std::uint8_t bound);  // A u8.

  void refuse() { well_ = false; }
  bool well() const { return well_; }
  bool whole() const { return well_ && rest_.empty(); }

 private:
  std::uint64_t number(std::size_t bytes);

  std::string_view rest_;
  bool well_ = true;
};

}  // namespace stickler::stub
