#include "backend_stub/passwords.h"

#include <sodium.h>

#include "tests/unit/service/client.h"

namespace stickler::stub::test {
namespace {

using service::test::run_until;

constexpr PasswordCost cheap{
    .name = "cheap", .what = "", .passes = crypto_pwhash_OPSLIMIT_MIN, .memory_bytes = crypto_pwhash_MEMLIMIT_MIN};

PasswordRules for_anybody(const PasswordCost& cost) { return {.cost = cost, .users = std::nullopt}; }

PasswordRules for_users() {
  PasswordRules rules = for_anybody(cheap);
  rules.users =
      *Users::parse("eve " + *hash_password("secret", cheap) + "\nbob " + *hash_password("bob", cheap) + "\n", "u");
  return rules;
}

TEST_CASE("without users, the password is the user name, with a hash and without") {
  for (const PasswordCost& cost : {*find_password_cost("off"), cheap}) {
    INFO(cost.name);
    const PasswordRules rules = for_anybody(cost);
    CHECK(check_password(rules, {"eve", "eve"}) == PasswordVerdict::right);
    CHECK(check_password(rules, {"eve", "Eve"}) == PasswordVerdict::wrong);
    CHECK(check_password(rules, {"eve", ""}) == PasswordVerdict::wrong);
  }
}

TEST_CASE("with users, the password is the one of the hash") {
  const PasswordRules rules = for_users();
  CHECK(check_password(rules, {"eve", "secret"}) == PasswordVerdict::right);
  CHECK(check_password(rules, {"eve", "eve"}) == PasswordVerdict::wrong);
  CHECK(check_password(rules, {"bob", "bob"}) == PasswordVerdict::right);
  CHECK(check_password(rules, {"bob", "secret"}) == PasswordVerdict::wrong);
}

TEST_CASE("an unknown user is wrong, also with the password of the one whose hash stands in") {
  const PasswordRules rules = for_users();
  CHECK(check_password(rules, {"mallory", "secret"}) == PasswordVerdict::wrong);
  CHECK(check_password(rules, {"mallory", "bob"}) == PasswordVerdict::wrong);
  CHECK(check_password(rules, {"mallory", "mallory"}) == PasswordVerdict::wrong);
}

TEST_CASE("a hash that does not fit into memory is no wrong password") {
  const PasswordCost vast{.name = "vast", .what = "", .passes = 1, .memory_bytes = crypto_pwhash_MEMLIMIT_MAX};
  CHECK(check_password(for_anybody(vast), {"eve", "eve"}) == PasswordVerdict::no_memory);
  CHECK_FALSE(hash_password("x", vast));
}

TEST_CASE("a hash has the cost that was asked for, and a new salt each time") {
  for (const PasswordCost& cost : password_costs()) {
    if (cost.passes == 0 || cost.memory_bytes > (64 << 20)) continue;
    INFO(cost.name);
    const auto hash = hash_password("secret", cost);
    REQUIRE(hash);
    CHECK(hash->starts_with("$argon2id$v=19$m=" + std::to_string(cost.memory_bytes / 1024) +
                            ",t=" + std::to_string(cost.passes) + ","));
    CHECK(crypto_pwhash_str_needs_rehash(hash->c_str(), cost.passes, cost.memory_bytes) == 0);
  }
  CHECK(*hash_password("secret", cheap) != *hash_password("secret", cheap));
}

TEST_CASE("costs rise with their names") {
  const PasswordCost* before = find_password_cost("off");
  for (const std::string_view name : {"low", "interactive", "moderate", "sensitive"}) {
    const PasswordCost* cost = find_password_cost(name);
    REQUIRE(cost != nullptr);
    CHECK(cost->memory_bytes > before->memory_bytes);
    CHECK(cost->passes >= before->passes);
    before = cost;
  }
  CHECK(find_password_cost("high") == nullptr);
}

TEST_CASE("a check runs beside the loop, and tells its verdict on it") {
  io::Loop loop;
  Passwords passwords(loop, for_users(), {.running_max = 1, .waiting_max = 8});
  std::vector<PasswordVerdict> verdicts;
  const auto keep = [&](PasswordVerdict verdict) { verdicts.push_back(verdict); };
  passwords.check({"eve", "secret"}, keep);
  passwords.check({"eve", "wrong"}, keep);
  CHECK(verdicts.empty());
  CHECK(passwords.running() == 1);
  CHECK(passwords.waiting() == 1);
  run_until(loop, [&] { return verdicts.size() == 2; });
  CHECK(verdicts == std::vector{PasswordVerdict::right, PasswordVerdict::wrong});
}

TEST_CASE("when too many checks wait, the next is told so at once") {
  io::Loop loop;
  Passwords passwords(loop, for_anybody(cheap), {.running_max = 1, .waiting_max = 2});
  std::vector<PasswordVerdict> verdicts;
  const auto keep = [&](PasswordVerdict verdict) { verdicts.push_back(verdict); };
  for (int i = 0; i < 4; ++i) passwords.check({"eve", "eve"}, keep);
  CHECK(verdicts == std::vector{PasswordVerdict::busy});
  run_until(loop, [&] { return verdicts.size() == 4; });
  CHECK(verdicts ==
        std::vector{PasswordVerdict::busy, PasswordVerdict::right, PasswordVerdict::right, PasswordVerdict::right});
}

TEST_CASE("without a hash to compute nobody waits") {
  io::Loop loop;
  Passwords passwords(loop, for_anybody(*find_password_cost("off")), {.running_max = 1, .waiting_max = 0});
  int right = 0;
  for (int i = 0; i < 10; ++i) {
    passwords.check({"eve", "eve"},
                    [&](PasswordVerdict verdict) { right += verdict == PasswordVerdict::right ? 1 : 0; });
  }
  CHECK(right == 10);
}

TEST_CASE("a verdict does not come after the end of who asked for it") {
  int told = 0;
  {
    io::Loop loop;  // Waits for what runs before it ends.
    Passwords passwords(loop, for_anybody(cheap), {.running_max = 1, .waiting_max = 8});
    for (int i = 0; i < 3; ++i) passwords.check({"eve", "eve"}, [&](PasswordVerdict) { ++told; });
  }
  CHECK(told == 0);
}

}  // namespace
}  // namespace stickler::stub::test
