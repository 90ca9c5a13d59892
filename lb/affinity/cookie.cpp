#include "lb/affinity/cookie.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace stickler::affinity {
namespace {

using std::chrono::seconds;

constexpr std::size_t tag_bytes = crypto_shorthash_siphashx24_BYTES;

// Of one version, which is its first byte.
struct Format {
  std::uint8_t version;
  std::size_t body_bytes;  // Before the tag.

  constexpr std::size_t bytes() const { return body_bytes + tag_bytes; }
  constexpr std::size_t chars() const { return bytes() / 3 * 4; }
};
constexpr Format plain{.version = 1, .body_bytes = 41};
constexpr Format with_home{.version = 2, .body_bytes = 50};
// No padding, no spare bits.
static_assert(plain.bytes() % 3 == 0 && plain.chars() == cookie_chars);
static_assert(with_home.bytes() % 3 == 0 && with_home.chars() == cookie_chars_with_home);

using Bytes = std::array<std::uint8_t, with_home.bytes()>;  // As many of them as the format has.
using Tag = std::array<std::uint8_t, tag_bytes>;

// Where the fields are; their order is the format.
struct Field {
  std::size_t at, size;
};
constexpr Field key_field{1, 2}, primary_field{3, 8}, backup_field{11, 8}, generation_field{19, 4}, issued_field{23, 5},
    last_seen_field{28, 5}, nonce_field{33, 8}, home_field{41, 8}, zero_field{49, 1};
static_assert(nonce_field.at + nonce_field.size == plain.body_bytes);
static_assert(zero_field.at + zero_field.size == with_home.body_bytes);

template <Field field>
void put(Bytes& bytes, std::uint64_t value) {
  for (std::size_t i = field.size; i > 0; --i, value >>= 8) bytes[field.at + i - 1] = static_cast<std::uint8_t>(value);
}

template <Field field>
std::uint64_t get(const Bytes& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < field.size; ++i) value = value << 8 | bytes[field.at + i];
  return value;
}

struct Sealing {
  const CookieKey& key;
  std::string_view pool;
};

Tag tag_of(const Bytes& bytes, const Format& format, const Sealing& sealing) {
  // SipHash wants its input in one piece, and a cookie must not cost an allocation. The length before the name keeps
  // a long name's hash from standing for a short name.
  constexpr std::size_t name_max = 64;
  constexpr std::uint8_t name_is_hashed = 0xff;
  const auto& [key, pool] = sealing;
  const std::size_t body_bytes = format.body_bytes;
  std::array<std::uint8_t, with_home.body_bytes + 1 + name_max> message;
  std::memcpy(message.data(), bytes.data(), body_bytes);
  std::uint8_t* name = message.data() + body_bytes + 1;
  std::size_t size = body_bytes + 1;
  if (pool.size() <= name_max) {
    message[body_bytes] = static_cast<std::uint8_t>(pool.size());
    std::memcpy(name, pool.data(), pool.size());
    size += pool.size();
  } else {
    message[body_bytes] = name_is_hashed;
    crypto_shorthash_siphashx24(name, reinterpret_cast<const std::uint8_t*>(pool.data()), pool.size(), key.tag.data());
    size += tag_bytes;
  }
  Tag tag;
  crypto_shorthash_siphashx24(tag.data(), message.data(), size, key.tag.data());
  return tag;
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t foreign = 0x80;  // No digit of the alphabet has this bit.

constexpr std::array<std::uint8_t, 256> digit_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(foreign);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

CookieText encode(const Bytes& bytes, const Format& format) {
  CookieText encoded;
  auto& text = encoded.chars;
  encoded.size = format.chars();
  for (std::size_t in = 0, out = 0; in < format.bytes(); in += 3, out += 4) {
    const unsigned group = static_cast<unsigned>(bytes[in] << 16 | bytes[in + 1] << 8 | bytes[in + 2]);
    text[out] = alphabet[group >> 18];
    text[out + 1] = alphabet[group >> 12 & 63];
    text[out + 2] = alphabet[group >> 6 & 63];
    text[out + 3] = alphabet[group & 63];
  }
  return encoded;
}

// Only the canonical text: no other length, character or padding. Requires: the length is that of a format.
std::optional<Bytes> decode(std::string_view text) {
  Bytes bytes;
  unsigned seen = 0;
  for (std::size_t in = 0, out = 0; in < text.size(); in += 4, out += 3) {
    unsigned group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const unsigned digit = digit_values[static_cast<std::uint8_t>(text[in + i])];
      seen |= digit;
      group = group << 6 | (digit & 63);
    }
    bytes[out] = static_cast<std::uint8_t>(group >> 16);
    bytes[out + 1] = static_cast<std::uint8_t>(group >> 8);
    bytes[out + 2] = static_cast<std::uint8_t>(group);
  }
  if ((seen & foreign) != 0) return std::nullopt;
  return bytes;
}

// nullptr: of none.
const Format* format_of(std::string_view text) {
  for (const Format* format : {&plain, &with_home}) {
    if (format->chars() == text.size()) return format;
  }
  return nullptr;
}

// What seal() would not have written is none of ours.
bool is_canonical(const Bytes& bytes, const Format& format) {
  if (bytes.front() != format.version) return false;
  return format.version == plain.version || (get<home_field>(bytes) != 0 && get<zero_field>(bytes) == 0);
}

// Requires: `unix` is at most clock_skew_max after `now`, so that it fits WallTime.
Duration age(std::int64_t unix, WallTime now) { return now - WallTime{seconds(unix)}; }

// The clock that judges may be ahead of the one that wrote. A quarter at most, so that short limits mean what they say.
Duration with_skew(Duration limit) { return limit + std::min<Duration>(clock_skew_max, limit / 4); }

Seal judge(const Binding& binding, const CookieRules& rules, WallTime now) {
  const std::int64_t latest = unix_seconds(now + clock_skew_max);
  if (binding.issued > latest || binding.last_seen > latest) return Seal::forged;
  const bool too_old = age(binding.issued, now) > with_skew(rules.ttl);
  const bool unused = age(binding.last_seen, now) > with_skew(rules.idle) + rules.idle / 4;
  return too_old || unused ? Seal::expired : Seal::ok;
}

}  // namespace

CookieText seal(const Binding& binding, const CookieKeys& keys, std::string_view pool) {
  const CookieKey& key = keys.signing();
  const Format& format = binding.home == 0 ? plain : with_home;
  Bytes bytes;
  bytes[0] = format.version;
  put<key_field>(bytes, key.id);
  put<primary_field>(bytes, binding.primary);
  put<backup_field>(bytes, binding.backup);
  put<generation_field>(bytes, binding.generation);
  put<issued_field>(bytes, static_cast<std::uint64_t>(binding.issued));
  put<last_seen_field>(bytes, static_cast<std::uint64_t>(binding.last_seen));
  put<nonce_field>(bytes, binding.nonce);
  if (binding.home != 0) {
    put<home_field>(bytes, binding.home);
    put<zero_field>(bytes, 0);
  }
  const Tag tag = tag_of(bytes, format, {key, pool});
  std::memcpy(bytes.data() + format.body_bytes, tag.data(), tag.size());
  return encode(bytes, format);
}

Opened open(std::string_view text, const CookieKeys& keys, const CookieRules& rules, WallTime now) {
  Opened opened;
  const Format* format = format_of(text);
  if (format == nullptr) return opened;
  const std::optional<Bytes> decoded = decode(text);
  if (!decoded || !is_canonical(*decoded, *format)) return opened;
  const Bytes& bytes = *decoded;

  const auto key_id = get<key_field>(bytes);
  for (std::size_t i = 0; i < keys.all().size(); ++i) {
    const CookieKey& key = keys.all()[i];
    if (key.id != key_id) continue;  // Two keys may share an id: the tag decides.
    const Tag tag = tag_of(bytes, *format, {key, rules.pool});
    if (crypto_verify_16(tag.data(), bytes.data() + format->body_bytes) != 0) continue;
    const Binding binding{.primary = get<primary_field>(bytes),
                          .backup = get<backup_field>(bytes),
                          .generation = static_cast<std::uint32_t>(get<generation_field>(bytes)),
                          .issued = static_cast<std::int64_t>(get<issued_field>(bytes)),
                          .last_seen = static_cast<std::int64_t>(get<last_seen_field>(bytes)),
                          .nonce = get<nonce_field>(bytes),
                          .home = format->version == with_home.version ? get<home_field>(bytes) : 0};
    opened.seal = judge(binding, rules, now);
    if (opened.seal == Seal::forged) return opened;
    opened.binding = binding;
    opened.key = i;
    return opened;
  }
  return opened;
}

bool needs_refresh(const Binding& binding, const CookieRules& rules, WallTime now) {
  return age(binding.last_seen, now) > rules.idle / 4;
}

bool was_silent(const Binding& binding, Duration idle, WallTime now) { return age(binding.last_seen, now) > idle / 2; }

std::int64_t unix_seconds(WallTime time) { return std::chrono::ceil<seconds>(time.time_since_epoch()).count(); }

}  // namespace stickler::affinity
