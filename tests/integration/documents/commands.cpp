// Commands in README.md and docs/*.md.
//
// The ```sh blocks of a page are run by bash, in their order and as one script that stops at the first failure, in a
// folder with build/bin/ and conf/, where ports of 127.0.0.1 are free ones. Not run are blocks with a line that begins
// with `./dev`, `cmake` or `ctest`: they build, or are this very suite. `# 401: ...` behind a curl is the status that
// it must get; any other curl must get a success. `stickler run` goes on in the background, and `stickler status`,
// `reload` and the orders to backends ask that process.
//
// A block without a language that begins with `$ stickler` shows what a command prints. It is compared where the
// command needs neither a running process nor a file.
#include <catch2/catch.hpp>
#include <regex>

#include "tests/integration/documents/page.h"
#include "tests/integration/documents/stage.h"
#include "tests/integration/harness/balancer.h"

namespace stickler::integration {
namespace {

const std::string prelude = R"sh(
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
ask() { command curl -sS --noproxy '*' --max-time 60 --retry 30 --retry-connrefused --retry-delay 1 "$@"; }
curl() { ask --fail "$@"; }
expect() {
  want=$1; shift 2
  got=$(ask -o /dev/null -w '%{http_code}' "$@")
  [ "$got" = "$want" ] || { echo "$got instead of $want: curl $*" >&2; exit 1; }
}
stickler() {
  case $1 in
    run) build/bin/stickler run "$2" 2>run.log &
      until grep -q ' info ready$' run.log 2>/dev/null; do kill -0 $! || { cat run.log >&2; exit 1; }; sleep 0.02; done ;;
    status | reload | drain | undrain | disable | enable | weight) build/bin/stickler "$@" --admin "$(sed -n 's/.* listening admin //p' run.log | tail -n 1)" ;;
    *) build/bin/stickler "$@" ;;
  esac
}
)sh";

bool is_run(const Block& block) {
  if (block.language != "sh") return false;
  const std::vector<std::string> lines = lines_of(block.text);
  return std::ranges::none_of(lines, [](const std::string& line) {
    return line.starts_with("./dev") || line.starts_with("cmake") || line.starts_with("ctest");
  });
}

std::string script_of(const std::filesystem::path& page) {
  static const std::regex expected_status(R"(^(curl .*\S)\s+# (\d{3}): .*$)");
  std::string script;
  for (const Block& block : blocks_of(page)) {
    if (!is_run(block)) continue;
    for (const std::string& line : lines_of(block.text)) {
      std::smatch match;
      const bool expects = std::regex_match(line, match, expected_status);
      script += (expects ? "expect " + match[2].str() + " " + match[1].str() : line) + "\n";
    }
  }
  return script;
}

// build/bin/ and conf/ as they are seen from the root of a checkout.
void furnish(Stage& stage) {
  const std::filesystem::path folder = stage.folder().path();
  std::filesystem::create_directories(folder / "build" / "bin");
  std::filesystem::create_directories(folder / "conf");
  for (const std::string& program : {stickler_program(), login_stub_program()}) {
    std::filesystem::create_symlink(program, folder / "build" / "bin" / std::filesystem::path(program).filename());
  }
  for (const auto& path : sample_configurations()) {
    write_file(folder / path, stage.configuration(read_file(source_folder / path)));
  }
}

TEST_CASE("the commands of the documents do what they say") {
  int scripts = 0;
  for (const auto& page : pages()) {
    const std::string script = script_of(page);
    if (script.empty()) continue;
    ++scripts;
    CAPTURE(page.string());
    Stage stage;
    furnish(stage);
    write_file(stage.folder().file("script"), prelude + stage.on_free_ports(script));
    const Finished finished = run({.program = "/bin/bash",
                                   .arguments = {"-e", "script"},
                                   .environment = stage.environment(),
                                   .directory = stage.folder().path().string()},
                                  Deadline(2min));
    INFO(script << "\nprinted:\n" << finished.both());
    CHECK(finished.code == 0);
  }
  CHECK(scripts >= 2);
}

struct Transcript {
  std::string where;
  std::vector<std::string> arguments;
  std::string output;
};

std::vector<Transcript> transcripts() {
  std::vector<Transcript> all;
  for (const auto& page : pages()) {
    for (const Block& block : blocks_of(page)) {
      if (!block.language.empty() || !block.text.starts_with("$ stickler ")) continue;
      std::vector<std::string> lines = lines_of(block.text);
      Transcript& one = all.emplace_back();
      one.where = page.string() + ":" + std::to_string(block.line);
      std::istringstream words(lines.front().substr(std::string("$ stickler").size()));
      for (std::string word; words >> word;) one.arguments.push_back(word);
      for (std::size_t i = 1; i < lines.size(); ++i) one.output += lines[i] + "\n";
    }
  }
  return all;
}

// Not one of the commands that read a file or ask a process.
bool stands_alone(const Transcript& transcript) {
  constexpr const char* others[] = {"run", "check", "status", "reload", "drain", "weight", "explain", "why"};
  return std::ranges::find(others, transcript.arguments.at(0)) == std::end(others);
}

TEST_CASE("what the documents show of a command's output is what it prints") {
  int compared = 0;
  for (const Transcript& transcript : transcripts()) {
    CAPTURE(transcript.where);
    if (!stands_alone(transcript)) continue;
    ++compared;
    CHECK(run({.program = stickler_program(), .arguments = transcript.arguments}).both() == transcript.output);
  }
  CHECK(compared >= 2);
}

}  // namespace
}  // namespace stickler::integration
