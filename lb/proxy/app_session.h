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
  std::string name;              // Of the cookie, or of the header, whatever its case.
  std::string path_parameter{};  // In which the value stands where the client takes no cookies; "": none.
  std::string separator{};       // Of route_suffix, before the node's name.
  std::shared_ptr<affinity::LearnedTable> table{};  // Of those that are learned.
  Duration idle{};                                  // How long the table holds what is not used.

  bool is_header() const { return how == How::learned_header || how == How::hashed_header; }
  // The cookie that has a prefix at the client's side only; "": none.
  std::string_view prefixed_cookie() const { return how == How::prefix ? std::string_view(name) : std::string_view(); }
};

// nullopt: it is of none.
std::optional<affinity::AppKey> app_key(const AppSessionSource& source, const http::RequestHead& head,
                                        const EpochPool& pool, TimePoint now);

// The session's value that the answer gives the client; nullopt: none.
std::optional<std::string_view> begun_session(const AppSessionSource& source, const http::ResponseHead& head);

// What became of a request that `served` has answered, for the sessions that are learned.
struct Lesson {
  const std::optional<affinity::AppKey>& key;
  affinity::Verdict verdict;
  std::optional<std::string_view> begun;  // By begun_session().
  std::size_t served;
};
void learn(const AppSessionSource& source, const Lesson& lesson, const EpochPool& pool, TimePoint now);

}  // namespace stickler::proxy
