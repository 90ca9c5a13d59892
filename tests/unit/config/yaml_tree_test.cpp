#include "lb/config/yaml_tree.h"

#include <catch2/catch.hpp>
#include <string>

#include "lb/config/source.h"

namespace stickler::config {
namespace {

TEST_CASE("a tree keeps the order, the places of keys and values, and keys that stand twice") {
  const Tree tree = parse_yaml("b: 1\na: [x, ]\nb: {c: 'd'}\n");
  REQUIRE_FALSE(tree.error);
  REQUIRE(tree.root.kind == Kind::map);
  const auto& entries = tree.root.entries;
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].key == "b");
  CHECK(entries[1].key == "a");
  CHECK(entries[1].at.line == 2);
  CHECK(entries[1].at.column == 1);
  REQUIRE(entries[1].value.items.size() == 1);
  CHECK(entries[1].value.items[0].at.column == 5);
  CHECK(entries[2].value.entries[0].value.text == "d");
}

TEST_CASE("an empty value is nothing, an empty text is a scalar") {
  const Tree tree = parse_yaml("a:\nb: ~\nc: null\nd: ''\n");
  REQUIRE(tree.root.entries.size() == 4);
  for (int i = 0; i < 3; ++i) CHECK(tree.root.entries[i].value.kind == Kind::nothing);
  CHECK(tree.root.entries[3].value.kind == Kind::scalar);
}

TEST_CASE("values are text: numbers and booleans keep their spelling") {
  const Tree tree = parse_yaml("[010, 1e3, yes, 0x10, 1:30]");
  std::string all;
  for (const Node& item : tree.root.items) all += item.text + " ";
  CHECK(all == "010 1e3 yes 0x10 1:30 ");
}

TEST_CASE("an alias is a copy of what it names") {
  const Tree tree = parse_yaml("a: &x {k: [1, 2]}\nb: *x\n");
  REQUIRE_FALSE(tree.error);
  CHECK(tree.root.entries[1].value.entries[0].value.items.size() == 2);
}

std::string laughs(int levels) {
  std::string text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < levels; ++i) {
    const std::string below = "*l" + std::to_string(i - 1);
    text += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" + below;
    for (int j = 1; j < 10; ++j) text += ", " + below;
    text += "]\n";
  }
  return text;
}

TEST_CASE("aliases of aliases end at the limit of values instead of in memory") {
  CHECK_FALSE(parse_yaml(laughs(3)).error);
  const Tree tree = parse_yaml(laughs(9));
  REQUIRE(tree.error);
  CHECK(tree.error->message == "more than 100000 values, aliases counted each time they are used");
}

TEST_CASE("aliases of a long text end at the limit of bytes") {
  std::string text = "a: &a " + std::string(100'000, 'x') + "\nb: [*a";
  for (int i = 0; i < 100; ++i) text += ", *a";
  const Tree tree = parse_yaml(text + "]\n");
  REQUIRE(tree.error);
  CHECK(tree.error->message == "the texts of all aliases together are too long");
}

TEST_CASE("nesting ends at a limit, whether written or made of aliases") {
  CHECK_FALSE(parse_yaml(std::string(60, '[') + std::string(60, ']')).error);
  for (const int depth : {70, 400, 600, 100'000}) {
    CAPTURE(depth);
    const Tree tree = parse_yaml(std::string(depth, '[') + std::string(depth, ']'));
    REQUIRE(tree.error);
    CHECK(tree.error->message == "nested too deeply");
  }
  std::string text = "a0: &a0 x\n";
  for (int i = 1; i < 100; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  REQUIRE(parse_yaml(text).error);
  CHECK(parse_yaml(text).error->message == "nested too deeply");
}

TEST_CASE("what was read before a syntax error stays, the containers closed") {
  const Tree tree = parse_yaml("a: 1\nb:\n  c: [2, [3, 4], @\n");
  REQUIRE(tree.error);
  CHECK(tree.error->at.line == 3);
  REQUIRE(tree.root.entries.size() == 2);
  REQUIRE(tree.root.entries[1].value.entries.size() == 1);
  const Node& list = tree.root.entries[1].value.entries[0].value;
  REQUIRE(list.items.size() == 2);
  CHECK(list.items[1].items.size() == 2);
  REQUIRE(tree.open_bracket);
  CHECK(tree.open_bracket->column == 6);
}

TEST_CASE("a place is given in characters, whatever they weigh") {
  const Source source("a: \xc3\xa4\xe2\x82\xac: b\n");
  CHECK(source.in_characters({1, 4}).column == 4);
  CHECK(source.in_characters({1, 9}).column == 6);
  CHECK(source.in_characters({1, 40}).column == 37);
  CHECK(source.in_characters({9, 3}).column == 3);
}

TEST_CASE("an excerpt is one line, cut, and empty where there is none") {
  const std::string text = "first\r\n\n" + std::string(300, 'x') + "\nlast";
  const Source source(text);
  CHECK(source.excerpt({1, 1}) == "first");
  CHECK(source.excerpt({2, 1}).empty());
  CHECK(source.excerpt({3, 1}) == std::string(200, 'x') + "...");
  CHECK(source.excerpt({4, 1}) == "last");
  CHECK(source.excerpt({5, 1}).empty());
  CHECK(source.excerpt({0, 0}).empty());
}

TEST_CASE("bytes that are no text are found by line and byte") {
  struct Row {
    std::string text;
    std::uint32_t column;
    std::string_view message;
  };
  const std::string utf8 = "not UTF-8; save the file as UTF-8";
  const std::vector<Row> rows = {{std::string("ab\0c", 4), 3, "a NUL byte; is this a text file?"},
                                 {"a\x1b[1m", 2, "a control character"},
                                 {"a\rb", 2, "a control character"},
                                 {"a\xc2\x85", 2, "a control character"},
                                 {"\xff\xfe"
                                  "a",
                                  1, utf8},
                                 {"a\xc3", 2, utf8},
                                 {"\xc0\xaf", 1, utf8},
                                 {"\xe0\x80\xaf", 1, utf8},
                                 {"\xed\xa0\x80", 1, utf8},
                                 {"\xf4\x90\x80\x80", 1, utf8},
                                 {"\xf8\x88\x80\x80\x80", 1, utf8}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::string text = "fine\n" + row.text + "\n";
    const auto found = Source(text).find_foreign_byte();
    REQUIRE(found);
    CHECK(found->at.line == 2);
    CHECK(found->at.column == row.column);
    CHECK(found->message == row.message);
  }
  CHECK_FALSE(Source("a\tb\r\n\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n").find_foreign_byte());
}

}  // namespace
}  // namespace stickler::config
