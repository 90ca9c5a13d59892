// Text of the file within a sentence or an excerpt: one line, safe for a terminal. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace stickler::config {

// At most so many bytes, cut between characters, "..." where something was cut; control characters become '?'.
std::string printable(std::string_view text, std::size_t bytes_max = 64);

std::string quoted(std::string_view text);  // 'text'

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }  // Of UTF-8.

}  // namespace stickler::config
