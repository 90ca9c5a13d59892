// The cookie of affinity: sealed, and opened again with the signing key.
#include <array>
#include <cstdlib>
#include <string>

#include "bench/micro/suite.h"
#include "lb/affinity/cookie.h"

namespace stickler::bench::micro {
namespace {

constexpr std::string_view pool = "login";
constexpr WallTime now{std::chrono::hours(24 * 365 * 54)};

// What both operations need.
struct Fixture {
  affinity::CookieKeys keys{std::array{std::string("a key that is at least 32 bytes long")}};
  affinity::Binding binding{.primary = keys.signing().node_id("a"),
                            .backup = keys.signing().node_id("b"),
                            .generation = 7,
                            .issued = affinity::unix_seconds(now) - 60,
                            .last_seen = affinity::unix_seconds(now) - 1,
                            .nonce = 0x0123456789abcdef};
};

class SealCookie {
 public:
  affinity::CookieText operator()() { return affinity::seal(fixture_.binding, fixture_.keys, pool); }

 private:
  Fixture fixture_;
};

class OpenCookie {
 public:
  affinity::Binding operator()() {
    const affinity::Opened opened = affinity::open(affinity::as_text(text_), fixture_.keys, rules_, now);
    if (opened.seal != affinity::Seal::ok) std::abort();  // A forged one would be measured.
    return opened.binding;
  }

 private:
  Fixture fixture_;
  affinity::CookieText text_ = affinity::seal(fixture_.binding, fixture_.keys, pool);
  affinity::CookieRules rules_{.pool = pool, .ttl = std::chrono::hours(8), .idle = std::chrono::minutes(30)};
};

}  // namespace

void add_cookies(Suite& suite) {
  suite.add<SealCookie>("cookie_seal");
  suite.add<OpenCookie>("cookie_open");
}

}  // namespace stickler::bench::micro
