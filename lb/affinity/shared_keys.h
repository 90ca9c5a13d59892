// SharedKeys: how a learned session is called and sealed in a store that several balancers share. Immutable; any
// thread.
//
//   name   "stickler:POOL:" and 32 hexadecimal digits, the session's value as SipHash-2-4-128 has it with a secret key:
//          who reads the store learns no value that he could log in with
//   entry  "1 NODE TAG": the version, the node's name, and SipHash-2-4 over both and the entry's name: who writes to
//          the store cannot send a session to a node of his choice
//
// The keys come from the strings that the balancers have in common, as a cookie's do: the first writes, all read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stickler::affinity {

class SharedKeys {
 public:
  // Requires: configured is not empty.
  SharedKeys(std::span<const std::string> configured, std::string_view pool);

  static constexpr std::size_t writing = 0;  // Of the keys below.
  std::size_t size() const { return keys_.size(); }

  // Of the session with this value. Requires: key < size(), here and below.
  std::string name_of(std::string_view value, std::size_t key) const;
  std::string seal(std::string_view name, std::string_view node) const;
  // The node that stands in it, borrowed; nullopt: it is foreign, broken or of another version.
  std::optional<std::string_view> open(std::string_view entry, std::string_view name, std::size_t key) const;

 private:
  struct Key {
    std::array<std::uint8_t, 16> session{};
    std::array<std::uint8_t, 16> tag{};
  };

  static std::string tag_of(std::string_view sealed, std::string_view name, const Key& key);

  std::string prefix_;
  std::vector<Key> keys_;
};

}  // namespace stickler::affinity
