#include "lb/base/rare_string.h"

#include <catch2/catch.hpp>

namespace stickler {
namespace {

TEST_CASE("a rare string is empty until something is appended, and again when cleared") {
  RareString text;
  CHECK(text.empty());
  CHECK(text.size() == 0);
  CHECK(text.view().empty());
  text.append("");
  CHECK(text.empty());
  text.append("half a ");
  text.append("head");
  CHECK_FALSE(text.empty());
  CHECK(text.size() == 11);
  CHECK(text.view() == "half a head");
  text.clear();
  CHECK(text.empty());
  CHECK(text.view().empty());
}

TEST_CASE("a rare string takes no more room than a pointer") { CHECK(sizeof(RareString) == sizeof(void*)); }

}  // namespace
}  // namespace stickler
