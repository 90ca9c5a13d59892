// tools/demo.py --once with the programs of this build: it judges its own outcome by its exit code. What README.md
// shows of it, a block whose first line begins with `kill -9`, is what it prints, but for numbers and for who is on
// which node.
#include <catch2/catch.hpp>
#include <regex>

#include "tests/integration/documents/page.h"
#include "tests/integration/harness/balancer.h"

namespace stickler::integration {
namespace {

// Numbers as '#', runs of users as one, columns without their width.
std::string shape_of(std::string line) {
  line = std::regex_replace(line, std::regex("\\d+"), "#");
  line = std::regex_replace(line, std::regex("\\bu#( u#)*"), "u#");
  line = std::regex_replace(line, std::regex("-+"), "-");
  line = std::regex_replace(line, std::regex("\\s+"), " ");
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::vector<std::string> shown_by_the_readme() {
  std::vector<std::string> lines;
  for (const Block& block : blocks_of("README.md")) {
    if (block.text.starts_with("kill -9")) lines = lines_of(block.text);
  }
  return lines;
}

TEST_CASE("the demo shows who loses a session with a server, and that nobody does where another has a replica") {
  const TemporaryDirectory folder;
  const std::filesystem::path root = folder.path();
  std::filesystem::create_directories(root / "build" / "bin");
  for (const std::string& program : {stickler_program(), login_stub_program()}) {
    std::filesystem::create_symlink(program, root / "build" / "bin" / std::filesystem::path(program).filename());
  }
  std::filesystem::create_symlink(source_folder / "conf", root / "conf");
  std::filesystem::create_symlink(source_folder / "tools", root / "tools");
  const Finished finished = run({.program = "/usr/bin/env",
                                 .arguments = {"python3", "-B", (root / "tools" / "demo.py").string(), "--once"},
                                 .directory = root.string()},
                                Deadline(3min));
  INFO(finished.both());
  CHECK(finished.code == 0);

  std::vector<std::string> shapes;
  for (const std::string& line : lines_of(finished.output)) shapes.push_back(shape_of(line));
  const std::vector<std::string> shown = shown_by_the_readme();
  CHECK(shown.size() >= 12);
  for (const std::string& line : shown) {
    CAPTURE(line);
    CHECK(std::ranges::find(shapes, shape_of(line)) != shapes.end());
  }
}

}  // namespace
}  // namespace stickler::integration
