// ListenSocket: a bound, listening descriptor. Bound on the main thread before any worker runs, so that a port in use
// is an error of the configuration, and kept open for as long as its address is configured: closing one of several
// SO_REUSEPORT sockets resets the connections that wait in its queue.
#pragma once

#include <sys/types.h>

#include <optional>
#include <utility>

#include "lb/base/address.h"
#include "lb/base/error.h"

namespace stickler::io {

struct ListenOptions {
  int backlog = 4096;             // Clipped by net.core.somaxconn.
  int tcp_keepalive_seconds = 0;  // 0: no probes. Accepted connections inherit it.
  bool reuse_port = false;        // Several sockets on one address, one a worker.
  bool exclusive = false;         // With reuse_port, for the first of them: refused if anybody has the address already.
};

class ListenSocket {
 public:
  // The error says what failed and, for the usual causes, what to do about it. A stale unix socket file, which no
  // process listens on, is replaced; the file is removed again with the socket that made it.
  static Result<ListenSocket> bind(const Address& address, const ListenOptions& options);

  // Takes over a descriptor that the process was started with. The file of a unix socket stays its owner's until
  // own_file(). The error: it is no listening socket; then it stays open.
  static Result<ListenSocket> adopt(int fd);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&& other) noexcept;
  ~ListenSocket();

  Result<ListenSocket> duplicate() const;  // The same queue through another descriptor, for unix sockets.

  // Of a unix socket that two processes hold: who removes its file. Before the last owner lets go of it.
  void own_file();
  void leave_file() { file_.reset(); }

  // Whoever is `user` may bind a further SO_REUSEPORT socket beside it. Needs root.
  void give_to(uid_t user) const;

  int fd() const { return fd_; }
  const Address& address() const { return address_; }  // With the port that was given for port 0.

 private:
  // The file of a unix socket, as it was made: by now another process may have put its own in its place.
  struct File {
    dev_t device;
    ino_t inode;
    friend bool operator==(const File&, const File&) = default;
  };

  ListenSocket(int fd, const Address& address) : fd_(fd), address_(address) {}
  std::optional<File> find_file() const;

  int fd_ = -1;
  Address address_;
  std::optional<File> file_;  // Ours to remove.
};

}  // namespace stickler::io
