#include "lb/server/members.h"

#include <algorithm>
#include <utility>

namespace stickler::server {
namespace {

std::optional<config::Backend> find_in(const std::vector<config::Backend>& backends, std::string_view name) {
  const auto found = std::ranges::find(backends, name, &config::Backend::name);
  return found == backends.end() ? std::nullopt : std::optional(*found);
}

// Whoever says it.
bool say_the_same(const std::optional<config::Backend>& said, std::optional<config::Backend> now) {
  if (said && now) now->origin = said->origin;
  return said == now;
}

}  // namespace

void Members::follow(const std::vector<config::Pool>& pools) {
  said_.clear();
  for (const config::Pool& pool : pools) said_[pool.name] = pool.backends;
  end_what_changed();
}

void Members::follow_list(const std::string& pool, const std::vector<config::Backend>& discovered) {
  auto& said = said_[pool];
  std::erase_if(said, [](const config::Backend& backend) { return backend.origin == config::Origin::discover; });
  said.insert(said.end(), discovered.begin(), discovered.end());
  end_what_changed();
}

void Members::set(const std::string& pool, const std::string& name, std::optional<config::Backend> now) {
  const auto same = [&](const Override& one) { return one.pool == pool && one.name == name; };
  auto said_now = said(pool, name);
  const auto found = std::ranges::find_if(overrides_, same);
  if (say_the_same(said_now, now)) {
    if (found != overrides_.end()) overrides_.erase(found);
  } else if (found != overrides_.end()) {
    found->now = std::move(now);
  } else {
    overrides_.push_back({.pool = pool, .name = name, .said = std::move(said_now), .now = std::move(now)});
  }
}

void Members::resume(std::vector<Override> overrides) {
  overrides_ = std::move(overrides);
  end_what_changed();
}

void Members::end_what_changed() {
  std::erase_if(overrides_, [this](const Override& one) {
    return !said_.contains(one.pool) || said(one.pool, one.name) != one.said;
  });
}

std::vector<config::Backend> Members::of(std::string_view pool) const {
  std::vector<config::Backend> all;
  for (const config::Backend& backend : said_of(pool)) {
    const Override* one = override_of(pool, backend.name);
    if (one == nullptr) all.push_back(backend);
    if (one != nullptr && one->now) all.push_back(*one->now);
  }
  for (const Override& one : overrides_) {
    if (one.pool == pool && !one.said && one.now) all.push_back(*one.now);
  }
  return all;
}

std::optional<config::Backend> Members::find(std::string_view pool, std::string_view name) const {
  const Override* one = override_of(pool, name);
  return one != nullptr ? one->now : said(pool, name);
}

const std::vector<config::Backend>& Members::said_of(std::string_view pool) const {
  static const std::vector<config::Backend> none;
  const auto found = said_.find(pool);
  return found == said_.end() ? none : found->second;
}

std::optional<config::Backend> Members::said(std::string_view pool, std::string_view name) const {
  return find_in(said_of(pool), name);
}

const Override* Members::override_of(std::string_view pool, std::string_view name) const {
  const auto found =
      std::ranges::find_if(overrides_, [&](const Override& one) { return one.name == name && one.pool == pool; });
  return found == overrides_.end() ? nullptr : &*found;
}

std::vector<std::string> Members::removed_of(std::string_view pool) const {
  std::vector<std::string> names;
  for (const Override& one : overrides_) {
    if (one.pool == pool && !one.now) names.push_back(one.name);
  }
  return names;
}

}  // namespace stickler::server
