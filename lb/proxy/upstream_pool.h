// UpstreamPool: one worker's connections to backends: leased to a stream, or idle and waiting for the next. The
// worker's thread; owned by the worker.
//
// Idle connections are used newest first, so that a quiet pool shrinks to what it needs.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "lb/base/intrusive_list.h"
#include "lb/cluster/backend_set.h"
#include "lb/proxy/http1_upstream.h"

namespace stickler::proxy {

struct PoolSettings;
class Stream;
class Worker;

class UpstreamPool {
 public:
  explicit UpstreamPool(Worker& worker) : worker_(worker) {}
  ~UpstreamPool();

  enum class Kind : std::uint8_t { any, fresh };

  // An idle connection of the member unless a fresh one is wanted, or a new one that begins to connect.
  UpstreamExchange& lease(const cluster::Member& member, const PoolSettings& settings, Stream& stream, Kind kind);

  // Closes what is idle to backends that no longer stand in any of the worker's sets, or at another address.
  void keep_only(const std::function<bool(const Http1Upstream&)>& wanted);

  void on_health_change();  // For streams that wait on a backend which is now confirmed down.

 private:
  friend class Http1Upstream;

  Http1Upstream* take_idle(const cluster::Backend& backend);  // nullptr: there is none.
  void give_back(Http1Upstream& connection);                  // It can carry another exchange.
  void remove(Http1Upstream& connection);                     // It is over; buried.

  struct Idle {
    IntrusiveList<Http1Upstream> connections;  // Used last: at the back.
    std::size_t count = 0;
  };

  Worker& worker_;
  std::unordered_map<const cluster::Backend*, Idle> idle_;
  IntrusiveList<Http1Upstream> leased_;
};

}  // namespace stickler::proxy
