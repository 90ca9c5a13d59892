#include "lb/cli/asked_request.h"

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace stickler::cli {
namespace {

// A file that goes with it.
class File {
 public:
  explicit File(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "stickler-request-XXXXXX").string();
    const int fd = mkstemp(pattern.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    path_ = pattern;
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_CASE("a URL becomes the head of a request") {
  struct Row {
    std::string url;
    std::vector<std::string> fields;
    std::string head;
  };
  const Row rows[] = {
      {"/", {}, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"/a?b=c#d", {}, "GET /a?b=c HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"http://a.example", {}, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"},
      {"HTTP://a.example:8080/x?y#z", {}, "GET /x?y HTTP/1.1\r\nHost: a.example:8080\r\n\r\n"},
      {"http://a.example?y", {}, "GET /?y HTTP/1.1\r\nHost: a.example\r\n\r\n"},
      {"https://a.example/x", {}, "GET /x HTTP/1.1\r\nHost: a.example:443\r\n\r\n"},
      {"https://[::1]/", {}, "GET / HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"},
      {"https://[::1]:9/", {}, "GET / HTTP/1.1\r\nHost: [::1]:9\r\n\r\n"},
      {"/", {"A: b", "Cookie: c=d"}, "GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\nCookie: c=d\r\n\r\n"},
      {"http://a/", {"hOST: b"}, "GET / HTTP/1.1\r\nhOST: b\r\n\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    CHECK(request_for_url(row.url, row.fields).value() == row.head);
  }
}

TEST_CASE("what is no URL or no header is refused, and it is said what was expected") {
  for (const char* url : {"", "a.example", "ftp://a/", "http://", "http:///x", "http://user@a/", "a/b"}) {
    CAPTURE(url);
    CHECK(request_for_url(url, {}).error().message ==
          "--get: expected http://HOST[:PORT]/PATH or /PATH, got '" + std::string(url) + "'");
  }
  for (const char* field : {"", "A", ": b", "A: b\r\nC: d", "A: b\n"}) {
    CAPTURE(field);
    CHECK(request_for_url("/", {field}).error().message.starts_with("--header: expected 'Name: value', got '"));
  }
  CHECK_FALSE(request_for_url("/x HTTP/1.1\r\nHost: b\r\n\r\n", {}));
}

TEST_CASE("a file is taken as it is, or with the ends of lines that an editor leaves out") {
  struct Row {
    std::string text;
    std::string head;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody"},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n"},
      {"GET / HTTP/1.1\nHost: a\n\nbody\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n"},
      {"GET / HTTP/1.1\nHost: a\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"GET / HTTP/1.1\nHost: a", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
  };
  for (const Row& row : rows) {
    const File file(row.text);
    CHECK(request_from_file(file.path()).value() == row.head);
  }
}

TEST_CASE("a file that cannot be a request is refused with the reason") {
  const File empty("");
  CHECK(request_from_file(empty.path()).error().message == "--request: " + empty.path() + " is empty");
  const File large(std::string((1U << 20) + 1, 'x'));
  CHECK(request_from_file(large.path()).error().message.find("more than 1 MiB") != std::string::npos);
  CHECK(request_from_file("/nonexistent/x").error().message ==
        "--request: cannot read /nonexistent/x: No such file or directory");
  CHECK(request_from_file("/").error().message == "--request: / is a directory");
}

}  // namespace
}  // namespace stickler::cli
