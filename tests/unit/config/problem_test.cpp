#include "lb/config/problem.h"

#include <catch2/catch.hpp>

namespace stickler::config {
namespace {

Problem problem_at(std::uint32_t column, std::string excerpt) {
  return {.at = {14, column},
          .severity = Severity::error,
          .path = "a",
          .message = "a: wrong",
          .excerpt = std::move(excerpt)};
}

TEST_CASE("a problem is described by file, place, severity and sentence, then the line with a caret") {
  CHECK(describe(problem_at(5, "    polcy: x"), "conf/web.yaml") ==
        "conf/web.yaml:14:5: error: a: wrong\n"
        "   14 |     polcy: x\n"
        "      |     ^");
}

TEST_CASE("the caret stands below its character: tabs are kept, and bytes of one character count once") {
  CHECK(describe(problem_at(3, "\t\xc3\xa4x"), "f").ends_with("\n      | \t ^"));
}

TEST_CASE("without a caret where the line was cut before the place, and without a line where there is none") {
  CHECK(describe(problem_at(9, "keys: ***"), "f").ends_with("^"));
  CHECK(describe(problem_at(10, "keys: ***"), "f").ends_with("keys: ***"));
  CHECK(describe(problem_at(1, ""), "f") == "f:14:1: error: a: wrong");
}

TEST_CASE("a problem of the whole file has no place") {
  CHECK(describe(Problem{.at = {}, .severity = Severity::warning, .path = "", .message = "odd", .excerpt = ""}, "f") ==
        "f: warning: odd");
}

TEST_CASE("several problems stand on lines of their own, without a line break at the end") {
  const Problem problem = problem_at(1, "");
  CHECK(describe(std::vector<Problem>{}, "f").empty());
  CHECK(describe(std::vector<Problem>{problem, problem}, "f") == "f:14:1: error: a: wrong\nf:14:1: error: a: wrong");
}

TEST_CASE("a key that the file leaves out has the mark of the closest block around it") {
  const Marks marks = {{"pools", {1, 1}}, {"pools.a.backends[0]", {3, 5}}};
  CHECK(mark_of(marks, "pools.a.backends[0].name").line == 3);
  CHECK(mark_of(marks, "pools.a.backends").line == 1);
  CHECK(mark_of(marks, "log.level").line == 0);
}

}  // namespace
}  // namespace stickler::config
