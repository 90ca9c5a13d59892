#include "lb/config/backend_list.h"

#include <utility>

#include "lb/config/findings.h"
#include "lb/config/key_list.h"
#include "lb/config/read.h"
#include "lb/config/read_text.h"

namespace stickler::config {
namespace {

constexpr const char* backend_pattern = "pools.NAME.backends[]";

// All that is wrong, in one line.
Result<void> fail_if_any(const std::vector<Problem>& problems) {
  std::string what;
  for (const Problem& problem : problems) {
    if (problem.severity == Severity::error) what += (what.empty() ? "" : "; ") + problem.message;
  }
  if (!what.empty()) return fail(what);
  return {};
}

std::vector<Problem> judge(const BackendsOf& backends, const Reading& reading) {
  Findings findings(reading);
  check_backends(backends, findings);
  return findings.take();
}

// A body's own keys, without a path before them.
template <class Read>
Result<void> read_body(std::string_view json, const Read& read) {
  return fail_if_any(read_text(
      json, {.first = "expected a JSON object",
             .read = [&](Node& root,
                         Reading& reading) { read(Field(root, reading, {.path = "", .pattern = backend_pattern})); },
             .check = [](const Reading&) { return std::vector<Problem>(); }}));
}

}  // namespace

bool BackendList::ok() const { return !has_error(problems); }

BackendList read_backend_list(std::string_view yaml, const Pool& pool) {
  BackendList list;
  list.problems = read_text(
      yaml, {.first = "a list of backends begins with '- {name: ..., address: ...}'",
             .read =
                 [&](Node& root, Reading& reading) {
                   reading.marks.emplace("backends", root.at);
                   list.backends =
                       read_backends(Field(root, reading, {.path = "backends", .pattern = "pools.NAME.backends"}));
                   for (Backend& backend : list.backends) backend.origin = Origin::discover;
                 },
             .check =
                 [&](const Reading& reading) {
                   Pool whole = pool;
                   whole.backends.insert(whole.backends.end(), list.backends.begin(), list.backends.end());
                   return judge({.pool = whole, .path = "backends", .first = pool.backends.size()}, reading);
                 }});
  for (Problem& problem : list.problems) problem.file = pool.discover.file;
  return list;
}

BackendList load_backend_list(const Pool& pool) {
  const auto text = read_text_file(pool.discover.file);
  if (text) return read_backend_list(*text, pool);
  Problem problem = error_of_file("pools." + pool.name + ".discover.file: " + text.error().message);
  problem.file = pool.discover.file;
  return {.backends = {}, .problems = {std::move(problem)}};
}

Result<Backend> read_backend(std::string_view json, const Pool& pool) {
  Backend backend;
  const auto read = read_body(json, [&](const Field& field) { backend = read_backend(field); });
  if (!read) return tl::unexpected(read.error());
  backend.origin = Origin::api;
  Pool whole = pool;
  whole.backends.push_back(backend);
  const Reading reading;
  const auto fits = fail_if_any(judge({.pool = whole, .path = "", .first = pool.backends.size()}, reading));
  if (!fits) return tl::unexpected(fits.error());
  return backend;
}

Result<std::uint32_t> read_weight(std::string_view json) {
  std::uint32_t weight = 0;
  const auto read = read_body(json, [&](const Field& field) {
    if (!field.check_map()) return;
    for (const Field& other : field.entries()) {
      const bool is_another = other.name() != "weight" && find_key(backend_pattern + ("." + other.name())) != nullptr;
      if (is_another) other.complain_at_key("only the weight can be set here");
    }
    if (const Field given = field["weight"]; given.require("a whole number, such as 2")) weight = read_weight(given, 0);
  });
  if (!read) return tl::unexpected(read.error());
  return weight;
}

Result<void> may_have_backends(const Pool& pool) {
  const Reading reading;
  return fail_if_any(judge({.pool = pool, .path = "backends"}, reading));
}

}  // namespace stickler::config
