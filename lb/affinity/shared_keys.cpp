#include "lb/affinity/shared_keys.h"

#include <sodium.h>

#include <cassert>

#include "lb/affinity/master_key.h"
#include "lb/base/bytes.h"

namespace stickler::affinity {
namespace {

constexpr std::string_view version = "1 ";
constexpr std::size_t tag_chars = 16;

std::uint64_t number_of(const std::uint8_t* bytes) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | bytes[i];
  return number;
}

}  // namespace

SharedKeys::SharedKeys(std::span<const std::string> configured, std::string_view pool)
    : prefix_("stickler:" + std::string(pool) + ":") {
  assert(!configured.empty());
  [[maybe_unused]] const int started = sodium_init();
  assert(started >= 0);
  for (const std::string& text : configured) {
    const MasterKey master = master_key(text);
    keys_.push_back({.session = derive<16>(master, "stickler table 1: session"),
                     .tag = derive<16>(master, "stickler table 1: tag")});
  }
}

std::string SharedKeys::name_of(std::string_view value, std::size_t key) const {
  assert(key < keys_.size());
  std::array<std::uint8_t, crypto_shorthash_siphashx24_BYTES> hash{};
  crypto_shorthash_siphashx24(hash.data(), bytes_of(value), value.size(), keys_[key].session.data());
  return prefix_ + hex(number_of(hash.data())) + hex(number_of(hash.data() + 8));
}

std::string SharedKeys::tag_of(std::string_view sealed, std::string_view name, const Key& key) {
  const std::string text = std::string(sealed) + std::string(name);
  std::array<std::uint8_t, crypto_shorthash_siphash24_BYTES> hash{};
  crypto_shorthash_siphash24(hash.data(), bytes_of(text), text.size(), key.tag.data());
  return hex(number_of(hash.data()));
}

std::string SharedKeys::seal(std::string_view name, std::string_view node) const {
  const std::string sealed = std::string(version) + std::string(node) + " ";
  return sealed + tag_of(sealed, name, keys_[writing]);
}

std::optional<std::string_view> SharedKeys::open(std::string_view entry, std::string_view name, std::size_t key) const {
  assert(key < keys_.size());
  const std::size_t around = version.size() + 1 + tag_chars;
  if (!entry.starts_with(version) || entry.size() <= around) return std::nullopt;
  const std::string_view sealed = entry.substr(0, entry.size() - tag_chars);
  const std::string tag = tag_of(sealed, name, keys_[key]);
  const bool is_ours = sodium_memcmp(tag.data(), entry.data() + sealed.size(), tag_chars) == 0;
  if (!is_ours || !sealed.ends_with(' ')) return std::nullopt;
  return sealed.substr(version.size(), sealed.size() - version.size() - 1);
}

}  // namespace stickler::affinity
