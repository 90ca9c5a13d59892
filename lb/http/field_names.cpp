#include "lb/http/field_names.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>

#include "lb/base/bytes.h"

namespace stickler::http {
namespace {

constexpr std::size_t name_bytes_max = 32;  // Of the names known here.

struct KnownField {
  constexpr KnownField(std::string_view text, FieldId field) : size(text.size()), id(field) {
    for (std::size_t i = 0; i < size; ++i) {
      name[i] = text[i];
      if (text[i] >= 'a' && text[i] <= 'z') letters[i] = 'a' - 'A';
    }
  }

  constexpr std::string_view text() const { return {name.data(), size}; }

  std::array<char, name_bytes_max> name{};
  std::array<char, name_bytes_max> letters{};  // The bit of the case where a letter stands.
  std::size_t size;
  FieldId id;
};

constexpr auto e2e = FieldId::end_to_end;

constexpr std::array known_fields = {
    KnownField{"accept", e2e},
    KnownField{"accept-charset", e2e},
    KnownField{"accept-encoding", e2e},
    KnownField{"accept-language", e2e},
    KnownField{"accept-ranges", e2e},
    KnownField{"access-control-request-headers", e2e},
    KnownField{"access-control-request-method", e2e},
    KnownField{"age", e2e},
    KnownField{"allow", e2e},
    KnownField{"authentication-info", e2e},
    KnownField{"authorization", FieldId::authorization},
    KnownField{"cache-control", FieldId::cache_control},
    KnownField{"clear-site-data", e2e},
    KnownField{"connection", FieldId::connection},
    KnownField{"content-disposition", e2e},
    KnownField{"content-encoding", e2e},
    KnownField{"content-language", e2e},
    KnownField{"content-length", FieldId::content_length},
    KnownField{"content-location", e2e},
    KnownField{"content-range", e2e},
    KnownField{"content-security-policy", e2e},
    KnownField{"content-type", e2e},
    KnownField{"cookie", FieldId::cookie},
    KnownField{"date", FieldId::date},
    KnownField{"dnt", e2e},
    KnownField{"expect", FieldId::expect},
    KnownField{"expires", e2e},
    KnownField{"forwarded", FieldId::forwarded},
    KnownField{"host", FieldId::host},
    KnownField{"http2-settings", FieldId::http2_settings},
    KnownField{"if-match", e2e},
    KnownField{"if-modified-since", e2e},
    KnownField{"if-none-match", e2e},
    KnownField{"if-range", e2e},
    KnownField{"if-unmodified-since", e2e},
    KnownField{"keep-alive", FieldId::keep_alive},
    KnownField{"last-modified", e2e},
    KnownField{"location", e2e},
    KnownField{"max-forwards", FieldId::max_forwards},
    KnownField{"origin", e2e},
    KnownField{"pragma", e2e},
    KnownField{"priority", e2e},
    KnownField{"proxy-authenticate", e2e},
    KnownField{"proxy-authentication-info", e2e},
    KnownField{"proxy-authorization", e2e},
    KnownField{"proxy-connection", FieldId::proxy_connection},
    KnownField{"range", e2e},
    KnownField{"referer", e2e},
    KnownField{"retry-after", e2e},
    KnownField{"sec-ch-ua", e2e},
    KnownField{"sec-ch-ua-mobile", e2e},
    KnownField{"sec-ch-ua-platform", e2e},
    KnownField{"sec-fetch-dest", e2e},
    KnownField{"sec-fetch-mode", e2e},
    KnownField{"sec-fetch-site", e2e},
    KnownField{"sec-fetch-user", e2e},
    KnownField{"sec-websocket-accept", e2e},
    KnownField{"sec-websocket-extensions", e2e},
    KnownField{"sec-websocket-key", e2e},
    KnownField{"sec-websocket-protocol", e2e},
    KnownField{"sec-websocket-version", e2e},
    KnownField{"server", e2e},
    KnownField{"set-cookie", FieldId::set_cookie},
    KnownField{"strict-transport-security", e2e},
    KnownField{"te", FieldId::te},
    KnownField{"trailer", FieldId::trailer},
    KnownField{"transfer-encoding", FieldId::transfer_encoding},
    KnownField{"upgrade", FieldId::upgrade},
    KnownField{"upgrade-insecure-requests", e2e},
    KnownField{"user-agent", FieldId::user_agent},
    KnownField{"vary", e2e},
    KnownField{"via", FieldId::via},
    KnownField{"warning", e2e},
    KnownField{"www-authenticate", e2e},
    KnownField{"x-forwarded-for", FieldId::x_forwarded_for},
    KnownField{"x-forwarded-host", FieldId::x_forwarded_host},
    KnownField{"x-forwarded-proto", FieldId::x_forwarded_proto},
    KnownField{"x-node-generation", FieldId::x_node_generation},
    KnownField{"x-request-id", FieldId::x_request_id},
    KnownField{"x-session-backup", FieldId::x_session_backup},
};

// Length and four letters tell the known names apart, and a multiplier found when compiling leaves one name a slot.
constexpr unsigned slot_bits = 9;
constexpr std::uint8_t free_slot = 0xff;

constexpr std::uint32_t key_of(const char* name, std::size_t size) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i])) | 0x20U;
  };
  return (byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16 | byte(size < 4 ? 0 : size - 4) << 24) +
         static_cast<std::uint32_t>(size);
}

constexpr std::size_t slot_of(std::uint32_t key, std::uint32_t multiplier) {
  return key * multiplier >> (32 - slot_bits);
}

struct Slots {
  std::uint32_t multiplier = 0;
  std::array<std::uint8_t, 1U << slot_bits> field{};  // Which of known_fields.

  constexpr bool fill() {
    field.fill(free_slot);
    for (std::size_t i = 0; i < known_fields.size(); ++i) {
      std::uint8_t& slot = field[slot_of(key_of(known_fields[i].name.data(), known_fields[i].size), multiplier)];
      if (slot != free_slot) return false;
      slot = static_cast<std::uint8_t>(i);
    }
    return true;
  }
};

constexpr Slots slots = [] {
  Slots result;
  result.multiplier = 0x9e3779b1;
  while (!result.fill()) result.multiplier = result.multiplier * 1664525 + 2 * 1013904223U;
  return result;
}();

// 16 bytes, of which each is the known name's, in either case where that is a letter, or stands behind its end.
bool same_block(const KnownField& known, const char* text, std::size_t at) {
  const auto load = [at](const char* bytes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at)); };
  const __m128i lowered = _mm_or_si128(load(text), load(known.letters.data()));
  const auto same = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(lowered, load(known.name.data()))));
  const std::size_t size = std::min<std::size_t>(known.size - at, 16);
  return (~same & ((1U << size) - 1)) == 0;
}

// Requires: known.size bytes of text.
bool same_name(const KnownField& known, std::string_view text) {
  if (text.size() < (known.size <= 16 ? 16 : 32)) return equals_ignore_case(known.text(), text.substr(0, known.size));
  return same_block(known, text.data(), 0) && (known.size <= 16 || same_block(known, text.data(), 16));
}

constexpr char dashed(char c) { return c == '_' ? '-' : ascii_lower(c); }

}  // namespace

FieldId known_field_at(std::string_view text, std::size_t size) {
  if (size == 0 || size > name_bytes_max) return FieldId::other;
  const std::uint8_t slot = slots.field[slot_of(key_of(text.data(), size), slots.multiplier)];
  if (slot == free_slot) return FieldId::other;
  const KnownField& known = known_fields[slot];
  return known.size == size && same_name(known, text) ? known.id : FieldId::other;
}

FieldId id_of_unknown(std::string_view name) {
  constexpr std::string_view family = "x-forwarded-";
  const bool underscored = name.find('_') != std::string_view::npos;
  if (equals_as_variable(name.substr(0, family.size()), family)) {
    return underscored ? FieldId::discarded : FieldId::x_forwarded_other;
  }
  return underscored && field_id_as_variable(name) != FieldId::other ? FieldId::discarded : FieldId::other;
}

FieldId field_id(std::string_view name) {
  const FieldId known = known_field_at(name, name.size());
  return known == FieldId::other ? id_of_unknown(name) : known;
}

bool equals_as_variable(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return dashed(x) == dashed(y); });
}

FieldId field_id_as_variable(std::string_view name) {
  std::array<char, name_bytes_max> text{};
  if (name.size() > text.size()) return FieldId::other;
  std::ranges::transform(name, text.begin(), dashed);
  return known_field_at({text.data(), text.size()}, name.size());
}

}  // namespace stickler::http
