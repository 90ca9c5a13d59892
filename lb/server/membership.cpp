// Backends that come, go and change their weight while the process runs: by the admin API, and by the lists that
// discover.file names. All others keep what is known of them, and no request is lost.
#include <algorithm>
#include <utility>

#include "lb/base/log.h"
#include "lb/config/backend_list.h"
#include "lb/config/diff.h"
#include "lb/server/server.h"

namespace stickler::server {
namespace {

using Outcome = admin::MemberReport::Outcome;

const config::Pool* find_pool(const config::Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.pools, name, &config::Pool::name);
  return found == config.pools.end() ? nullptr : &*found;
}

admin::MemberReport refuse(std::string why) { return {.outcome = Outcome::refused, .message = std::move(why)}; }
admin::MemberReport not_understood(std::string why) {
  return {.outcome = Outcome::bad_body, .message = std::move(why)};
}

}  // namespace

// The backends in force, in place of those that the files name.
Result<void> Server::settle_members(config::Config& config, const Members& members) {
  for (config::Pool& pool : config.pools) {
    pool.backends = members.of(pool.name);
    const bool has_overrides =
        std::ranges::any_of(members.overrides(), [&](const Override& one) { return one.pool == pool.name; });
    if (!has_overrides) continue;  // The files have been checked.
    const auto fits = config::may_have_backends(pool);
    if (!fits) return fail("pool '" + pool.name + "', with what was said at run time: " + fits.error().message);
  }
  return {};
}

// The rest of the configuration stays as it is. It is compiled all the same: streams under way take a new snapshot for
// the sign that an index of their list of backends is none of the list to come.
Result<std::vector<std::string>> Server::apply_members(Members members) {
  config::Config config = config_;
  if (const auto settled = settle_members(config, members); !settled) return tl::unexpected(settled.error());
  auto snapshot = compile(config, compile_context_);
  if (!snapshot) return tl::unexpected(snapshot.error());
  std::vector<std::string> changes = config::diff(config_, config).changes;
  snapshot_ = *std::move(snapshot);
  take_members(std::move(config), std::move(members));
  return changes;
}

void Server::take_members(config::Config config, Members members) {
  forget_sessions_of_removed(config);
  config_ = std::move(config);
  members_ = std::move(members);
  backends_.configure(registry_pools(config_), loop_.now());
  publish();
  configure_health();
  recount_sessions();
}

// Whoever comes again under their name begins to count anew; names that never come again must not pile up.
void Server::forget_sessions_of_removed(const config::Config& next) {
  for (const config::Pool& pool : config_.pools) {
    const config::Pool* after = find_pool(next, pool.name);
    for (const config::Backend& backend : pool.backends) {
      const bool stays = after != nullptr && std::ranges::any_of(after->backends, [&](const config::Backend& other) {
                           return other.name == backend.name;
                         });
      if (!stays) session_counts_.forget(pool.name, backend.name);
    }
  }
}

admin::MemberReport Server::change(const admin::MemberChange& change) {
  if (stepped_aside_) return refuse("another process has taken over");
  // What the new process knows of the pools may be told already.
  if (is_upgrading()) return refuse("an upgrade is under way, ask again in a moment");
  const config::Pool* pool = find_pool(config_, change.pool);
  if (pool == nullptr) return refuse("there is no such pool");
  std::string name = change.backend;
  auto now = members_.find(change.pool, name);
  switch (change.kind) {
    case admin::MemberChange::Kind::weight: {
      const auto weight = config::read_weight(change.body);
      if (!weight) return not_understood(weight.error().message);
      if (!now) return refuse("there is no such backend");
      now->weight = *weight;
      break;
    }
    case admin::MemberChange::Kind::add: {
      const auto read = config::read_backend(change.body, *pool);
      if (!read) return not_understood(read.error().message);
      name = read->name;
      now = *read;
      break;
    }
    case admin::MemberChange::Kind::remove:
      now.reset();
      break;
  }
  Members members = members_;
  members.set(change.pool, name, std::move(now));
  const auto changes = apply_members(std::move(members));
  if (!changes) return refuse(changes.error().message);
  for (const std::string& line : *changes) log_info("{}, at run time", line);
  return {.outcome = Outcome::done, .backend = std::move(name), .message = {}};
}

}  // namespace stickler::server
