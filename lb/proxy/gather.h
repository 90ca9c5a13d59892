// Gather: collects the pieces of one message, so that head, chunk lines and body leave in one system call. One per
// worker; its thread.
//
// Text that we make is copied in, and so are a few bytes of a body; more of them are borrowed from the read that
// brought them. Therefore flush() is called at the end of everything that handles an event, before the borrowed bytes
// go away; beginning with another transport flushes by itself.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "lb/io/transport.h"

namespace stickler::proxy {

class Gather {
 public:
  // Appends to this string whatever is to be sent to `to` next; valid until the next call of any member.
  std::string& text(io::Transport& to);

  void put(io::Transport& to, std::string_view bytes);  // Of a body.
  void flush();
  void flush_last(io::Transport& to);  // What is gathered for `to` is the last it gets, and ends it.

  // Drops what is gathered for a transport that is being closed.
  void forget(const io::Transport& to);

 private:
  // A borrowed piece, or, where `bytes` is empty, text_ from `text_begin` to `text_end`.
  struct Piece {
    std::string_view bytes;
    std::size_t text_begin = 0;
    std::size_t text_end = 0;
  };
  static constexpr std::size_t pieces_max = 8;

  void begin(io::Transport& to);
  void seal_text();
  template <class Write>
  void hand_out(const Write& write);

  io::Transport* to_ = nullptr;
  std::string text_;
  std::size_t sealed_ = 0;  // text_ up to here belongs to pieces.
  std::array<Piece, pieces_max> pieces_;
  std::size_t count_ = 0;
};

}  // namespace stickler::proxy
