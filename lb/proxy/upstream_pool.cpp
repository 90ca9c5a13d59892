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
  return found == idle_.end() ? nullptr : found->second.pop_back();
}

void UpstreamPool::give_back(Http1Upstream& connection) {
  auto& idle = idle_[&connection.backend()];
  idle.push_back(connection);
  connection.wait_idle();
  if (idle.size() > connection.idle_max()) idle.front()->close();
}

void UpstreamPool::remove(Http1Upstream& connection) {
  connection.unlink();
  worker_.loop().bury(std::unique_ptr<Http1Upstream>(&connection));
}

void UpstreamPool::keep_only(const std::function<bool(const Http1Upstream&)>& wanted) {
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    entry->second.for_each([&](Http1Upstream& connection) {
      if (!wanted(connection)) connection.close();
    });
    entry = entry->second.empty() ? idle_.erase(entry) : std::next(entry);
  }
}

void UpstreamPool::on_health_change() {
  leased_.for_each([](Http1Upstream& connection) { connection.on_health_change(); });
}

std::size_t UpstreamPool::idle_count() const {
  std::size_t count = 0;
  for (const auto& [backend, idle] : idle_) count += idle.size();
  return count;
}

}  // namespace stickler::proxy
