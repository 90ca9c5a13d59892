#include "lb/proxy/upstream_pool.h"

#include <utility>

#include "lb/proxy/snapshot.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {

UpstreamPool::~UpstreamPool() {
  while (Http1Upstream* connection = leased_.front()) connection->abandon();
  keep_only([](const Http1Upstream&) { return false; });
}

UpstreamExchange& UpstreamPool::lease(const cluster::Member& member, const PoolSettings& settings, Stream& stream,
                                      Kind kind) {
  Http1Upstream* connection = kind == Kind::any ? take_idle(*member.backend) : nullptr;
  if (connection == nullptr) connection = std::make_unique<Http1Upstream>(worker_, member).release();
  leased_.push_back(*connection);
  connection->lease_to(stream, settings);
  return *connection;
}

Http1Upstream* UpstreamPool::take_idle(const cluster::Backend& backend) {
  const auto found = idle_.find(&backend);
  if (found == idle_.end() || found->second.count == 0) return nullptr;
  --found->second.count;
  return found->second.connections.pop_back();
}

void UpstreamPool::give_back(Http1Upstream& connection) {
  Idle& idle = idle_[&connection.backend()];
  idle.connections.push_back(connection);
  connection.wait_idle();
  if (++idle.count > connection.idle_max()) idle.connections.front()->close();
}

void UpstreamPool::remove(Http1Upstream& connection) {
  if (connection.is_idle()) --idle_[&connection.backend()].count;
  connection.unlink();
  worker_.loop().bury(std::unique_ptr<Http1Upstream>(&connection));
}

void UpstreamPool::keep_only(const std::function<bool(const Http1Upstream&)>& wanted) {
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    entry->second.connections.for_each([&](Http1Upstream& connection) {
      if (!wanted(connection)) connection.close();
    });
    entry = entry->second.count == 0 ? idle_.erase(entry) : std::next(entry);
  }
}

void UpstreamPool::on_health_change() {
  leased_.for_each([](Http1Upstream& connection) { connection.on_health_change(); });
}

}  // namespace stickler::proxy
