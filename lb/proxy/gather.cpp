#include "lb/proxy/gather.h"

#include <span>

namespace stickler::proxy {
namespace {

constexpr std::size_t copied_bytes_max = 1024;  // Copying them costs less than a system call with another piece.

}  // namespace

void Gather::begin(io::Transport& to) {
  if (to_ != &to) flush();
  to_ = &to;
}

void Gather::seal_text() {
  if (sealed_ == text_.size()) return;
  pieces_[count_++] = {.bytes = {}, .text_begin = sealed_, .text_end = text_.size()};
  sealed_ = text_.size();
}

std::string& Gather::text(io::Transport& to) {
  begin(to);
  return text_;
}

void Gather::put(io::Transport& to, std::string_view bytes) {
  begin(to);
  if (bytes.size() <= copied_bytes_max) {
    text_.append(bytes);
    return;
  }
  if (count_ + 2 > pieces_max) {  // Text before it, and the bytes themselves.
    flush();
    to_ = &to;
  }
  seal_text();
  pieces_[count_++] = {.bytes = bytes};
  if (count_ + 1 > pieces_max) flush();
}

template <class Write>
void Gather::hand_out(const Write& write) {
  seal_text();
  std::array<std::string_view, pieces_max> views;
  for (std::size_t i = 0; i < count_; ++i) {
    const Piece& piece = pieces_[i];
    views[i] = piece.bytes.empty() ? std::string_view(text_).substr(piece.text_begin, piece.text_end - piece.text_begin)
                                   : piece.bytes;
  }
  if (count_ > 0) write(std::span<const std::string_view>(views.data(), count_));
  forget(*to_);
}

void Gather::flush() {
  if (to_ == nullptr) return;
  hand_out([this](std::span<const std::string_view> pieces) { to_->write(pieces); });
}

void Gather::flush_last(io::Transport& to) {
  if (to_ != &to) return flush();
  hand_out([&](std::span<const std::string_view> pieces) { to.write_last(pieces); });
}

void Gather::forget(const io::Transport& to) {
  if (to_ != &to) return;
  to_ = nullptr;
  count_ = 0;
  sealed_ = 0;
  text_.clear();
}

}  // namespace stickler::proxy
