#include "lb/server/predecessor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <limits>

#include "lb/base/bytes.h"

namespace stickler::server {

std::optional<Predecessor> Predecessor::find() {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const auto fd = parse_decimal(text);
  ::unsetenv(variable);
  if (!fd || *fd > std::numeric_limits<int>::max()) return std::nullopt;
  fcntl(static_cast<int>(*fd), F_SETFD, FD_CLOEXEC);
  return Predecessor(static_cast<int>(*fd));
}

Predecessor::~Predecessor() {
  if (fd_ >= 0) ::close(fd_);
}

void Predecessor::say_failed(std::string_view why) {
  write("failed " + std::string(why));
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));  // The end of the reason.
}

Result<Handover> Predecessor::ask() {
  write("state\n");
  std::string text;
  char bytes[16 * 1024];
  while (true) {
    const ssize_t length = ::read(fd_, bytes, sizeof(bytes));
    if (length == 0) return decode(text);
    if (length > 0) {
      const std::string_view read(bytes, static_cast<std::size_t>(length));
      const std::size_t end = read.find('\n');
      text.append(read.substr(0, end));
      if (end == std::string_view::npos) continue;
      rest_ = read.substr(end + 1);
      return decode(text);
    }
    if (errno != EINTR) {
      return fail_errno("reading what the process before this one hands over", errno);
    }
  }
}

// One that is gone does not matter any more: this one serves.
void Predecessor::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t length = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
}

}  // namespace stickler::server
