#include "backend_stub/page.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace stickler::stub::test {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("without a session the page is a form that needs no script") {
  const std::string html = page({.node = "a", .store = "memory", .anybody = true});
  CHECK(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
  CHECK(has(html, R"(<form method="post" action="/login">)"));
  CHECK(has(html, "the password is the user name"));
  CHECK_FALSE(has(html, "<script"));
  CHECK_FALSE(has(html, "/logout"));
  CHECK_FALSE(has(html, "role=\"alert\""));
  CHECK_FALSE(has(page({.node = "a", .store = "memory", .anybody = false}), "the password is the user name"));
}

TEST_CASE("every input has its label, a name and an autocomplete for password stores") {
  const std::string html = page({.node = "a", .store = "memory"});
  for (const std::string name : {"user", "password"}) {
    const std::string quoted = '"' + name + '"';
    CHECK(has(html, "<label for=" + quoted + ">"));
    CHECK(has(html, std::string("id=").append(quoted).append(" name=").append(quoted)));
  }
  CHECK(has(html, R"(autocomplete="username")"));
  CHECK(has(html, R"(type="password" autocomplete="current-password")"));
  CHECK(count(html, "<input") == count(html, "<label"));
}

TEST_CASE("the page follows the reader's choice of light and dark") {
  const std::string html = page({.node = "a", .store = "memory"});
  CHECK(has(html, "color-scheme: light dark"));
  CHECK(has(html, "@media (prefers-color-scheme: dark)"));
}

TEST_CASE("with a session the page shows user, node, visits and store, and what can be done") {
  const Me me{.user = "eve", .visits = 3, .version = 4, .backup = "b"};
  const std::string html = page({.node = "a", .store = "memory", .me = &me});
  for (const std::string_view row :
       {"<dt>User</dt><dd>eve</dd>", "<dt>Node</dt><dd>a</dd>", "<dt>Visits</dt><dd>3</dd>",
        "<dt>Backup</dt><dd>b</dd>", "<dt>Session store</dt><dd>memory</dd>"}) {
    CHECK(has(html, row));
  }
  CHECK(has(html, R"(<form method="post" action="/visit">)"));
  CHECK(has(html, R"(<form method="post" action="/logout">)"));
  CHECK_FALSE(has(html, "/login"));
  const Me alone{.user = "eve", .visits = 0, .version = 1, .backup = ""};
  CHECK_FALSE(has(page({.node = "a", .store = "memory", .me = &alone}), "Backup"));
}

TEST_CASE("what a user wrote is text, not markup") {
  const Me me{.user = "<script>alert(\"x\")</script>&amp;", .visits = 0, .version = 1, .backup = ""};
  const std::string html = page({.node = "a", .store = "memory", .me = &me, .error = "<b>no</b>"});
  CHECK(has(html, "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;"));
  CHECK(has(html, "&lt;b&gt;no&lt;/b&gt;"));
  CHECK_FALSE(has(html, "<script"));
  CHECK_FALSE(has(html, "<b>"));
}

TEST_CASE("an error is a sentence that screen readers announce") {
  const std::string html = page({.node = "a", .store = "memory", .error = "the node is full"});
  CHECK(has(html, R"(<p class="error" role="alert">The node is full.</p>)"));
}

TEST_CASE("elements that are opened are closed") {
  const Me me{.user = "eve", .visits = 1, .version = 2, .backup = "b"};
  for (const std::string& html :
       {page({.node = "a", .store = "memory", .error = "x"}), page({.node = "a", .store = "memory", .me = &me})}) {
    for (const std::string name : {"html", "head", "body", "main", "form", "dl", "dt", "dd", "div", "p", "label",
                                   "button", "style", "title", "h1"}) {
      INFO(name);
      CHECK(count(html, "<" + name + ">") + count(html, "<" + name + " ") == count(html, "</" + name + ">"));
    }
  }
}

}  // namespace
}  // namespace stickler::stub::test
