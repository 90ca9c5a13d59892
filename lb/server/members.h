// Members: which backends each pool has: what the files say (the configuration, and the lists that it names), and over
// it what was said at run time through the admin API. A value; control thread.
//
// What was said at run time stands until the files say something else of that backend than they did then: reloads and
// upgrades leave it alone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/schema.h"

namespace stickler::server {

// What was said of one backend at run time.
struct Override {
  std::string pool;
  std::string name;
  std::optional<config::Backend> said;  // By the files, then. Empty: they did not name it.
  std::optional<config::Backend> now;   // Empty: it was removed.

  bool operator==(const Override&) const = default;
};

class Members {
 public:
  // What the files say from now on, of all pools.
  void follow(const std::vector<config::Pool>& pools);

  // What the pool's list says from now on. Requires: there is such a pool.
  void follow_list(const std::string& pool, const std::vector<config::Backend>& discovered);

  // At run time; nullopt: it is removed. Saying what the files say ends what was said before.
  void set(const std::string& pool, const std::string& name, std::optional<config::Backend> now);

  // Of the process before this one, after follow(): what still stands.
  void resume(std::vector<Override> overrides);

  // In the order of the files; those that they do not name follow, in the order in which they came.
  std::vector<config::Backend> of(std::string_view pool) const;
  std::optional<config::Backend> find(std::string_view pool, std::string_view name) const;

  // Those that the files name, whatever was said at run time.
  const std::vector<config::Backend>& said_of(std::string_view pool) const;

  const std::vector<Override>& overrides() const { return overrides_; }
  const Override* override_of(std::string_view pool, std::string_view name) const;  // nullptr: there is none.
  std::vector<std::string> removed_of(std::string_view pool) const;                 // Whom the files name still.

 private:
  std::optional<config::Backend> said(std::string_view pool, std::string_view name) const;
  void end_what_changed();

  std::map<std::string, std::vector<config::Backend>, std::less<>> said_;  // By pool.
  std::vector<Override> overrides_;                                        // One a backend.
};

}  // namespace stickler::server
