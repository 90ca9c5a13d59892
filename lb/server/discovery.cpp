// The lists that discover.file names, while the process runs: a list that has changed is read again; one that has an
// error changes nothing.
#include <algorithm>
#include <utility>

#include "lb/base/log.h"
#include "lb/config/backend_list.h"
#include "lb/server/server.h"

namespace stickler::server {

// After a start or a reload, which have read all of them.
void Server::watch_lists() {
  std::map<std::string, Discovery> watched;
  for (const config::Pool& pool : config_.pools) {
    if (pool.discover.file.empty()) continue;
    Discovery& discovery = watched[pool.name] = std::move(discoveries_[pool.name]);
    discovery.problem.clear();
    if (discovery.watch != nullptr && discovery.file == pool.discover.file) continue;
    discovery.file = pool.discover.file;
    discovery.watch =
        std::make_unique<discover::FileWatch>(loop_, discovery.file, [this, name = pool.name] { read_list(name); });
  }
  discoveries_ = std::move(watched);
}

void Server::read_list(const std::string& name) {
  if (draining_) return;
  const auto pool = std::ranges::find(config_.pools, name, &config::Pool::name);
  if (pool == config_.pools.end()) return;
  config::Pool beside = *pool;
  beside.backends = members_.said_of(name);
  std::erase_if(beside.backends, [](const auto& backend) { return backend.origin == config::Origin::discover; });
  const config::BackendList list = config::load_backend_list(beside);
  Discovery& discovery = discoveries_[name];
  if (!list.ok()) return refuse_list(name, config::describe(list.problems, discovery.file));
  Members members = members_;
  members.follow_list(name, list.backends);
  discovery.problem.clear();
  if (members.said_of(name) == members_.said_of(name)) return;
  const auto changes = apply_members(std::move(members));
  if (!changes) return refuse_list(name, changes.error().message);
  ++discovery.applied;
  for (const config::Problem& warning : list.problems) log_warn("{}", config::describe(warning, discovery.file));
  for (const std::string& line : *changes) log_info("{}, by {}", line, discovery.file);
}

void Server::refuse_list(const std::string& pool, const std::string& why) {
  Discovery& discovery = discoveries_[pool];
  discovery.problem = why;
  ++discovery.refused;
  log_error("pool {}: its list is refused, nothing has changed: {}", pool, why);
}

}  // namespace stickler::server
