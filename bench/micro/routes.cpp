// Route lookup: the rule that fits is the last one, so that all are tried.
#include <string>
#include <vector>

#include "bench/micro/suite.h"
#include "lb/route/router.h"

namespace stickler::bench::micro {
namespace {

route::Router router(std::size_t rules) {
  std::vector<route::Rule> list;
  for (std::uint32_t i = 1; i < rules; ++i) {
    list.push_back({.host = "host" + std::to_string(i) + ".example.com",
                    .path = "/api/v" + std::to_string(i),
                    .path_match = route::PathMatch::prefix,
                    .pool = PoolIndex{i}});
  }
  list.push_back({.host = "*.example.com", .path = "/account", .path_match = route::PathMatch::prefix, .pool = {}});
  return route::Router(std::move(list), std::nullopt);
}

class FindRoute {
 public:
  explicit FindRoute(std::size_t rules) : router_(router(rules)) {}

  std::size_t operator()() { return router_.match(host_, path_)->rule.value(); }

 private:
  route::Router router_;
  std::string host_ = "login.example.com";
  std::string path_ = "/account/settings";
};

}  // namespace

void add_routes(Suite& suite) {
  for (const std::size_t rules : {1, 10, 100}) suite.add<FindRoute>("route_lookup/" + std::to_string(rules), rules);
}

}  // namespace stickler::bench::micro
