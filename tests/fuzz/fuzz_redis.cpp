// Any bytes as the answers of a Redis: they are read alike in whatever pieces they come, within the limits, and no
// entry that they bring opens unless it is the one that sealing its node writes.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/affinity/shared_keys.h"
#include "lb/redis/reply_reader.h"
#include "tests/fuzz/http_fuzz.h"

namespace {

using namespace stickler;
using stickler::fuzz::require;

const affinity::SharedKeys& keys() {
  static const std::string configured[] = {std::string(32, 'k'), std::string(40, 'l')};
  static const affinity::SharedKeys keys(configured, "pool");
  return keys;
}

void check_entry(std::string_view entry) {
  const std::string name = keys().name_of("session", 0);
  const auto node = keys().open(entry, name, 0);
  if (node) require(keys().seal(name, *node) == entry);
  require(!keys().open(entry, name, 1));
}

struct Read {
  std::vector<redis::Reply> replies;
  bool broke = false;
};

Read read(std::string_view bytes, std::size_t piece) {
  Read result;
  redis::ReplyReader reader;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    if (!reader.feed(part)) return result.broke = true, result;
    for (;;) {
      auto reply = reader.next();
      if (!reply) return result.broke = true, result;
      if (!*reply) break;
      result.replies.push_back(**std::move(reply));
    }
  }
  return result;
}

bool same(const redis::Reply& a, const redis::Reply& b) {
  return a.kind == b.kind && a.text == b.text && a.integer == b.integer && a.items == b.items;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Read whole = read(bytes, SIZE_MAX);
  const Read pieces = read(bytes, std::size_t{data[0]} % 16 + 1);
  require(whole.broke == pieces.broke);
  require(std::equal(whole.replies.begin(), whole.replies.end(), pieces.replies.begin(), pieces.replies.end(), same));
  for (const redis::Reply& reply : whole.replies) {
    require(reply.items.size() <= static_cast<std::size_t>(redis::ReplyReader::items_max));
    check_entry(reply.text);
    for (const auto& item : reply.items) {
      if (item) check_entry(*item);
    }
  }
  check_entry(bytes);
  return 0;
}
