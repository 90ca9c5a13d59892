#include "backend_stub/passwords.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

namespace stickler::stub {
namespace {

constexpr PasswordCost costs[] = {
    {"off", "no hash; for load tests", 0, 0},
    {"low", "19 MiB, 2 passes: the least that OWASP recommends", 2, 19 << 20},
    {"interactive", "64 MiB, 2 passes", crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE},
    {"moderate", "256 MiB, 3 passes", crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE},
    {"sensitive", "1 GiB, 4 passes", crypto_pwhash_OPSLIMIT_SENSITIVE, crypto_pwhash_MEMLIMIT_SENSITIVE},
};

// libsodium answers -1 for a wrong password and for a lack of memory alike, but sets errno for the latter.
PasswordVerdict check_hash(const Users::Found& found, const std::string& password) {
  errno = 0;
  const std::string hash(found.hash);
  if (crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0) {
    return found.known ? PasswordVerdict::right : PasswordVerdict::wrong;
  }
  return errno == ENOMEM ? PasswordVerdict::no_memory : PasswordVerdict::wrong;
}

// What verifying a stored hash would cost.
bool spend(const PasswordCost& cost, const Credentials& credentials) {
  std::array<unsigned char, crypto_pwhash_SALTBYTES> salt;
  crypto_generichash(salt.data(), salt.size(), reinterpret_cast<const unsigned char*>(credentials.user.data()),
                     credentials.user.size(), nullptr, 0);
  std::array<unsigned char, 32> key;
  return crypto_pwhash(key.data(), key.size(), credentials.password.data(), credentials.password.size(), salt.data(),
                       cost.passes, cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

}  // namespace

std::span<const PasswordCost> password_costs() { return costs; }

const PasswordCost* find_password_cost(std::string_view name) {
  const auto* found = std::ranges::find(costs, name, &PasswordCost::name);
  return found == std::end(costs) ? nullptr : found;
}

Result<std::string> hash_password(const std::string& password, const PasswordCost& cost) {
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), cost.passes, cost.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail("there is not enough memory for a hash of cost '" + std::string(cost.name) + "'");
  }
  return std::string(hash.data());
}

PasswordVerdict check_password(const PasswordRules& rules, const Credentials& credentials) {
  if (rules.users) return check_hash(rules.users->find(credentials.user), credentials.password);
  if (rules.cost.passes > 0 && !spend(rules.cost, credentials)) return PasswordVerdict::no_memory;
  return credentials.user == credentials.password ? PasswordVerdict::right : PasswordVerdict::wrong;
}

Passwords::Passwords(io::Loop& loop, PasswordRules rules, const io::WorkLimits& limits)
    : rules_(std::make_shared<const PasswordRules>(std::move(rules))), queue_(loop, limits) {}

void Passwords::check(Credentials credentials, const OnVerdict& done) {
  if (!rules_->users && rules_->cost.passes == 0) return done(check_password(*rules_, credentials));
  struct Check {
    std::shared_ptr<const PasswordRules> rules;
    Credentials credentials;
    PasswordVerdict verdict = PasswordVerdict::wrong;
  };
  const auto check = std::make_shared<Check>(Check{.rules = rules_, .credentials = std::move(credentials)});
  const bool accepted =
      queue_.submit({.work = [check] { check->verdict = check_password(*check->rules, check->credentials); },
                     .done = [check, done] { done(check->verdict); }});
  if (!accepted) done(PasswordVerdict::busy);
}

}  // namespace stickler::stub
