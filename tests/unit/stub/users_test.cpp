#include "backend_stub/users.h"

#include <sodium.h>

#include <catch2/catch.hpp>

#include "backend_stub/passwords.h"

namespace stickler::stub::test {
namespace {

std::string cheap_hash(const std::string& password) {
  const PasswordCost cheap{
      .name = "cheap", .what = "", .passes = crypto_pwhash_OPSLIMIT_MIN, .memory_bytes = crypto_pwhash_MEMLIMIT_MIN};
  return *hash_password(password, cheap);
}

TEST_CASE("users are a name and a hash a line; comments and empty lines are skipped") {
  const std::string eve = cheap_hash("1");
  const std::string bob = cheap_hash("2");
  const auto users = Users::parse("# people\n\neve " + eve + "\r\n  Bob the builder\t " + bob + "  \n", "u");
  REQUIRE(users);
  CHECK(users->size() == 2);
  CHECK(users->find("eve").hash == eve);
  CHECK(users->find("eve").known);
  CHECK(users->find("Bob the builder").hash == bob);
}

TEST_CASE("an unknown user gets a hash to spend time on, and stays unknown") {
  const auto users = Users::parse("eve " + cheap_hash("1"), "u");
  REQUIRE(users);
  CHECK_FALSE(users->find("Eve").known);
  CHECK(users->find("Eve").hash == users->find("eve").hash);
}

TEST_CASE("every bad line of a users file is named with its number") {
  const std::string hash = cheap_hash("1");
  const auto users = Users::parse(
      "eve " + hash + "\nbob\nbob secret\neve " + hash + "\n\x01x " + hash + "\nx " + hash.substr(0, 40), "u");
  REQUIRE_FALSE(users);
  const std::string& message = users.error().message;
  INFO(message);
  CHECK(message.find("u:1:") == std::string::npos);
  for (const char* line : {"u:2: expected NAME HASH", "u:3: expected NAME HASH", "u:4: this user stands there twice",
                           "u:5: the user name has a control character", "u:6: expected NAME HASH"}) {
    CHECK(message.find(line) != std::string::npos);
  }
}

TEST_CASE("a file that lets nobody in, and one that is not there, are errors") {
  CHECK_FALSE(Users::parse("# nobody\n", "u"));
  const auto missing = Users::read("/nonexistent/users");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("/nonexistent/users") != std::string::npos);
}

TEST_CASE("a user name is 1 to 64 bytes without control characters") {
  CHECK(flaw_of_user_name("eve").empty());
  CHECK(flaw_of_user_name("J\xC3\xBCrgen <3 & \"x\"").empty());
  CHECK(flaw_of_user_name(std::string(64, 'x')).empty());
  CHECK_FALSE(flaw_of_user_name(std::string(65, 'x')).empty());
  CHECK_FALSE(flaw_of_user_name("").empty());
  CHECK_FALSE(flaw_of_user_name("a\nb").empty());
  CHECK_FALSE(flaw_of_user_name(std::string("a\0b", 3)).empty());
  CHECK_FALSE(flaw_of_user_name("a\x7f").empty());
}

}  // namespace
}  // namespace stickler::stub::test
