// Which session of the application a request is of, where pools are sticky by the application's own cookie or header.
// Any thread; what is learned is shared by the workers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lb/affinity/app_key.h"
#include "lb/affinity/learned_table.h"
#include "lb/affinity/shared_table.h"
#include "lb/base/clock.h"
#include "lb/http/message.h"

namespace stickler::proxy {

struct EpochPool;

struct AppSessionSource {
  enum class How : std::uint8_t {
    route_suffix,    // The cookie's value ends in the node's name.
    prefix,          // It begins with it, which Stickler puts there and takes away.
    learned_cookie,  // Of whoever set it, which the table knows.
    learned_header,  // Of whoever answered the first request with it.
    hashed_header,   // Of the node that its hash is nearest to.
  };

  How how = How::route_suffix;
  std::string name;         // Of the cookie, or of the header, whatever its case.
  bool in_paths = false;    // A path parameter of that name may have the value, where clients take no cookies.
  std::string separator{};  // Of route_suffix, before the node's name.
  std::shared_ptr<affinity::LearnedTable> table{};                // Of those that are learned.
  std::shared_ptr<const affinity::SharedTableSettings> shared{};  // Given: other balancers know what it knows.
  Duration idle{};               // How long a session counts that is not used, in the table, too.
  std::uint64_t count_seed = 0;  // Of those that are not learned: clients choose their values, not what is counted.

  bool is_header() const { return how == How::learned_header || how == How::hashed_header; }
  // The cookie that has a prefix at the client's side only; "": none.
  std::string_view prefixed_cookie() const { return how == How::prefix ? std::string_view(name) : std::string_view(); }
};

// Whether a look at a learned session keeps it, as a request of it does.
enum class SessionUse : std::uint8_t { counts, is_none };

struct AppLook {
  TimePoint now;
  SessionUse use = SessionUse::counts;
};

// nullopt: it is of none.
std::optional<affinity::AppKey> app_key(const AppSessionSource& source, const http::RequestHead& head,
                                        const EpochPool& pool, const AppLook& look);

struct AppRequest {
  const AppSessionSource& source;
  const EpochPool& pool;
  TimePoint now;
  affinity::SharedTable* shared = nullptr;  // This worker's, of the pool; nullptr: there is none.
};

// Whether it is worth to wait for what other balancers know: of a session that is bound to nobody here, or whose node
// it would leave. `waiter` is called when that is in the table. Requires: request.shared.
bool ask_others(const AppRequest& request, const http::RequestHead& head, const affinity::AppKey& key,
                affinity::SharedTable::Waiter& waiter);

// The session is in use where it was: the others are told from time to time. Requires: request.shared and key.node.
void keep_shared(const AppRequest& request, const affinity::AppKey& key);

// The request goes to `node` now. A learned session that is bound to nobody, or whose node is down, belongs to it from
// here on, so that its next requests follow without waiting for the answer.
void claim(const AppRequest& request, affinity::AppKey& key, const affinity::Choice& choice, std::size_t node);

// Sessions that are not learned, which the table counts, are counted where they are bound from now on.
void count_session(const AppRequest& request, const affinity::AppKey& key, std::size_t node);

// Nobody answered: what was claimed is as it was.
void disclaim(const AppRequest& request, affinity::AppKey& key);

// What an answer says of the application's cookie.
struct CookieNews {
  bool begins = false;  // It gives the client a value.
  bool ends = false;    // It takes it away, and gives no other.
};

// Learns the values that the answer of `node` gives, also an interim one. Requires: they reach the client.
CookieNews read_answer(const AppRequest& request, const http::ResponseHead& head, std::size_t node, WallTime wall);

// What became of a request that `node` has answered, for a learned session.
struct Lesson {
  affinity::Verdict verdict;
  CookieNews news;
  std::size_t node;
};
void learn(const AppRequest& request, affinity::AppKey& key, const Lesson& lesson);

}  // namespace stickler::proxy
