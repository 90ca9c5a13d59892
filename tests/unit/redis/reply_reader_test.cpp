#include "lb/redis/reply_reader.h"

#include <catch2/catch.hpp>
#include <string>

namespace stickler::redis {
namespace {

using Kind = Reply::Kind;

struct Read {
  std::vector<Reply> replies{};
  std::string error{};
};

// In pieces of this many bytes.
Read read(std::string_view bytes, std::size_t piece = SIZE_MAX) {
  ReplyReader reader;
  Read result;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    if (const auto fed = reader.feed(part); !fed) return result.error = fed.error().message, result;
    for (;;) {
      const auto reply = reader.next();
      if (!reply) return result.error = reply.error().message, result;
      if (!*reply) break;
      result.replies.push_back(**reply);
    }
  }
  return result;
}

TEST_CASE("replies are read whole, however they arrive") {
  const std::string bytes =
      "+OK\r\n-ERR no\r\n:-42\r\n$-1\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n*3\r\n$1\r\nx\r\n$-1\r\n:7\r\n*0\r\n+PONG\r\n";
  for (const std::size_t piece : {SIZE_MAX, std::size_t{1}, std::size_t{3}, std::size_t{7}}) {
    CAPTURE(piece);
    const Read result = read(bytes, piece);
    CHECK(result.error.empty());
    REQUIRE(result.replies.size() == 9);
    CHECK(result.replies[0].is_ok());
    CHECK(result.replies[1].kind == Kind::error);
    CHECK(result.replies[1].text == "ERR no");
    CHECK(result.replies[2].kind == Kind::integer);
    CHECK(result.replies[2].integer == -42);
    CHECK(result.replies[3].kind == Kind::nil);
    CHECK(result.replies[4].kind == Kind::text);
    CHECK(result.replies[4].text == "a\r\nbc");
    CHECK(result.replies[5].kind == Kind::text);
    CHECK(result.replies[5].text.empty());
    CHECK(result.replies[6].kind == Kind::list);
    CHECK(result.replies[6].items == std::vector<std::optional<std::string>>{"x", std::nullopt, "7"});
    CHECK(result.replies[7].kind == Kind::list);
    CHECK(result.replies[7].items.empty());
    CHECK(result.replies[8].kind == Kind::status);
    CHECK_FALSE(result.replies[8].is_ok());
  }
}

TEST_CASE("what Redis would not say is an error, and so is what would take memory without end") {
  const std::string long_line(ReplyReader::unread_bytes_max + 1, 'x');
  std::string large_items = "*64\r\n";
  for (int i = 0; i < 64; ++i) large_items += "$2000\r\n" + std::string(2000, 'x') + "\r\n";
  struct Row {
    const char* what;
    std::string bytes;
    std::string error;
  };
  const Row rows[] = {
      {"another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n", "protocol"},
      {"a greeting", "220 mail.example.com ESMTP\r\n", "protocol"},
      {"a list in a list", "*1\r\n*1\r\n$1\r\nx\r\n", "protocol"},
      {"a list of too many", "*1025\r\n", "protocol"},
      {"a list of very many", "*2147483647\r\n", "protocol"},
      {"a list of more than there are numbers", "*99999999999999999999\r\n", "protocol"},
      {"a length that is none", "$x\r\n", "protocol"},
      {"a line without an end", "+" + long_line, "too long"},
      {"a text without an end", "$2147483647\r\n" + long_line, "too long"},
      {"items that are large together", large_items, "protocol"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const Read result = read(row.bytes, 16'384);
    CHECK(result.replies.empty());
    CHECK(result.error.find(row.error) != std::string::npos);
  }
}

TEST_CASE("a reply before the nonsense is still read") {
  const Read result = read("+OK\r\nnonsense\r\n");
  CHECK(result.replies.size() == 1);
  CHECK_FALSE(result.error.empty());
}

}  // namespace
}  // namespace stickler::redis
