#include "lb/config/field.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lb/config/key_list.h"
#include "lb/config/quote.h"
#include "lb/config/secret.h"
#include "lb/config/suggest.h"

namespace stickler::config {
namespace {

constexpr std::size_t message_max = 1000;

std::string join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

std::string shown(std::string_view key) { return may_hold_a_secret(key) ? std::string(masked) : printable(key); }

bool any_begins_with(const std::set<std::string, std::less<>>& paths, const std::string& beginning) {
  const auto found = paths.lower_bound(beginning);
  return found != paths.end() && found->starts_with(beginning);
}

}  // namespace

bool Reading::is_sound(std::string_view path) const {
  const std::string text(path);
  return !suspects.contains(text) && !any_begins_with(suspects, text + ".") && !any_begins_with(suspects, text + "[");
}

Field Field::child(const Entry& entry, std::string pattern) const {
  Field field(reading_);
  field.node_ = &entry.value;
  field.at_ = entry.at;
  field.path_ = join(path_, shown(entry.key));
  field.pattern_ = std::move(pattern);
  field.name_ = entry.key;
  field.is_secret_ = is_secret_ || names_a_secret(entry.key);
  field.resolve();
  return field;
}

// What the environment lacks is said once, here; the field is then as if it were not given.
void Field::resolve() {
  const bool is_new = reading_->marks.try_emplace(path_, at_).second;
  if (kind() != Kind::unresolved) return;
  if (is_new) complain(node_->text);
  node_ = nullptr;
}

Field Field::operator[](std::string_view key) const {
  if (kind() == Kind::map) {
    for (const Entry& entry : node_->entries) {
      if (entry.key == key) return child(entry, join(pattern_, key));
    }
  }
  Field missing(reading_);
  missing.path_ = join(path_, key);
  missing.pattern_ = join(pattern_, key);
  missing.name_ = key;
  missing.at_ = at_;
  return missing;
}

std::vector<Field> Field::items() const {
  if (kind() != Kind::list) return {*this};
  std::vector<Field> fields;
  for (const Node& item : node_->items) {
    Field field(reading_);
    field.node_ = &item;
    field.at_ = item.kind == Kind::nothing ? at_ : item.at;  // yaml-cpp marks nothing at the token behind it.
    field.path_ = path_ + "[" + std::to_string(fields.size()) + "]";
    field.pattern_ = pattern_ + "[]";
    field.is_secret_ = is_secret_;
    field.resolve();
    fields.push_back(std::move(field));
  }
  return fields;
}

std::vector<Field> Field::entries() const {
  std::vector<Field> fields;
  if (kind() != Kind::map) return fields;
  std::set<std::string_view> seen;
  for (const Entry& entry : node_->entries) {
    if (seen.insert(entry.key).second) fields.push_back(child(entry, join(pattern_, "NAME")));
  }
  return fields;
}

bool Field::check_map() const {
  if (!node_) return false;
  if (kind() != Kind::map) {
    reject("a map", kind() == Kind::nothing ? "write its keys below it, or leave it out" : "");
    return false;
  }
  check_keys();
  return true;
}

bool Field::check_list() const {
  if (!node_) return false;
  if (kind() == Kind::list) return true;
  reject("a list", kind() == Kind::scalar ? "write [...]" : "");
  return false;
}

void Field::check_keys() const {
  const std::vector<std::string_view> known = keys_below(pattern_);
  const bool names_are_free = std::find(known.begin(), known.end(), "NAME") != known.end();
  const Key* own = find_key(pattern_);
  const bool keys_are_free = names_are_free || (own && own->availability == Availability::open);
  std::map<std::string_view, Mark> seen;
  for (const Entry& entry : node_->entries) {
    const auto [first, is_first] = seen.try_emplace(entry.key, entry.at);
    if (!is_first) {
      note(entry.at, join(path_, shown(entry.key)), "given twice; first in line " + std::to_string(first->second.line));
    } else if (!keys_are_free) {
      check_key(entry, known);
    }
  }
}

void Field::check_key(const Entry& entry, const std::vector<std::string_view>& known) const {
  const std::string path = join(path_, shown(entry.key));
  const Key* key = find_key(join(pattern_, entry.key));
  if (key && key->availability == Availability::later) note(entry.at, path, "not available yet");
  if (key) return;
  if (entry.key.empty()) return note(entry.at, path_, "a key without a name; is there a ',' too many?");
  const std::string_view meant = closest(entry.key, known);
  const Key* elsewhere = only_key_named(entry.key);
  if (!meant.empty()) {
    reading_->suspects.insert(join(path_, meant));
    note(entry.at, path, "unknown key" + did_you_mean(meant));
  } else if (elsewhere) {
    note(entry.at, path, "unknown key; it belongs at " + std::string(elsewhere->path));
  } else {
    note(entry.at, path, "unknown key; known here: " + enumerate(known));
  }
}

bool Field::require(std::string_view example) const {
  if (node_) return true;
  if (!reading_->is_cut && reading_->is_sound(path_)) {
    complain("missing; write " + std::string(example));
  }
  return false;
}

void Field::reject(std::string_view expected, std::string_view advice) const {
  std::string message = "expected " + std::string(expected) + ", got " + describe_value();
  if (is_expanded()) {
    message += "; look at what the environment holds";
  } else if (!advice.empty()) {
    message += (advice.front() == ';' ? "" : "; ") + std::string(advice);
  }
  complain(message);
}

void Field::complain(std::string_view message) const {
  const bool value_has_a_place = node_ && node_->kind != Kind::nothing;
  note(value_has_a_place ? node_->at : at_, path_, message);
}

void Field::complain_at_key(std::string_view message) const { note(at_, path_, message); }

void Field::not_available(std::string_view value) const { complain(quoted(value) + " is not available yet"); }

void Field::note(Mark at, const std::string& path, std::string_view message) const {
  reading_->suspects.insert(path);
  const std::string sentence = printable((path.empty() ? "" : path + ": ") + std::string(message), message_max);
  reading_->problems.push_back(
      {.at = at, .severity = Severity::error, .path = path, .message = sentence, .excerpt = ""});
}

std::string Field::describe_value() const {
  switch (kind()) {
    case Kind::nothing:
      return "nothing";
    case Kind::list:
      return node_->items.empty() ? "an empty list" : "a list";
    case Kind::map:
      return node_->entries.empty() ? "an empty map" : "a map";
    case Kind::scalar:
    case Kind::unresolved:
      break;
  }
  if (is_secret_ || has_a_password(node_->text)) return "a text";
  return quoted(is_expanded() ? node_->written : node_->text);
}

}  // namespace stickler::config
