// Output: appends many small pieces to a string. Any thread; belongs to one call.
//
// A head is some thirty pieces. std::string::append is a call, a check and a terminator for each; this one makes room
// once, for the size that is expected, and sets the string's size once.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace stickler::http {

class Output {
 public:
  // `out` is of no defined size until finish().
  Output(std::string& out, std::size_t bytes_expected) : out_(out), at_(out.size()) {
    out_.resize(at_ + bytes_expected);
  }

  Output& put(std::string_view bytes) {
    if (bytes.empty()) return *this;
    if (bytes.size() > out_.size() - at_) out_.resize((at_ + bytes.size()) * 2);
    std::memcpy(out_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
    return *this;
  }

  Output& put_field(std::string_view name, std::string_view value) {
    return put(name).put(": ").put(value).put("\r\n");
  }

  Output& put_number(std::uint64_t number) {
    char digits[20];
    return put({digits, std::to_chars(digits, digits + sizeof(digits), number).ptr});
  }

  std::size_t size() const { return at_; }
  std::string_view since(std::size_t size) const { return std::string_view(out_).substr(size, at_ - size); }
  void cut(std::size_t size) { at_ = size; }  // Takes back what was put since size() was this.

  void finish() { out_.resize(at_); }

 private:
  std::string& out_;
  std::size_t at_;
};

}  // namespace stickler::http
