// No allocation for a request in the steady state, in the real program with all its threads.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "tests/integration/cost/allocation_counts.h"
#include "tests/integration/cost/steady_state.h"

namespace stickler::integration {
namespace {

// The counting allocator of a program that is started with environment().
class CountedAllocations {
 public:
  CountedAllocations() {
    write_file(path(), std::string(sizeof(AllocationCounts), '\0'));
    const Fd file(::open(path().c_str(), O_RDWR | O_CLOEXEC));
    void* mapped = ::mmap(nullptr, sizeof(AllocationCounts), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + path());
    counts_ = static_cast<AllocationCounts*>(mapped);
  }
  ~CountedAllocations() { ::munmap(counts_, sizeof(AllocationCounts)); }
  CountedAllocations(const CountedAllocations&) = delete;
  CountedAllocations& operator=(const CountedAllocations&) = delete;

  std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" PROGRAM_DIR "/liballocation_counter.so",
            std::string(allocation_counts_variable).append("=").append(path())};
  }

  std::uint64_t total() const { return counts_->allocations.load(); }
  void trace(std::int32_t allocations) { counts_->traces_left = allocations; }

 private:
  std::string path() const { return directory_.file("counts"); }

  TemporaryDirectory directory_;
  AllocationCounts* counts_ = nullptr;
};

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

constexpr std::size_t requests = 6'400;

// All requests together, in the steady state.
void allocate_at_most(std::size_t allocations_max, Conditions conditions) {
  CountedAllocations counted;
  conditions.environment = counted.environment();
  SteadyState steady(conditions);
  const std::uint64_t before = counted.total();
  REQUIRE(before > 1000);  // Starting allocates a lot: what counts does count.
  counted.trace(3);
  REQUIRE(steady.rounds(100) == requests);
  counted.trace(0);
  const std::uint64_t allocations = counted.total() - before;
  INFO(text_of(steady.balancer().process().error_lines()));
  CHECK(allocations <= allocations_max);

  fetch(steady.balancer().port(), "/");
  CHECK(counted.total() > before);  // A new client does: the worker's allocations are seen.
}

TEST_CASE("a request of a bound client allocates nothing") { allocate_at_most(0, {}); }

TEST_CASE("a request that begins a session allocates nothing") { allocate_at_most(0, {.cookies_kept = false}); }

TEST_CASE("a request with a body allocates nothing") {
  allocate_at_most(0, {.method = "POST", .body = std::string(1000, 'x')});
}

TEST_CASE("a request whose session the application's own key says allocates nothing") {
  struct Row {
    const char* what;
    Conditions conditions;
  };
  const auto row = GENERATE(values<Row>({
      {"route_suffix",
       {.affinity = "app_cookie: {name: JSESSIONID, how: route_suffix}, backup: next",
        .client_fields = "Cookie: JSESSIONID=8A2F#.a\r\n",
        .answer_fields = "Set-Cookie: JSESSIONID=8A2F.a; Path=/\r\n"}},
      {"prefix",
       {.affinity = "app_cookie: {name: SID, how: prefix}",
        .client_fields = "Cookie: x=1; SID=a~8A2F#\r\n",
        .answer_fields = "Set-Cookie: SID=8A2F; Path=/; Expires=Fri, 31 Dec 9999 23:59:59 GMT\r\n"}},
      {"a cookie that is learned",
       {.affinity = "app_cookie: {name: SID, how: learn}",
        .client_fields = "Cookie: SID=8A2F\r\n",
        .answer_fields = "Set-Cookie: SID=8A2F; Path=/; Max-Age=3600\r\n"}},
      {"a header that is learned",
       {.affinity = "header: {name: X-Session-Id, how: learn}", .client_fields = "X-Session-Id: 8A2F#\r\n"}},
      {"a header that is learned each time anew",
       {.cookies_kept = false,
        .affinity = "header: {name: X-Session-Id, how: learn}, table: {entries: 16}",
        .client_fields = "X-Session-Id: 8A2F#\r\n"}},
      {"a header that is hashed",
       {.affinity = "header: {name: X-Session-Id, how: hash}, backup: next",
        .client_fields = "X-Session-Id: 8A2F#\r\n"}},
  }));
  CAPTURE(row.what);
  allocate_at_most(0, row.conditions);
}

// Two buffers grow by doubling, to what comes in between two writes of the log's thread; beyond 256 KiB, more than 600
// lines, they shrink again. That is at most 3 % of the requests, whatever the machine does meanwhile.
TEST_CASE("a request that is logged allocates nothing but room for many lines") {
  const std::string format = GENERATE("json", "combined");
  const TemporaryDirectory logs;
  allocate_at_most(requests / 33,
                   {.top = {"access_log: {file: " + logs.file("access.log") + ", format: " + format + "}"}});
}

}  // namespace
}  // namespace stickler::integration
