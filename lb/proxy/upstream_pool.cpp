#include "lb/proxy/upstream_pool.h"

#include <utility>

#include "lb/proxy/snapshot.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {

UpstreamPool::~UpstreamPool() {
  while (Http1Upstream* connection = leased_.front()) connection->abandon();
  keep_only([](const Http1Upstream&) { return false; });
}

UpstreamExchange& UpstreamPool::lease(const cluster::Member& member, const PoolSettings& settings, Stream& stream) {
  Http1Upstream* connection = nullptr;
  if (const auto found = idle_.find(member.backend.get()); found != idle_.end()) connection = found->second.pop_back();
  if (connection == nullptr) connection = new Http1Upstream(worker_, member);
  leased_.push_back(*connection);
  connection->lease_to(stream, settings);
  return *connection;
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

std::size_t UpstreamPool::idle_count() const {
  std::size_t count = 0;
  for (const auto& [backend, idle] : idle_) count += idle.size();
  return count;
}

}  // namespace stickler::proxy
