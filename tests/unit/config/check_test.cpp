// The rules that decide what a route takes away from another. What they make of a file is in golden/.
#include "lb/config/check.h"

#include <catch2/catch.hpp>

#include "lb/config/findings.h"

namespace stickler::config {
namespace {

TEST_CASE("a host covers itself, any host covers all, a wildcard what is below it") {
  struct Row {
    std::string_view host;
    std::string_view other;
    bool covers;
  };
  for (const Row& row :
       {Row{"", "a.com", true}, Row{"", "", true}, Row{"a.com", "", false}, Row{"a.com", "a.com", true},
        Row{"a.com", "b.com", false}, Row{"*.a.com", "x.a.com", true}, Row{"*.a.com", "x.y.a.com", true},
        Row{"*.a.com", "a.com", false}, Row{"*.a.com", "xa.com", false}, Row{"*.a.com", "*.a.com", true},
        Row{"*.a.com", "*.b.a.com", true}, Row{"*.b.a.com", "*.a.com", false}, Row{"x.a.com", "*.a.com", false},
        Row{"*.a.com", "", false}}) {
    INFO(row.host << " over " << row.other);
    CHECK(host_covers(row.host, row.other) == row.covers);
  }
}

TEST_CASE("a path covers what is below it on the border of a segment") {
  const auto prefix = [](std::string path) {
    return Route{.host = "", .path = std::move(path), .pool = "", .headers = {}};
  };
  const auto exact = [](std::string path) {
    return Route{.host = "", .path = std::move(path), .path_match = PathMatch::exact, .pool = "", .headers = {}};
  };
  struct Row {
    Route route;
    Route other;
    bool covers;
  };
  for (const Row& row :
       {Row{prefix(""), prefix("/a"), true}, Row{prefix("/"), prefix(""), true}, Row{prefix("/"), exact("/a"), true},
        Row{prefix("/a"), prefix(""), false}, Row{prefix("/a"), prefix("/a"), true},
        Row{prefix("/a"), prefix("/a/"), true}, Row{prefix("/a/"), prefix("/a"), true},
        Row{prefix("/a"), prefix("/a/b"), true}, Row{prefix("/a"), prefix("/ab"), false},
        Row{prefix("/a/b"), prefix("/a"), false}, Row{prefix("/a"), exact("/a"), true},
        Row{prefix("/a"), exact("/a/"), true}, Row{prefix("/a"), exact("/ab"), false},
        Row{exact("/a"), exact("/a"), true}, Row{exact("/a"), exact("/a/"), false},
        Row{exact("/a"), prefix("/a"), false}, Row{exact("/"), prefix("/"), false}}) {
    INFO(row.route.path << " over " << row.other.path);
    CHECK(covers(row.route, row.other) == row.covers);
  }
}

}  // namespace
}  // namespace stickler::config
