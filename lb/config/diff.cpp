#include "lb/config/diff.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "lb/config/effective.h"
#include "lb/config/quote.h"
#include "lb/config/render.h"

namespace stickler::config {
namespace {

constexpr std::size_t shown_max = 80;
constexpr std::string_view at_next_start = "; takes effect at the next start";

std::string shown(const Value& value) {
  const bool is_word = !value.is_secret && !value.text.empty();
  return is_word ? printable(value.text) : printable(to_json(value), shown_max);
}

// "changed from 30s to 1m", or only that where the values are too long for a line.
std::string change(const Value& from, const Value& to) {
  const bool is_short = to_json(from).size() <= shown_max && to_json(to).size() <= shown_max;
  const bool is_secret = from.is_secret || to.is_secret || shown(from) == shown(to);
  return is_short && !is_secret ? "changed from " + shown(from) + " to " + shown(to) : "changed";
}

using OnChange = std::function<void(const std::string& path, const std::string& what)>;

// Every key whose value differs, by its path below the block. Lists are compared as a whole.
void compare(const std::string& path, const Value& from, const Value& to, const OnChange& on_change) {
  if (from == to) return;
  const auto same_key = [](const auto& a, const auto& b) { return a.first == b.first; };
  const bool same_keys =
      from.kind == Value::Kind::map && to.kind == Value::Kind::map &&
      std::equal(from.members.begin(), from.members.end(), to.members.begin(), to.members.end(), same_key);
  if (!same_keys || from.members.empty()) return on_change(path, change(from, to));
  const std::string block = path.empty() ? "" : path + ".";
  for (std::size_t i = 0; i < from.members.size(); ++i) {
    compare(block + from.members[i].first, from.members[i].second, to.members[i].second, on_change);
  }
}

bool needs_restart(std::string_view path) {
  return path == "process.workers" || path == "process.user" || path.starts_with("admin.") ||
         path.starts_with("access_log.");
}

// A socket that stays open keeps what was set when it was bound.
bool is_fixed_at_bind(std::string_view path) { return path == "timeouts.tcp_keepalive"; }

template <class Named>
class ByName {
 public:
  explicit ByName(const std::vector<Named>& all) {
    for (const Named& one : all) places_.emplace(one.name, &one);
  }
  const Named* find(std::string_view name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string_view, const Named*> places_;
};

std::string addresses(const Listener& listener) {
  std::string text;
  for (const Address& address : listener.listen) text += (text.empty() ? "" : ", ") + address.to_string();
  return printable(text, shown_max);
}

class Comparison {
 public:
  Diff run(const Config& from, const Config& to) {
    top("process", effective(from.process), effective(to.process));
    top("admin", effective(from.admin), effective(to.admin));
    top("log", effective(from.log), effective(to.log));
    top("access_log", effective(from.access_log), effective(to.access_log));
    top("headers", effective(from.headers), effective(to.headers));
    each(from.listeners, to.listeners,
         [this](const Listener* before, const Listener* after) { listener(before, after); });
    each(from.pools, to.pools, [this](const Pool* before, const Pool* after) { pool(before, after); });
    diff_.changes.insert(diff_.changes.end(), removals_.begin(), removals_.end());
    return std::move(diff_);
  }

 private:
  void top(const std::string& section, const Value& from, const Value& to) {
    compare(section, from, to, [this](const std::string& path, const std::string& what) {
      if (needs_restart(path)) {
        diff_.needs_restart.push_back(path + ": " + what + std::string(at_next_start));
      } else {
        changed(path + ": " + what);
      }
    });
  }

  // What is wanted in the file's order, with what runs under the same name; then what runs and is no longer wanted.
  template <class Named, class Function>
  static void each(const std::vector<Named>& from, const std::vector<Named>& to, Function function) {
    const ByName before(from);
    const ByName after(to);
    for (const Named& one : to) function(before.find(one.name), &one);
    for (const Named& one : from) {
      if (!after.find(one.name)) function(&one, nullptr);
    }
  }

  void listener(const Listener* from, const Listener* to) {
    const std::string who = "listener '" + (to ? to : from)->name + "'";
    if (!to) return removed(who + " removed");
    if (!from) return changed(who + " added (" + addresses(*to) + ")");
    compare("", effective(*from), effective(*to), [&](const std::string& path, const std::string& what) {
      if (is_fixed_at_bind(path)) {
        diff_.needs_restart.push_back("listeners." + to->name + "." + path + ": " + what + std::string(at_next_start));
      } else {
        changed(who + ": " + path + " " + what);
      }
    });
  }

  void pool(const Pool* from, const Pool* to) {
    const std::string who = "pool '" + (to ? to : from)->name + "'";
    if (!to) return removed(who + " removed");
    if (!from) return changed(who + " added");
    compare("", without_backends(*from), without_backends(*to),
            [&](const std::string& path, const std::string& what) { changed(who + ": " + path + " " + what); });
    each(from->backends, to->backends,
         [&](const Backend* before, const Backend* after) { backend(who, before, after); });
  }

  static Value without_backends(const Pool& pool) {
    Value value = effective(pool);
    std::erase_if(value.members, [](const auto& member) { return member.first == "backends"; });
    return value;
  }

  void backend(const std::string& pool, const Backend* from, const Backend* to) {
    const std::string who = pool + ": backend '" + (to ? to : from)->name + "'";
    if (!to) return removed(who + " removed");
    if (!from) return changed(who + " added (" + to->address.to_string() + ")");
    compare("", effective(*from), effective(*to),
            [&](const std::string& path, const std::string& what) { changed(who + ": " + path + " " + what); });
  }

  void changed(std::string line) { diff_.changes.push_back(std::move(line)); }
  void removed(std::string line) { removals_.push_back(std::move(line)); }

  Diff diff_;
  std::vector<std::string> removals_;
};

}  // namespace

Diff diff(const Config& running, const Config& wanted) { return Comparison().run(running, wanted); }

}  // namespace stickler::config
