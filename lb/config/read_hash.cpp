#include <algorithm>

#include "lb/config/quote.h"
#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

bool takes_name(const Word<HashOn>& word) { return word.value == HashOn::header || word.value == HashOn::cookie; }

void read_on(const Field& field, Hash& hash) {
  const auto given = text(field);
  if (!given) return;
  const std::size_t colon = given->find(':');
  const auto known = std::ranges::find(hash_on_words, given->substr(0, colon), &Word<HashOn>::word);
  const bool named = colon != std::string::npos;
  if (known == std::end(hash_on_words) || takes_name(*known) != named) {
    return field.reject("client_ip, path, uri, header:NAME, cookie:NAME or sni");
  }
  if (!known->value) return field.not_available(known->word);
  hash.on = *known->value;
  if (!named) return;
  hash.name = given->substr(colon + 1);
  if (!is_token(hash.name)) field.reject("a name behind " + quoted(given->substr(0, colon + 1)));
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
