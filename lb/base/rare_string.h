// RareString: a string that is empty nearly always, as most connections hold no half-read message: one pointer, and a
// string behind it only while there is something in it. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace stickler {

class RareString {
 public:
  bool empty() const { return text_ == nullptr; }
  std::size_t size() const { return text_ == nullptr ? 0 : text_->size(); }
  std::string_view view() const { return text_ == nullptr ? std::string_view() : std::string_view(*text_); }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (text_ == nullptr) text_ = std::make_unique<std::string>();
    text_->append(bytes);
  }
  void clear() { text_.reset(); }

 private:
  std::unique_ptr<std::string> text_;  // nullptr: empty.
};

}  // namespace stickler
