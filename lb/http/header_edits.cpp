#include "lb/http/header_edits.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lb/http/byte_scan.h"
#include "lb/http/field_names.h"
#include "lb/http/host.h"
#include "lb/http/message.h"

namespace stickler::http {
namespace {

struct Variable {
  std::string_view name;
  std::string_view HeaderVariables::*member;
};

constexpr std::array variables = {
    Variable{"client_ip", &HeaderVariables::client_ip},
    Variable{"client_port", &HeaderVariables::client_port},
    Variable{"request_id", &HeaderVariables::request_id},
    Variable{"host", &HeaderVariables::host},
    Variable{"method", &HeaderVariables::method},
    Variable{"path", &HeaderVariables::path},
    Variable{"scheme", &HeaderVariables::scheme},
    Variable{"listener", &HeaderVariables::listener},
    Variable{"pool", &HeaderVariables::pool},
    Variable{"backend", &HeaderVariables::backend},
};

// Whether an edit may name the field, and if not, why.
Result<void> check_name(std::string_view name) {
  const std::string quoted = "'" + std::string(name) + "'";
  if (!is_token(name)) return fail(quoted + " is not a field name");
  switch (field_id_as_variable(name)) {
    case FieldId::host:
      return fail("a request has exactly one Host: it can be set, but not added or removed");
    case FieldId::content_length:
    case FieldId::transfer_encoding:
    case FieldId::trailer:
      return fail(quoted + " says where the body ends and is written for each message: it cannot be edited");
    case FieldId::connection:
    case FieldId::http2_settings:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::upgrade:
      return fail(quoted + " concerns one connection only and is never passed on: it cannot be edited");
    default:
      return {};
  }
}

}  // namespace

Result<HeaderTemplate> HeaderTemplate::compile(std::string_view text) {
  if (end_of_value(text, 0) != text.size()) return fail("a header value must not hold control characters");
  HeaderTemplate result;
  while (true) {
    const std::size_t begin = text.find("%{");
    const std::size_t end = text.find('}', begin == std::string_view::npos ? 0 : begin);
    if (begin == std::string_view::npos) {
      result.parts_.push_back({.literal = std::string(text), .variable = nullptr});
      return result;
    }
    if (end == std::string_view::npos) return fail("a header value has '%{' without '}'");
    const std::string_view name = text.substr(begin + 2, end - begin - 2);
    const auto* known = std::ranges::find(variables, name, &Variable::name);
    if (known == variables.end()) return fail("there is no header variable '%{" + std::string(name) + "}'");
    result.parts_.push_back({.literal = std::string(text.substr(0, begin)), .variable = known->member});
    text.remove_prefix(end + 1);
  }
}

void HeaderTemplate::append(Output& out, const HeaderVariables& values) const {
  for (const Part& part : parts_) {
    out.put(part.literal);
    if (part.variable != nullptr) out.put(values.*part.variable);
  }
}

Result<void> HeaderEdits::write(std::string_view name, std::string_view value) {
  auto compiled = HeaderTemplate::compile(value);
  if (!compiled) return tl::unexpected(compiled.error());
  writes_.push_back({.name = std::string(name), .value = *std::move(compiled)});
  return {};
}

void HeaderEdits::forget(std::string_view name) {
  std::erase_if(writes_, [&](const Write& write) { return equals_as_variable(write.name, name); });
}

void HeaderEdits::drop(std::string_view name) {
  forget(name);
  if (!drops(name)) removes_.emplace_back(name);
}

Result<void> HeaderEdits::set(std::string_view name, std::string_view value) {
  if (field_id(name) == FieldId::host) return set_host(value);
  if (auto allowed = check_name(name); !allowed) return allowed;
  drop(name);
  return write(name, value);
}

// A literal one is checked here; one with variables for each message, when it is known.
Result<void> HeaderEdits::set_host(std::string_view value) {
  auto compiled = HeaderTemplate::compile(value);
  if (!compiled) return tl::unexpected(compiled.error());
  if (value.find("%{") == std::string_view::npos && !is_host_and_port(value)) {
    return fail("'" + std::string(value) + "' is no host: expected NAME, ADDRESS or [ADDRESS], and :PORT if need be");
  }
  host_ = *std::move(compiled);
  drop("Host");
  return {};
}

Result<void> HeaderEdits::add(std::string_view name, std::string_view value) {
  if (auto allowed = check_name(name); !allowed) return allowed;
  return write(name, value);
}

Result<void> HeaderEdits::remove(std::string_view name) {
  if (auto allowed = check_name(name); !allowed) return allowed;
  drop(name);
  return {};
}

bool HeaderEdits::drops(std::string_view name) const {
  return std::ranges::any_of(removes_, [&](const std::string& removed) { return equals_as_variable(removed, name); });
}

void HeaderEdits::append_fields(Output& out, const HeaderVariables& values) const {
  for (const Write& write : writes_) {
    out.put(write.name).put(": ");
    write.value.append(out, values);
    out.put("\r\n");
  }
}

}  // namespace stickler::http
