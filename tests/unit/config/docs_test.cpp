// What docs/configuration.md tells is true: its defaults, its refusals, its examples, and the samples in conf/.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "lb/config/key_list.h"
#include "tests/unit/config/machine.h"

namespace stickler::config {
namespace {

const std::filesystem::path root = STICKLER_SOURCE_DIR;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

struct Row {
  std::string path;
  std::string value;  // The default as YAML; "" where there is none to write.
  bool required;
};

// The tables of keys. A heading that is nothing but paths says what its rows are below.
std::vector<Row> documented_rows() {
  const std::regex heading("#+ (`[^`]+`)(, `[^`]+`)*");
  const std::regex path("`([^`]+)`");
  const std::regex row(R"(\| `([^`]+)` \| (?:`([^`]*)`|([a-z]+)) \|.*)");
  std::vector<Row> rows;
  std::vector<std::string> prefixes = {""};
  bool in_table = false;
  for (const std::string& line : lines_of(read_file(root / "docs/configuration.md"))) {
    std::smatch match;
    if (line.starts_with('#')) {
      prefixes.clear();
      if (std::regex_match(line, heading)) {
        for (std::sregex_iterator it(line.begin(), line.end(), path), end; it != end; ++it)
          prefixes.push_back((*it)[1]);
      }
      if (prefixes.empty()) prefixes = {""};
    }
    in_table = line == "| key | default | meaning |" || (in_table && line.starts_with('|'));
    if (!in_table || !std::regex_match(line, match, row)) continue;
    for (const std::string& prefix : prefixes) {
      rows.push_back({.path = (prefix.empty() ? "" : prefix + ".") + match[1].str(),
                      .value = match[2].str(),
                      .required = match[3] == "required"});
    }
  }
  return rows;
}

// "timeouts.idle", "60s" -> "timeouts: {idle: 60s}"
std::string nested(std::string_view path, const std::string& value) {
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return std::string(path) + ": " + value;
  return std::string(path.substr(0, dot)) + ": {" + nested(path.substr(dot + 1), value) + "}";
}

// A whole file with a place for one more key.
struct Frame {
  std::string_view prefix;  // Of the keys that belong there.
  std::string before;
  std::string after;
};

const std::string any_listener = "listeners: {n: {listen: 127.0.0.1:80, pool: n}}";
const std::string any_pool = "pools: {n: {backends: [{name: a, address: 127.0.0.1:9001}]}}";

const std::vector<Frame> frames = {
    {"listeners.NAME.routes[].",
     "{version: 1, " + any_pool + ", listeners: {n: {listen: 127.0.0.1:80, pool: n, routes: [{pool: n, path: /",
     "}]}}}"},
    {"listeners.NAME.", "{version: 1, " + any_pool + ", listeners: {n: {listen: 127.0.0.1:80, pool: n", "}}}"},
    {"pools.NAME.backends[].",
     "{version: 1, " + any_listener + ", pools: {n: {backends: [{name: a, address: 127.0.0.1:9001", "}]}}}"},
    {"pools.NAME.affinity.app_cookie.",
     "{version: 1, " + any_listener + ", pools: {n: {backends: [{name: a, address: 127.0.0.1:9001}], affinity: " +
         "{app_cookie: {name: J, how: route_suffix",
     "}}}}}"},
    {"pools.NAME.affinity.header.",
     "{version: 1, " + any_listener +
         ", pools: {n: {backends: [{name: a, address: 127.0.0.1:9001}], affinity: " + "{header: {name: H, how: learn",
     "}}}}}"},
    {"pools.NAME.", "{version: 1, " + any_listener + ", pools: {n: {backends: [{name: a, address: 127.0.0.1:9001}]",
     "}}}"},
    {"", "{version: 1, " + any_listener + ", " + any_pool, "}"},
};

const Frame& frame_of(std::string_view path) {
  return *std::find_if(frames.begin(), frames.end(),
                       [&](const Frame& frame) { return path.starts_with(frame.prefix); });
}

std::string file_with(std::string_view path, const std::string& value) {
  const Frame& frame = frame_of(path);
  return frame.before + ", " + nested(path.substr(frame.prefix.size()), value) + frame.after;
}

std::string file_without(std::string_view path) { return frame_of(path).before + frame_of(path).after; }

std::string block_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? "" : std::string(path.substr(0, dot));
}

bool is_later(std::string_view path) {
  const Key* key = find_key(path);
  return key != nullptr && key->availability == Availability::later;
}

// What is below a key that is refused is not looked at.
bool is_below_later(std::string_view path) {
  for (std::string block = block_of(path); !block.empty(); block = block_of(block)) {
    if (block.ends_with("[]")) block.resize(block.size() - 2);
    if (is_later(block)) return true;
  }
  return false;
}

// Given already in every frame.
bool is_in_frame(std::string_view path) { return path == "version" || path == "listeners" || path == "pools"; }

TEST_CASE("every default that the page tells is the one that counts where the key is left out") {
  int checked = 0;
  for (const Row& row : documented_rows()) {
    if (row.value.empty() || is_later(row.path) || is_in_frame(row.path)) continue;
    INFO(row.path << ": " << row.value);
    const std::string block = block_of(row.path);
    const bool is_in_block = block.size() > frame_of(row.path).prefix.size();  // Which may be off unless given.
    const Loaded without = load(is_in_block ? file_with(block, "{}") : file_without(row.path));
    const Loaded with = load(file_with(row.path, row.value));
    CHECK(without.ok());
    CHECK(with.ok());
    CHECK(with.config == without.config);
    ++checked;
  }
  CHECK(checked > 70);
}

TEST_CASE("every key that the page calls not available yet is refused as that") {
  int checked = 0;
  for (const Key& key : key_list()) {
    if (!is_later(key.path) || is_below_later(key.path)) continue;
    INFO(key.path);
    const Loaded loaded = load(file_with(key.path, "{}"));
    CHECK_FALSE(loaded.ok());
    REQUIRE(loaded.problems.size() >= 1);
    CHECK(loaded.problems[0].message.ends_with(": not available yet"));
    ++checked;
  }
  CHECK(checked > 0);
}

bool needs_a_key(std::string_view block) {
  const std::vector<Row> rows = documented_rows();
  return std::any_of(rows.begin(), rows.end(),
                     [&](const Row& row) { return row.required && block_of(row.path) == block; });
}

TEST_CASE("an empty block is the same as none, unless giving it turns something on or needs more") {
  for (const Key& key : key_list()) {
    if (is_later(key.path) || keys_below(key.path).empty() || is_in_frame(key.path) || key.path.ends_with("NAME"))
      continue;
    INFO(key.path);
    const bool turns_on = key.path.ends_with(".cookie") || key.path.ends_with(".active");
    const Loaded with = load(file_with(key.path, "{}"));
    CHECK(with.ok() != needs_a_key(key.path));
    if (!with.ok()) continue;
    CHECK((with.config == load(file_without(key.path)).config) == !turns_on);
  }
}

std::vector<std::string> yaml_blocks(const std::string& text) {
  std::vector<std::string> blocks;
  const std::string begin = "```yaml\n";
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    blocks.push_back(text.substr(at, text.find("```", at) - at));
  }
  return blocks;
}

TEST_CASE("every configuration in the documentation is accepted without a warning") {
  std::vector<std::filesystem::path> pages = {root / "README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(root / "docs")) pages.push_back(entry.path());
  int found = 0;
  for (const auto& page : pages) {
    for (const std::string& yaml : yaml_blocks(read_file(page))) {
      if (!yaml.starts_with("version:")) continue;
      INFO(page.filename().string());
      CHECK(report(load(yaml)).empty());
      ++found;
    }
  }
  CHECK(found >= 1);
}

TEST_CASE("every sample configuration is accepted without a warning") {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root / "conf")) {
    if (entry.path().extension() != ".yaml") continue;
    CHECK(describe(load_file(entry.path().string(), test_machine()).problems, entry.path().string()).empty());
    ++found;
  }
  CHECK(found >= 5);
}

TEST_CASE("the demo's configuration needs no environment, and has its servers in the form that the demo looks for") {
  const std::string text = read_file(root / "conf/demo.yaml");
  const Loaded loaded = load_text(text, machine_with({}));
  CHECK(report(loaded).empty());
  REQUIRE(loaded.config.pools.size() == 2);
  CHECK(loaded.config.pools[0].affinity.backup == BackupRule::none);
  CHECK(loaded.config.pools[1].affinity.backup == BackupRule::announced);
  std::vector<std::string> found;
  const std::regex server(R"(name:\s*(\w+),\s*address:\s*([\d.]+:\d+))");
  for (std::sregex_iterator it(text.begin(), text.end(), server), end; it != end; ++it) {
    found.push_back((*it)[1].str() + " " + (*it)[2].str());
  }
  std::vector<std::string> wanted;
  for (const Pool& pool : loaded.config.pools) {
    for (const Backend& backend : pool.backends) wanted.push_back(backend.name + " " + backend.address.to_string());
  }
  CHECK(found == wanted);
  CHECK(found == std::vector<std::string>{"a 127.0.0.1:9001", "b 127.0.0.1:9002", "c 127.0.0.1:9003",
                                          "d 127.0.0.1:9004", "e 127.0.0.1:9005", "f 127.0.0.1:9006"});
}

}  // namespace
}  // namespace stickler::config
