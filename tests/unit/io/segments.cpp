#include "tests/unit/io/segments.h"

#include <linux/tcp.h>  // Its tcp_info has more than that of libc, beside which it cannot be included.
#include <netinet/in.h>
#include <sys/socket.h>

namespace stickler::io {

std::uint32_t segments_in(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_segs_in;
}

}  // namespace stickler::io
