// Whole configurations: every conf/*.yaml, and every ```yaml block of README.md and docs/*.md that begins with
// `version:`. Each is checked as it is written, without a warning, and then started on free ports, where its listeners
// serve a request each.
#include <catch2/catch.hpp>

#include "tests/integration/documents/page.h"
#include "tests/integration/documents/stage.h"
#include "tests/integration/harness/balancer.h"

namespace stickler::integration {
namespace {

struct Sample {
  std::string name;
  std::string text;
};

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (const auto& path : sample_configurations()) {
    all.push_back({.name = path.string(), .text = read_file(source_folder / path)});
  }
  for (const auto& page : pages()) {
    for (const Block& block : blocks_of(page)) {
      if (block.language != "yaml" || !block.text.starts_with("version:")) continue;
      all.push_back({.name = page.string() + ":" + std::to_string(block.line), .text = block.text});
    }
  }
  return all;
}

// The names of the listeners that the program announced.
std::vector<std::string> listeners_of(Balancer& balancer) {
  std::vector<std::string> names;
  for (const std::string& line : balancer.process().error_lines()) {
    const std::string mark = " listening ";
    const std::size_t at = line.find(mark);
    if (at == std::string::npos) continue;
    const std::string name = line.substr(at + mark.size(), line.rfind(' ') - at - mark.size());
    if (name != "admin") names.push_back(name);
  }
  return names;
}

TEST_CASE("there are samples, in conf/ and in the documents") {
  CHECK(sample_configurations().size() >= 5);
  CHECK(samples().size() > sample_configurations().size());
}

TEST_CASE("every whole configuration is checked without an error or a warning") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const Stage stage;
    write_file(stage.folder().file("sample.yaml"), sample.text);
    const Finished checked = run({.program = stickler_program(),
                                  .arguments = {"check", stage.folder().file("sample.yaml")},
                                  .environment = stage.environment()});
    CHECK(checked.code == 0);
    CHECK(checked.errors.empty());
  }
}

TEST_CASE("every whole configuration runs and serves requests") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    Stage stage;
    Balancer balancer(stage.configuration(sample.text), {.environment = stage.environment()});
    const std::vector<std::string> names = listeners_of(balancer);
    CHECK_FALSE(names.empty());
    for (const std::string& name : names) {
      const Message answer = fetch(balancer.port(name), "/");
      INFO(answer.head << answer.body);
      CHECK(answer.status() == 200);
      CHECK(answer.body == "served");
    }
    CHECK(balancer.admin("/readyz").status() == 200);
  }
}

}  // namespace
}  // namespace stickler::integration
