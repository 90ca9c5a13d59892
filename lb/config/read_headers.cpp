#include <algorithm>

#include "lb/base/bytes.h"
#include "lb/config/quote.h"
#include "lb/config/read.h"
#include "lb/config/scalars.h"
#include "lb/config/suggest.h"

namespace stickler::config {
namespace {

// Written by Stickler from what it parsed: a second one of them would frame the message anew.
constexpr std::string_view framing_fields[] = {
    "connection",   "content-length",   "expect", "host",    "http2-settings",    "keep-alive",
    "max-forwards", "proxy-connection", "te",     "trailer", "transfer-encoding", "upgrade"};

// As an application may see it, where a '_' is as good as a '-'.
std::string folded(std::string name) {
  name = to_lower(name);
  std::ranges::replace(name, '_', '-');
  return name;
}

bool check_name(const Field& field, const std::string& name) {
  if (!is_token(name)) {
    field.complain_at_key("expected a header name of letters, digits and '-'");
    return false;
  }
  if (std::ranges::find(framing_fields, folded(name)) == std::end(framing_fields)) return true;
  field.complain_at_key("Stickler writes this header itself, from the message that it has parsed");
  return false;
}

// The one of them that may be set, on requests: another name for the backend than the client's.
bool is_host(const std::string& name) { return to_lower(name) == "host"; }

void check_host(const Field& field, const std::string& value) {
  const bool is_fixed = value.find("%{") == std::string::npos;
  if (is_fixed && (value.empty() || value.find_first_of(" \t/@?#,") != std::string::npos)) {
    field.complain("expected a host such as www.example.com or [::1]:8080");
  }
}

// What is wrong with %{...} in a value; "" if nothing is.
std::string variable_flaw(std::string_view value) {
  for (std::size_t begin = value.find("%{"); begin != std::string_view::npos; begin = value.find("%{", begin + 1)) {
    const std::size_t end = value.find('}', begin);
    if (end == std::string_view::npos) return "a '%{' without its '}'";
    const std::string_view name = value.substr(begin + 2, end - begin - 2);
    if (std::ranges::find(header_variables, name) != header_variables.end()) continue;
    const std::string advice = did_you_mean(closest(name, header_variables));
    return "there is no variable %{" + printable(name) + "}" +
           (advice.empty() ? "; known: " + enumerate(header_variables) : advice);
  }
  return "";
}

std::string read_value(const Field& field) {
  std::string value = text(field, "");
  if (const std::string flaw = variable_flaw(value); !flaw.empty()) {
    field.complain(field.is_expanded() ? "the environment gives it a %{...} that is no variable" : flaw);
  }
  return value;
}

enum class Host : std::uint8_t { is_refused, may_be_set };

std::vector<HeaderField> read_fields(const Field& field, Host host) {
  std::vector<HeaderField> fields;
  if (!field.check_map()) return fields;
  for (const Field& entry : field.entries()) {
    const bool sets_host = host == Host::may_be_set && is_host(entry.name());
    if (!sets_host && !check_name(entry, entry.name())) continue;
    fields.push_back({.name = entry.name(), .value = read_value(entry)});
    if (sets_host) check_host(entry, fields.back().value);
  }
  return fields;
}

std::vector<std::string> read_names(const Field& field) {
  std::vector<std::string> names;
  if (!field.check_list()) return names;
  for (const Field& item : field.items()) {
    const auto name = text(item);
    if (name && check_name(item, *name)) names.push_back(*name);
  }
  return names;
}

HeaderEdits read_edits(const Field& field, Host host) {
  HeaderEdits edits;
  field.check_map();
  edits.set = read_fields(field["set"], host);
  edits.add = read_fields(field["add"], Host::is_refused);
  edits.remove = read_names(field["remove"]);
  return edits;
}

}  // namespace

Headers read_headers(const Field& field) {
  field.check_map();
  return {.request = read_edits(field["request"], Host::may_be_set),
          .response = read_edits(field["response"], Host::is_refused)};
}

}  // namespace stickler::config
