#include "lb/config/load.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "lb/config/environment.h"
#include "tests/unit/config/machine.h"

namespace stickler::config {
namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stickler-config-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string first_message(const Loaded& loaded) { return loaded.problems.empty() ? "" : loaded.problems[0].message; }

TEST_CASE("a file on disk is loaded as its text is") {
  const Folder folder;
  const Loaded loaded = load_file(folder.file("a.yaml", "version: 1\n" + rest_of_file), test_machine());
  CHECK(loaded.problems.empty());
  REQUIRE(loaded.config.pools.size() == 1);
  CHECK(loaded.config.pools[0].backends[0].address.to_string() == "127.0.0.1:9001");
}

TEST_CASE("a file that cannot be read is an error that says why") {
  const Folder folder;
  CHECK(first_message(load_file((folder.path() / "none.yaml").string())) ==
        "cannot be opened: No such file or directory");
  CHECK(first_message(load_file(folder.path().string())) == "a directory; name a file in it");
  CHECK(first_message(load_file(folder.file("big.yaml", std::string(file_bytes_max + 1, '#')))) ==
        "larger than 1MiB; is this a configuration?");
  CHECK(first_message(load_file("/dev/zero")) == "larger than 1MiB; is this a configuration?");
  const std::string closed = folder.file("closed.yaml", "version: 1\n");
  REQUIRE(::chmod(closed.c_str(), 0) == 0);
  if (::access(closed.c_str(), R_OK) != 0) {  // Root may read anything.
    CHECK(first_message(load_file(closed)) == "cannot be opened: Permission denied");
  }
}

TEST_CASE("a pipe is read to its end, so that a configuration may come from another program") {
  const Folder folder;
  const std::string path = (folder.path() / "pipe").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(path) << "version: 1\n" << std::flush << rest_of_file; });
  const Loaded loaded = load_file(path, test_machine());
  writer.join();
  CHECK(report(loaded).empty());
}

TEST_CASE("a file of exactly the largest size is still read") {
  std::string text = "version: 1\n" + rest_of_file;
  text += std::string(file_bytes_max - text.size(), '#');
  CHECK(load(text).problems.empty());
  CHECK(first_message(load(text + "#")) == "larger than 1MiB; is this a configuration?");
}

TEST_CASE("empty files, and files that are no text, say so") {
  CHECK(report(load("")) == "test.yaml: error: empty; a configuration begins with 'version: 1'");
  CHECK(report(load("\n\n# nothing\n")) == report(load("")));
  CHECK(report(load("---\n...\n")) == report(load("")));
  CHECK(report(load(std::string("version: 1\nlog\0: x", 18))) ==
        "test.yaml:2:4: error: a NUL byte; is this a text file?");
  CHECK(report(load("\x89PNG\r\n\x1a\n")) == "test.yaml:1:1: error: not UTF-8; save the file as UTF-8");
  CHECK(report(load("version: 1\nlog: {file: \xc3\xa4\xff}\n")) ==
        "test.yaml:2:14: error: not UTF-8; save the file as UTF-8");
}

TEST_CASE("a byte order mark and the line ends of Windows change neither the meaning nor the places") {
  CHECK(report(load("\xef\xbb\xbfversion: 1\n" + rest_of_file)).empty());
  CHECK(report(load("\xef\xbb\xbfvresion: 1\n" + rest_of_file)).starts_with("test.yaml:1:1: error: vresion: unknown"));
  std::string windows = "version: 1\r\nlog: {level: lod}\r\n" + rest_of_file;
  CHECK(report(load(windows)) ==
        "test.yaml:2:14: error: log.level: expected trace, debug, info, warn or error, got 'lod'\n"
        "    2 | log: {level: lod}\n"
        "      |              ^");
}

TEST_CASE("columns count characters") {
  CHECK(report(load("version: 1\nlog: {file: \"\xc3\xa4\xc3\xb6\xc3\xbc\", level: x}\n" + rest_of_file))
            .starts_with("test.yaml:2:27: error: log.level: "));
}

TEST_CASE("a file with more problems than anybody reads shows the first and counts the rest") {
  std::string text = "version: 1\nlisteners:\n";
  for (int i = 0; i < 700; ++i) text += "  l" + std::to_string(i) + ": {listen: x}\n";
  const Loaded loaded = load(text);
  REQUIRE(loaded.problems.size() == problems_max + 1);
  CHECK(loaded.problems.back().message == "and 900 more problems");
  CHECK_FALSE(loaded.ok());
}

TEST_CASE("warnings alone do not refuse a file") {
  const Loaded loaded = load("version: 1\n");
  CHECK(loaded.problems.size() == 1);
  CHECK(loaded.ok());
}

struct Expansion {
  std::string_view text;
  std::string_view result;
};

TEST_CASE("variables are replaced in values as the shell would") {
  const Machine machine = machine_with({{"A", "alpha"}, {"EMPTY", ""}, {"_b2", "beta"}, {"NESTED", "${A}"}});
  for (const Expansion& row :
       {Expansion{"${A}", "alpha"}, Expansion{"x${A}y${_b2}z", "xalphaybetaz"}, Expansion{"${NONE:-c}", "c"},
        Expansion{"${NONE:-}", ""}, Expansion{"${EMPTY}", ""}, Expansion{"${EMPTY:-c}", "c"},
        Expansion{"${A:-c}", "alpha"}, Expansion{"${NONE:-a:b-c}", "a:b-c"}, Expansion{"$A $$ $", "$A $$ $"},
        Expansion{"$${A}", "${A}"}, Expansion{"$$${A}", "$${A}"}, Expansion{"${NESTED}", "${A}"},
        Expansion{"no dollar", "no dollar"}}) {
    CAPTURE(row.text);
    Node node;
    node.kind = Kind::scalar;
    node.text = row.text;
    expand(node, machine.variable);
    CHECK(node.kind == Kind::scalar);
    CHECK(node.text == row.result);
  }
}

TEST_CASE("what cannot be replaced is said without what any variable holds") {
  const Machine machine = machine_with({{"SECRET", "do-not-show"}, {"LONG", std::string(100'000, 'x')}});
  std::string many;
  for (int i = 0; i < 50; ++i) many += "${LONG}";
  for (const auto& [text, reason] :
       {std::pair<std::string, std::string>{"${SECRET}${NONE}", "the environment variable NONE is not set"},
        {"${", "expected ${NAME} or ${NAME:-default}"},
        {"${A", "expected ${NAME} or ${NAME:-default}"},
        {"${}", "expected ${NAME} or ${NAME:-default}"},
        {"${1}", "expected ${NAME} or ${NAME:-default}"},
        {"${A-b}", "expected ${NAME} or ${NAME:-default}"},
        {"${A b}", "expected ${NAME} or ${NAME:-default}"},
        {many, "the values of the environment are too long"}}) {
    CAPTURE(reason);
    Node node;
    node.kind = Kind::scalar;
    node.text = text;
    expand(node, machine.variable);
    CHECK(node.kind == Kind::unresolved);
    CHECK(node.text.starts_with(reason));
    CHECK(node.text.find("do-not-show") == std::string::npos);
  }
}

TEST_CASE("a value of the environment is a value, whatever YAML it looks like") {
  const Machine machine = machine_with({{"INJECTED", "info, file: /etc/passwd}\nadmin: {listen: off"}});
  const Loaded loaded = load_text("version: 1\nlog: {level: \"${INJECTED}\"}\n" + rest_of_file, machine);
  CHECK(report(loaded) ==
        "test.yaml:2:14: error: log.level: expected trace, debug, info, warn or error, got '${INJECTED}'; look at what "
        "the environment holds\n"
        "    2 | log: {level: \"${INJECTED}\"}\n"
        "      |              ^");
}

TEST_CASE("what a variable holds is not shown by the rules over the whole file either") {
  const Machine machine = machine_with({{"POOL", "Looks-Like-A-Name-Is-A-Secret"}, {"PORT", "80"}});
  const Loaded loaded = load_text(
      "version: 1\nlisteners: {web: {listen: \"127.0.0.1:${PORT}\", pool: \"${POOL}\"}}\n"
      "pools: {login: {affinity: {cookie: {domain: \"${POOL}\"}}, backends: [{name: a, address: 127.0.0.1:80}]}}\n",
      machine);
  CHECK(report(loaded).find("pool: there is no pool '***'") != std::string::npos);
  CHECK(report(loaded).find("that of listener 'web'") != std::string::npos);
  CHECK(report(loaded).find("Secret") == std::string::npos);
}

TEST_CASE("a variable gives a value to any kind of key") {
  const Machine machine = machine_with({{"N", "3"}, {"PORT", "8080"}, {"TIME", "5s"}, {"FLAG", "false"}});
  const Loaded loaded = load_text(
      "version: 1\nprocess: {workers: \"${N}\", shutdown_grace: \"${TIME}\"}\n"
      "listeners: {web: {listen: \"127.0.0.1:${PORT}\", pool: login, http2: \"${FLAG}\"}}\n"
      "pools: {login: {backends: [{name: a, address: \"${HOST:-127.0.0.1}:9001\"}]}}\n",
      machine);
  CHECK(report(loaded).empty());
  CHECK(loaded.config.process.workers == 3);
  CHECK(loaded.config.process.shutdown_grace == std::chrono::seconds(5));
  CHECK(loaded.config.listeners[0].listen[0].port() == 8080);
}

TEST_CASE("this machine answers with its environment and its limit of descriptors") {
  const Machine machine = this_machine();
  REQUIRE(::setenv("STICKLER_CONFIG_TEST", "here", 1) == 0);
  CHECK(machine.variable("STICKLER_CONFIG_TEST") == "here");
  REQUIRE(::unsetenv("STICKLER_CONFIG_TEST") == 0);
  CHECK_FALSE(machine.variable("STICKLER_CONFIG_TEST"));
  CHECK((machine.descriptor_limit == 0 || machine.descriptor_limit >= 64));
}

}  // namespace
}  // namespace stickler::config
