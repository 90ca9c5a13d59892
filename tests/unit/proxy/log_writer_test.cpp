#include "lb/proxy/log_writer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace stickler::proxy {
namespace {

struct Directory {
  Directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "stickler-log-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void just_the_id(std::string& out, const AccessRecord& record) {
  out += record.request_id;
  out += '\n';
}

std::unique_ptr<LogWriter> start(const std::filesystem::path& file, std::uint32_t workers = 1) {
  auto writer = LogWriter::start({.file = file, .format = just_the_id, .workers = workers});
  REQUIRE(writer);
  return std::move(*writer);
}

AccessRecord record_of(std::string_view id) {
  AccessRecord record;
  record.request_id = id;
  return record;
}

TEST_CASE("the log writer leaves nothing unwritten when it ends, and appends to what was there") {
  const Directory directory;
  const auto path = directory.path / "access.log";
  std::ofstream(path) << "old\n";
  {
    const auto writer = start(path);
    for (int i = 0; i < 1000; ++i) writer->buffer(0).write(record_of(std::to_string(i)));
  }
  const std::string text = content_of(path);
  CHECK(text.starts_with("old\n0\n1\n2\n"));
  CHECK(text.ends_with("998\n999\n"));
}

TEST_CASE("the lines of several workers come whole and in each worker's order") {
  const Directory directory;
  const auto path = directory.path / "access.log";
  constexpr int lines = 20000;
  {
    const auto writer = start(path, 2);
    std::vector<std::thread> workers;
    for (std::uint32_t worker = 0; worker < 2; ++worker) {
      workers.emplace_back([&writer, worker] {
        const std::string prefix = worker == 0 ? "a" : "b";
        for (int i = 0; i < lines; ++i) writer->buffer(worker).write(record_of(prefix + std::to_string(i)));
      });
    }
    for (std::thread& worker : workers) worker.join();
    CHECK(writer->dropped() == 0);
  }
  std::istringstream text(content_of(path));
  int next[2] = {0, 0};
  for (std::string line; std::getline(text, line);) {
    REQUIRE((line[0] == 'a' || line[0] == 'b'));
    REQUIRE(std::stoi(line.substr(1)) == next[line[0] - 'a']++);
  }
  CHECK(next[0] == lines);
  CHECK(next[1] == lines);
}

TEST_CASE("after a rotation new lines go to the new file, and the old one has all that came before") {
  const Directory directory;
  const auto path = directory.path / "access.log";
  const auto writer = start(path, 2);
  for (int rotation = 0; rotation < 100; ++rotation) {
    CAPTURE(rotation);
    const auto rotated = path.string() + "." + std::to_string(rotation);
    writer->buffer(0).write(record_of("before"));
    std::filesystem::rename(path, rotated);
    REQUIRE(writer->reopen());
    writer->buffer(0).write(record_of("after"));
    writer->buffer(1).write(record_of("after"));
    while (content_of(path) != "after\nafter\n" && content_of(rotated).find("after", 12) == std::string::npos) {
      std::this_thread::yield();
    }
    REQUIRE(content_of(path) == "after\nafter\n");
    REQUIRE(content_of(rotated) == (rotation == 0 ? "before\n" : "after\nafter\nbefore\n"));
  }
}

TEST_CASE("a rotation that cannot open the file keeps the old one") {
  const Directory directory;
  const auto inside = directory.path / "logs";
  const auto aside = directory.path / "aside";
  std::filesystem::create_directory(inside);
  {
    const auto writer = start(inside / "access.log");
    std::filesystem::rename(inside, aside);
    const auto reopened = writer->reopen();
    REQUIRE_FALSE(reopened);
    CHECK(reopened.error().message.find("No such file or directory") != std::string::npos);
    writer->buffer(0).write(record_of("kept"));
  }
  CHECK(content_of(aside / "access.log") == "kept\n");
}

TEST_CASE("a file that cannot be opened is an error that names it") {
  const auto writer = LogWriter::start({.file = "/nonexistent/access.log"});
  REQUIRE_FALSE(writer);
  CHECK(writer.error().message == "cannot open the access log /nonexistent/access.log: No such file or directory");
}

TEST_CASE("a stalled disk costs lines, which are counted, and no memory beyond the limit") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const std::string line(1000, 'x');
  std::uint64_t written = 0;
  std::uint64_t dropped = 0;
  std::uint64_t received = 0;
  std::thread reader;
  {
    const auto writer = start("/dev/fd/" + std::to_string(ends[1]));
    close(ends[1]);
    while (writer->dropped() == 0) {
      writer->buffer(0).write(record_of(line));
      ++written;
    }
    CHECK(written * (line.size() + 1) < 3 * LogWriter::buffer_bytes_max);
    dropped = writer->dropped();
    reader = std::thread([&] {
      std::vector<char> bytes(1 << 16);
      for (ssize_t size = 0; (size = read(ends[0], bytes.data(), bytes.size())) > 0;) {
        received += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.begin() + size, '\n'));
      }
    });
  }
  reader.join();
  close(ends[0]);
  CHECK(received + dropped == written);
}

TEST_CASE("lines that cannot be written are counted as lost") {
  std::uint64_t lost = 0;
  auto writer = start("/dev/full");
  for (int i = 0; i < 5; ++i) writer->buffer(0).write(record_of("x"));
  while ((lost = writer->dropped()) < 5) std::this_thread::yield();
  CHECK(lost == 5);
}

}  // namespace
}  // namespace stickler::proxy
