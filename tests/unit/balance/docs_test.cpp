// docs/adding-a-policy.md shows code that is there.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace stickler::balance {
namespace {

const std::filesystem::path root = STICKLER_SOURCE_DIR;

std::string read_file(const std::filesystem::path& path) {
  CAPTURE(path.string());
  std::ifstream file(path);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("every block of code in docs/adding-a-policy.md stands in the file that it names, letter by letter") {
  const std::string page = read_file(root / "docs/adding-a-policy.md");
  const std::string begin = "```cpp\n// ";
  std::size_t blocks = 0;
  for (std::size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at + 1)) {
    const std::size_t name = at + begin.size();
    const std::size_t code = page.find('\n', name) + 1;
    const std::string path = page.substr(name, code - 1 - name);
    const std::string block = page.substr(code, page.find("```", code) - code);
    CAPTURE(path, block);
    CHECK_FALSE(block.empty());
    CHECK(read_file(root / path).find(block) != std::string::npos);
    ++blocks;
  }
  CHECK(blocks >= 5);
}

}  // namespace
}  // namespace stickler::balance
