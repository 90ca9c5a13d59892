// How many segments a TCP socket has received, by the kernel's count.
#pragma once

#include <cstdint>

namespace stickler::io {

std::uint32_t segments_in(int fd);

}  // namespace stickler::io
