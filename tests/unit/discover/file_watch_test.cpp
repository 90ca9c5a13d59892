// When a file is to be read again. The times are those of the machine: what is awaited is that it comes, not when.
#include "lb/discover/file_watch.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "tests/unit/io/run_until.h"

namespace stickler::discover {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "stickler-watch-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Reads the file whenever it is to be read.
struct Reader {
  Reader(io::Loop& in, fs::path file)
      : path(std::move(file)), loop(in), watch(in, path.string(), [this] { seen.push_back(read(path)); }) {}

  // Runs the loop until the file was read once more, and returns what it said.
  std::string next() {
    const std::size_t before = seen.size();
    io::run_until(loop, [&] { return seen.size() > before; });
    return seen.back();
  }

  fs::path path;
  std::vector<std::string> seen{};
  io::Loop& loop;
  FileWatch watch;
};

TEST_CASE("a file is read soon after the watch begins, and after every change, however it is made") {
  const Folder folder;
  write(folder / "list", "one");
  io::Loop loop;
  Reader reader(loop, folder / "list");
  CHECK(reader.next() == "one");
  write(folder / "list", "two, in place");
  CHECK(reader.next() == "two, in place");
  write(folder / "other", "three, by rename");
  fs::rename(folder / "other", folder / "list");
  CHECK(reader.next() == "three, by rename");
  fs::remove(folder / "list");
  CHECK(reader.next().empty());
  write(folder / "list", "four");
  CHECK(reader.next() == "four");
}

TEST_CASE("a symbolic link on the way to the file that is turned elsewhere is a change of it") {
  const Folder folder;
  for (const char* version : {"v1", "v2"}) {
    fs::create_directory(folder / version);
    write(folder / version / "list", version);
  }
  fs::create_directory_symlink(folder / "v1", folder / "data");
  io::Loop loop;
  Reader reader(loop, folder / "data" / "list");
  CHECK(reader.next() == "v1");
  fs::create_directory_symlink(folder / "v2", folder / "next");
  fs::rename(folder / "next", folder / "data");
  CHECK(reader.next() == "v2");
}

TEST_CASE("a file that is still being written is not read half") {
  const Folder folder;
  // A piece with every look at it, for several times as long as it has to stay. Where the machine has held up the
  // writer for long enough, half a file is what there was to see: once more.
  for (int tries = 0; tries < 20; ++tries) {
    write(folder / "list", "");
    io::Loop loop;
    Reader reader(loop, folder / "list");
    reader.next();
    std::ofstream slow(folder / "list");
    int pieces = 0;
    auto last = std::chrono::steady_clock::now();
    Duration longest{};
    io::Timer writer(loop, [&] {
      const auto now = std::chrono::steady_clock::now();
      longest = std::max<Duration>(longest, now - std::exchange(last, now));
      if (pieces < 12) slow << ++pieces << ' ' << std::flush;
    });
    writer.start(FileWatch::look_every / 2, FileWatch::look_every / 2);
    const std::string text = reader.next();
    if (longest > FileWatch::look_every * 3 / 4) continue;
    CHECK(text == "1 2 3 4 5 6 7 8 9 10 11 12 ");
    return;
  }
  FAIL("this machine never let the writer go on at its pace");
}

TEST_CASE("a watch may end within its own call, and while the file is looked at") {
  const Folder folder;
  write(folder / "list", "one");
  io::Loop loop;
  bool called = false;
  std::unique_ptr<FileWatch> watch;
  watch = std::make_unique<FileWatch>(loop, (folder / "list").string(), [&] {
    called = true;
    loop.bury(std::move(watch));
  });
  auto other = std::make_unique<FileWatch>(loop, (folder / "list").string(), [] {});
  other.reset();
  io::run_until(loop, [&] { return called; });
  CHECK(watch == nullptr);
}

}  // namespace
}  // namespace stickler::discover
