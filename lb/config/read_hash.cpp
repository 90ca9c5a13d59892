#include <algorithm>

#include "lb/config/quote.h"
#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

constexpr Word<HashOn> plain_words[] = {
    {"client_ip", HashOn::client_ip}, {"path", HashOn::path}, {"uri", HashOn::uri}, {"sni", {}}};

// Where a word and a name stand: "header:NAME".
struct Named {
  std::string_view start;
  HashOn on;
};
constexpr Named named_words[] = {{"header:", HashOn::header}, {"cookie:", HashOn::cookie}};

void read_on(const Field& field, Hash& hash) {
  const auto given = text(field);
  if (!given) return;
  for (const Named& word : named_words) {
    if (!given->starts_with(word.start)) continue;
    hash.on = word.on;
    hash.name = given->substr(word.start.size());
    if (!is_token(hash.name)) field.reject("a name behind " + quoted(word.start));
    return;
  }
  const auto known = std::ranges::find(plain_words, *given, &Word<HashOn>::word);
  if (known == std::end(plain_words)) return field.reject("client_ip, path, uri, header:NAME, cookie:NAME or sni");
  if (!known->value) return field.not_available(known->word);
  hash.on = *known->value;
}

// Below 1 times the mean some request could go nowhere; at 1 hardly any keeps its backend.
double read_bounded_load(const Field& field) { return decimal_or_zero(field, {1.01, 100}); }

}  // namespace

Hash read_hash(const Field& field) {
  Hash hash;
  field.check_map();
  read_on(field["on"], hash);
  hash.table = choice(field["table"], hash.table, hash_table_words);
  hash.bounded_load = read_bounded_load(field["bounded_load"]);
  return hash;
}

}  // namespace stickler::config
