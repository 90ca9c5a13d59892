// Any text as our cookie: what opens is exactly what sealing its binding writes; everything else is forged.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "lb/affinity/cookie.h"
#include "tests/fuzz/http_fuzz.h"

namespace {

using namespace stickler;
using namespace stickler::affinity;
using stickler::fuzz::require;

const CookieKeys& keys() {
  static const std::string configured[] = {std::string(32, 'k'), std::string(40, 'l')};
  static const CookieKeys keys(configured);
  return keys;
}

constexpr std::int64_t now_seconds = 1'700'000'000;
constexpr WallTime now{std::chrono::seconds(now_seconds)};
const CookieRules rules{.pool = "pool", .ttl = std::chrono::hours(8), .idle = std::chrono::minutes(30)};

// A binding made of the input's bytes, near the present so that some are good and some expired.
Binding binding_of(const std::uint8_t* data, std::size_t size) {
  std::array<std::uint8_t, 32> bytes{};
  std::memcpy(bytes.data(), data, std::min(size, bytes.size()));
  const auto word = [&](std::size_t at) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    return value;
  };
  return {.primary = word(0),
          .backup = word(8),
          .generation = static_cast<std::uint32_t>(word(16)),
          .issued = now_seconds - static_cast<std::int64_t>(bytes[20] * 256),
          .last_seen = now_seconds - static_cast<std::int64_t>(bytes[21] * 16),
          .nonce = word(24),
          .home = bytes[22] % 2 == 0 ? 0 : word(4)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Opened opened = open(text, keys(), rules, now);
  if (opened.seal != Seal::forged && opened.key == 0)
    require(as_text(seal(opened.binding, keys(), rules.pool)) == text);

  const Binding binding = binding_of(data, size);
  CookieText sealed = seal(binding, keys(), rules.pool);
  const Opened again = open(as_text(sealed), keys(), rules, now);
  require(again.seal != Seal::forged && again.binding == binding);
  require(open(as_text(sealed), keys(), {.pool = "loop", .ttl = rules.ttl, .idle = rules.idle}, now).seal ==
          Seal::forged);
  if (size < 2) return 0;
  // One changed character is enough.
  char& c = sealed.chars[data[0] % sealed.size];
  const char before = c;
  c = static_cast<char>(data[1]);
  if (c != before) require(open(as_text(sealed), keys(), rules, now).seal == Seal::forged);
  return 0;
}
