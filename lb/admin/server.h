// AdminServer: the admin API and the status page on one listening socket. Owned by the server; control thread.
//
// See docs/admin-api.md. What a browser may be tricked into is refused: a state-changing call from another origin, and
// on a loopback listener any call to a name that is not ours (DNS rebinding).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lb/admin/source.h"
#include "lb/admin/token.h"
#include "lb/base/address.h"
#include "lb/base/error.h"
#include "lb/io/listen_socket.h"
#include "lb/io/loop.h"

namespace stickler::admin {

struct AdminOptions {
  Address listen;
  std::string token;  // "": none is asked for; then `listen` has to be loopback or a unix path. See read_token().
};

class AdminServer {
 public:
  // Listens and serves at once, on `socket` where there is one already. Requires: `source` outlives it.
  static Result<std::unique_ptr<AdminServer>> start(io::Loop& loop, const AdminOptions& options, AdminSource& source,
                                                    std::optional<io::ListenSocket> socket = std::nullopt);
  ~AdminServer();

  const Address& address() const;  // With the port that was given for port 0.
  io::ListenSocket* socket();      // nullptr: it is retired.

  void retire();  // No new connections; open ones end after their answer.

 private:
  class Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace stickler::admin
