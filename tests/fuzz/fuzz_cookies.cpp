// Any Cookie value: taking one cookie out leaves none of it, and leaves the others as they were.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/bytes.h"
#include "lb/http/cookie.h"
#include "lb/http/head_scan.h"
#include "tests/fuzz/http_fuzz.h"

namespace {

using namespace stickler;
using namespace stickler::http;
using namespace stickler::fuzz;

struct Pair {
  std::string name;
  std::string text;  // Without the blanks around it.
};

// As a browser would say it: between semicolons, the name before the first '='.
std::vector<Pair> pairs_of(std::string_view value) {
  std::vector<Pair> pairs;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(';'), value.size());
    const std::string_view text = trim_blanks(value.substr(0, end));
    if (!text.empty()) pairs.push_back({std::string(trim_blanks(text.substr(0, text.find('=')))), std::string(text)});
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return pairs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input(data, size);
  const std::string name = input.chosen(0) ? "s" : "STICKLER";
  const std::string head_text = "GET / HTTP/1.1\r\nHost: h\r\nCookie: " + std::string(input.text()) + "\r\n\r\n";
  RequestHead head;
  const ScanResult scan = scan_request(head_text, {}, head);
  if (scan.outcome != ScanResult::Outcome::complete || scan.size != head_text.size() || head.size() != 2) return 0;
  const std::string_view value = head.value(1);

  const std::vector<Pair> before = pairs_of(value);
  std::size_t count = 0;
  for (const Pair& pair : before) count += pair.name == name ? 1 : 0;
  const FoundCookie found = find_cookie(head, name);
  require(found.count == count && found.value.has_value() == (count > 0));
  require(has_cookie(value, name) == (count > 0));

  std::string left;
  Output out(left, 0);
  const bool any = put_without_cookie(out, value, name);
  out.finish();
  require(any == (before.size() > count) && any == !left.empty());
  require(!has_cookie(left, name));
  const std::vector<Pair> after = pairs_of(left);
  require(after.size() + count == before.size());
  std::size_t kept = 0;
  for (const Pair& pair : before) {
    if (pair.name != name) require(after[kept++].text == pair.text);
  }

  // A node prefix goes from the cookies of that name alone, and comes back as it was.
  std::string unprefixed;
  Output stripped(unprefixed, 0);
  put_without_node_prefix(stripped, value, name);
  stripped.finish();
  const std::vector<Pair> shorter = pairs_of(unprefixed);
  require(shorter.size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string& was = before[i].text;
    require(shorter[i].name == before[i].name);
    require(before[i].name == name ? was.size() >= shorter[i].text.size() : was == shorter[i].text);
  }
  std::string prefixed;
  Output put(prefixed, 0);
  put_with_node_prefix(put, value, name, "node");
  put.finish();
  if (prefixed != value) {
    const std::string_view pair = std::string_view(prefixed).substr(0, prefixed.find(';'));
    std::string back;
    Output again(back, 0);
    put_without_node_prefix(again, pair, name);
    again.finish();
    require(back == value.substr(0, value.find(';')));
  }
  return 0;
}
