// What the fuzz targets of lb/http share. Each input begins with a byte of choices and a byte that says how the rest
// is cut into pieces. One thread.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lb/http/message.h"
#include "lb/http/refusal.h"

namespace stickler::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(reinterpret_cast<const char*>(data), size) {
    choices_ = take();
    cut_ = take();
  }

  bool chosen(unsigned bit) const { return (choices_ >> bit & 1) != 0; }
  std::string_view text() const { return bytes_; }

  // Calls `visit` with pieces of 1 to 16 bytes, or longer ones, until it returns false.
  template <class Visit>
  void cut(Visit visit) const {
    std::string_view rest = bytes_;
    std::uint32_t state = cut_;
    while (!rest.empty()) {
      state = state * 1664525 + 1013904223;
      const std::size_t size = cut_ == 0 ? 1 : (state >> 24) % 16 + 1 + (state >> 20 & 1) * 200;
      const std::string_view piece = rest.substr(0, size);
      rest.remove_prefix(piece.size());
      // A copy of its own: whoever keeps a view of it beyond the call is found out.
      const std::string copy(piece);
      if (!visit(std::string_view(copy))) return;
    }
  }

 private:
  std::uint8_t take() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return byte;
  }

  std::string_view bytes_;
  std::uint8_t choices_ = 0;
  std::uint8_t cut_ = 0;
};

// A parser's events as text, so that two readings can be compared.
class Transcript {
 public:
  void head(const http::FieldBlock& head, std::string_view start) {
    end_body();
    ((text_ += "head ") += start) += '\n';
    fields(head);
    settled_ = text_.size();
  }

  void body(std::string_view bytes) { body_ += bytes; }

  void end(const http::FieldBlock& trailers) {
    end_body();
    text_ += "end\n";
    fields(trailers);
    settled_ = text_.size();
  }

  // How much of a body was delivered before its error depends on the pieces.
  void error(http::Refusal refusal) {
    text_.resize(settled_);
    body_.clear();
    (text_ += "error ") += http::to_string(refusal);
  }

  void rest(std::string_view bytes) { rest_ += bytes; }

  std::string text() const { return text_ + "[" + body_ + "] rest " + rest_; }

 private:
  void end_body() {
    if (!body_.empty()) ((text_ += "body [") += body_) += "]\n";
    body_.clear();
  }

  void fields(const http::FieldBlock& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) text_ += fields.line(i);
  }

  std::string text_;
  std::string body_;
  std::string rest_;
  std::size_t settled_ = 0;
};

}  // namespace stickler::fuzz
