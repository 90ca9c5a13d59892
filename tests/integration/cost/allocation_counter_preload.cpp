// Loaded before a program (LD_PRELOAD), this counts what all its threads allocate: the program's own code, libuv's,
// llhttp's and the standard library's alike. A hook inside the program would see its own operator new only.
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "tests/integration/cost/allocation_counts.h"

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

using stickler::integration::AllocationCounts;

AllocationCounts* counts = nullptr;
// Writing a trace may allocate. Not of the model for libraries that come late: that one allocates.
[[gnu::tls_model("initial-exec")]] thread_local bool tracing = false;

[[gnu::constructor]] void map_counts() {
  const char* path = std::getenv(stickler::integration::allocation_counts_variable);
  const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = ::mmap(nullptr, sizeof(AllocationCounts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  void* frame = nullptr;
  ::backtrace(&frame, 1);  // The first one allocates.
  if (mapped != MAP_FAILED) counts = static_cast<AllocationCounts*>(mapped);
}

void trace() {
  tracing = true;
  void* frames[24];
  const int size = ::backtrace(frames, 24);
  constexpr char line[] = "allocation:\n";
  if (::write(STDERR_FILENO, line, sizeof(line) - 1) > 0) ::backtrace_symbols_fd(frames, size, STDERR_FILENO);
  tracing = false;
}

void count() {
  if (counts == nullptr || tracing) return;
  counts->allocations.fetch_add(1, std::memory_order_relaxed);
  if (counts->traces_left.load(std::memory_order_relaxed) > 0 && counts->traces_left.fetch_sub(1) > 0) trace();
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}

void* calloc(std::size_t count_of, std::size_t size) {
  count();
  return __libc_calloc(count_of, size);
}

void* realloc(void* memory, std::size_t size) {
  count();
  return __libc_realloc(memory, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"
