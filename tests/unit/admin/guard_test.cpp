#include "lb/admin/guard.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "lb/admin/token.h"
#include "lb/http/h1_parser.h"

namespace stickler::admin {
namespace {

// A head as the parser leaves it.
class Parsed {
 public:
  explicit Parsed(const std::string& fields) : bytes_("POST /x HTTP/1.1\r\n" + fields + "\r\n") {
    http::RequestParser parser(limits_, head_);
    std::string_view input = bytes_;
    REQUIRE(parser.next(input) == http::Event::head);
  }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  const http::RequestHead& head() const { return head_; }

 private:
  const http::HeadLimits limits_;
  std::string bytes_;
  http::RequestHead head_;
};

TEST_CASE("which hosts a loopback listener answers to") {
  struct Row {
    const char* host;
    bool accepted;
  };
  const Row rows[] = {
      {"localhost", true},
      {"localhost:9900", true},
      {"LocalHost:1", true},
      {"127.0.0.1", true},
      {"127.0.0.1:9900", true},
      {"127.8.9.1:80", true},
      {"[::1]", true},
      {"[::1]:9900", true},
      {"[::ffff:127.0.0.1]:80", true},
      {"example.com", false},
      {"localhost.evil.com", false},
      {"127.0.0.1.evil.com", false},
      {"127.evil.com:9900", false},
      {"0.0.0.0:9900", false},
      {"10.0.0.1:9900", false},
      {"[::2]:9900", false},
      {"localhostx", false},
      {"127.1", false},
  };
  for (const Row& row : rows) {
    INFO(row.host);
    const Parsed parsed("Host: " + std::string(row.host) + "\r\n");
    CHECK(!refuse_host(parsed.head(), Address::parse("127.0.0.1:9900").value()) == row.accepted);
    CHECK(!refuse_host(parsed.head(), Address::parse("[::1]:9900").value()) == row.accepted);
    CHECK(!refuse_host(parsed.head(), Address::parse("10.0.0.1:9900").value()));
    CHECK(!refuse_host(parsed.head(), Address::parse("unix:/run/admin").value()));
  }
}

TEST_CASE("which calls come from a page of another origin") {
  struct Row {
    const char* fields;
    bool accepted;
  };
  const Row rows[] = {
      {"", true},
      {"Origin: http://lb.example:9900\r\n", true},
      {"Origin: https://lb.example:9900\r\n", true},
      {"Origin: http://LB.example:9900\r\n", true},
      {"Sec-Fetch-Site: same-origin\r\n", true},
      {"Sec-Fetch-Site: none\r\n", true},
      {"Origin: http://lb.example:9900\r\nSec-Fetch-Site: same-origin\r\n", true},
      {"Origin: http://lb.example\r\n", false},
      {"Origin: http://lb.example:9901\r\n", false},
      {"Origin: http://evil.example\r\n", false},
      {"Origin: http://lb.example:9900.evil.example\r\n", false},
      {"Origin: null\r\n", false},
      {"Origin: file://lb.example:9900\r\n", false},
      {"Origin:\r\n", false},
      {"Sec-Fetch-Site: same-site\r\n", false},
      {"Sec-Fetch-Site: cross-site\r\n", false},
      {"sec-fetch-site: cross-site\r\n", false},
      {"Origin: http://lb.example:9900\r\nSec-Fetch-Site: cross-site\r\n", false},
      {"Origin: http://lb.example:9900\r\nOrigin: http://evil.example\r\n", false},
  };
  for (const Row& row : rows) {
    INFO(row.fields);
    const Parsed parsed("Host: lb.example:9900\r\n" + std::string(row.fields));
    CHECK(!refuse_change(parsed.head(), "") == row.accepted);
  }
}

TEST_CASE("which Authorization carries the token") {
  struct Row {
    const char* authorization;
    bool accepted;
  };
  const Row rows[] = {
      {"Bearer abc", true},     {"bearer abc", true},    {"BEARER   abc ", true}, {"Bearer abcd", false},
      {"Bearer ab", false},     {"Bearer abd", false},   {"Bearer ABC", false},   {"Bearer ", false},
      {"Bearer", false},        {"abc", false},          {"Basic abc", false},    {"", false},
      {"Bearer abcabc", false}, {"Bearer a b c", false},
  };
  for (const Row& row : rows) {
    INFO(row.authorization);
    CHECK(bears_token(row.authorization, "abc") == row.accepted);
    CHECK_FALSE(bears_token(row.authorization, ""));
  }
}

TEST_CASE("the token is the first line of its file, and a file without one is an error that names it") {
  std::string directory = std::filesystem::temp_directory_path() / "stickler-admin-XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  const std::string path = directory + "/token";
  struct Row {
    const char* content;
    const char* token;    // "": an error.
    const char* message;  // A part of it.
  };
  const Row rows[] = {
      {"abc", "abc", ""},
      {"abc\n", "abc", ""},
      {" \tabc \t\r\nsecond\n", "abc", ""},
      {"", "", "is empty"},
      {"\nabc\n", "", "first line"},
      {"  \n", "", "first line"},
      {"a b\n", "", "visible ASCII"},
      {"a\xc3\xa4\n", "", "visible ASCII"},
  };
  for (const Row& row : rows) {
    INFO('"' << row.content << '"');
    std::ofstream(path, std::ios::trunc) << row.content;
    const auto token = read_token(path);
    CHECK(token.has_value() == (*row.token != 0));
    if (token) CHECK(*token == row.token);
    if (!token) CHECK(token.error().message.find(row.message) != std::string::npos);
    if (!token) CHECK(token.error().message.find(path) != std::string::npos);
  }
  const auto none = read_token(directory + "/none");
  REQUIRE(!none);
  CHECK(none.error().message == "cannot read the token file '" + directory + "/none': No such file or directory");
  CHECK(!read_token(directory));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace stickler::admin
