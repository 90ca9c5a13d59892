// What a parser found next in its input. A value; any thread.
#pragma once

#include <cstdint>

namespace stickler::http {

enum class Event : std::uint8_t {
  need_more,  // The input is used up.
  head,
  interim,  // The head of a 1xx answer; the final one follows.
  body,     // A piece of it.
  end,      // Of the message.
  error,    // Nothing more will be parsed.
};

}  // namespace stickler::http
