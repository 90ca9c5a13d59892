#include "lb/http/header_edits.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lb/base/bytes.h"
#include "lb/http/field_scan.h"

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

void HeaderTemplate::append(std::string& out, const HeaderVariables& values) const {
  for (const Part& part : parts_) {
    out.append(part.literal);
    if (part.variable != nullptr) out.append(values.*part.variable);
  }
}

Result<void> HeaderEdits::write(std::string_view name, std::string_view value) {
  if (!is_token(name)) return fail("'" + std::string(name) + "' is not a field name");
  auto compiled = HeaderTemplate::compile(value);
  if (!compiled) return tl::unexpected(compiled.error());
  writes_.push_back({.name = std::string(name), .value = *std::move(compiled)});
  return {};
}

void HeaderEdits::forget(std::string_view name) {
  std::erase_if(writes_, [&](const Write& write) { return equals_ignore_case(write.name, name); });
}

Result<void> HeaderEdits::set(std::string_view name, std::string_view value) {
  remove(name);
  return write(name, value);
}

Result<void> HeaderEdits::add(std::string_view name, std::string_view value) { return write(name, value); }

void HeaderEdits::remove(std::string_view name) {
  forget(name);
  removes_.emplace_back(name);
}

bool HeaderEdits::drops(std::string_view name) const {
  return std::ranges::any_of(removes_, [&](const std::string& removed) { return equals_ignore_case(removed, name); });
}

void HeaderEdits::append_fields(std::string& out, const HeaderVariables& values) const {
  for (const Write& write : writes_) {
    out.append(write.name).append(": ");
    write.value.append(out, values);
    out.append("\r\n");
  }
}

}  // namespace stickler::http
