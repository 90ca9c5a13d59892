#include "lb/http/message.h"

#include <array>

#include "lb/base/bytes.h"

namespace stickler::http {
namespace {

struct KnownField {
  std::string_view name;
  FieldId id;
};

constexpr std::array known_fields = {
    KnownField{"authorization", FieldId::authorization},
    KnownField{"cache-control", FieldId::cache_control},
    KnownField{"connection", FieldId::connection},
    KnownField{"content-length", FieldId::content_length},
    KnownField{"content-type", FieldId::content_type},
    KnownField{"cookie", FieldId::cookie},
    KnownField{"date", FieldId::date},
    KnownField{"expect", FieldId::expect},
    KnownField{"forwarded", FieldId::forwarded},
    KnownField{"host", FieldId::host},
    KnownField{"http2-settings", FieldId::http2_settings},
    KnownField{"keep-alive", FieldId::keep_alive},
    KnownField{"max-forwards", FieldId::max_forwards},
    KnownField{"proxy-connection", FieldId::proxy_connection},
    KnownField{"sec-websocket-accept", FieldId::sec_websocket_accept},
    KnownField{"sec-websocket-key", FieldId::sec_websocket_key},
    KnownField{"sec-websocket-version", FieldId::sec_websocket_version},
    KnownField{"server", FieldId::server},
    KnownField{"set-cookie", FieldId::set_cookie},
    KnownField{"te", FieldId::te},
    KnownField{"trailer", FieldId::trailer},
    KnownField{"transfer-encoding", FieldId::transfer_encoding},
    KnownField{"upgrade", FieldId::upgrade},
    KnownField{"user-agent", FieldId::user_agent},
    KnownField{"via", FieldId::via},
    KnownField{"x-forwarded-for", FieldId::x_forwarded_for},
    KnownField{"x-forwarded-host", FieldId::x_forwarded_host},
    KnownField{"x-forwarded-proto", FieldId::x_forwarded_proto},
    KnownField{"x-node-generation", FieldId::x_node_generation},
    KnownField{"x-request-id", FieldId::x_request_id},
    KnownField{"x-session-backup", FieldId::x_session_backup},
};

// Length and outer letters leave at most a few names to compare with.
constexpr std::size_t slots = 128;
constexpr std::size_t slot_of(std::string_view name) {
  const auto first = static_cast<unsigned char>(ascii_lower(name.front()));
  const auto last = static_cast<unsigned char>(ascii_lower(name.back()));
  return (name.size() * 7 + first * 3U + last) % slots;
}

struct Chains {
  std::array<std::int8_t, slots> first{};
  std::array<std::int8_t, known_fields.size()> next{};
};

constexpr Chains chains = [] {
  Chains result;
  result.first.fill(-1);
  for (std::size_t i = 0; i < known_fields.size(); ++i) {
    std::int8_t& first = result.first[slot_of(known_fields[i].name)];
    result.next[i] = first;
    first = static_cast<std::int8_t>(i);
  }
  return result;
}();

constexpr std::array<std::string_view, 10> methods = {"",       "GET",   "HEAD",    "POST",  "PUT",
                                                      "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"};

}  // namespace

FieldId field_id(std::string_view name) {
  if (name.empty()) return FieldId::other;
  for (std::int8_t i = chains.first[slot_of(name)]; i >= 0; i = chains.next[static_cast<std::size_t>(i)]) {
    const KnownField& known = known_fields[static_cast<std::size_t>(i)];
    if (equals_ignore_case(known.name, name)) return known.id;
  }
  return FieldId::other;
}

Method method_of(std::string_view text) {
  for (std::size_t i = 1; i < methods.size(); ++i) {
    if (methods[i] == text) return static_cast<Method>(i);
  }
  return Method::other;
}

std::size_t FieldBlock::count(FieldId id) const {
  std::size_t found = 0;
  for (const Field& field : fields_) found += field.id == id ? 1 : 0;
  return found;
}

std::string_view FieldBlock::value_of(FieldId id) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (fields_[i].id == id) return value(i);
  }
  return {};
}

std::string_view FieldBlock::value_of(std::string_view wanted) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (equals_ignore_case(name(i), wanted)) return value(i);
  }
  return {};
}

std::string_view RequestHead::path_and_query() const {
  return path_span.size == 0 ? std::string_view("/") : bytes().substr(path_span.begin, path_span.size);
}

}  // namespace stickler::http
