#include "lb/proxy/gather.h"

#include <catch2/catch.hpp>
#include <vector>

namespace stickler::proxy {
namespace {

// What reaches a transport, write by write.
struct Written final : io::Transport {
  void set_events(io::TransportEvents&) override {}
  using Transport::write;
  void write(std::span<const std::string_view> pieces) override {
    REQUIRE(pieces.size() <= 8);
    std::string whole;
    for (const auto piece : pieces) {
      CHECK_FALSE(piece.empty());
      whole += piece;
    }
    writes.push_back(whole);
  }
  void write_last(std::span<const std::string_view> pieces) override {
    write(pieces);
    writes.emplace_back("end");
  }
  std::size_t unsent_bytes() const override { return 0; }
  void shutdown() override {}
  void hold(io::Hold) override {}
  void release(io::Hold) override {}
  void close() override {}
  void set_reset_on_close() override {}

  std::vector<std::string> writes;
};

using Writes = std::vector<std::string>;

TEST_CASE("text and body bytes, few or many, leave in one write, in the order they came") {
  Gather gather;
  Written to;
  const std::string many(5000, 'm');
  gather.text(to).append("head\r\n");
  gather.text(to).append("\r\n");
  gather.put(to, "body");
  gather.text(to).append("\r\n");
  gather.put(to, "more");
  gather.put(to, many);
  gather.put(to, "");
  gather.text(to);
  CHECK(to.writes.empty());
  gather.flush();
  CHECK(to.writes == Writes{"head\r\n\r\nbody\r\nmore" + many});
}

TEST_CASE("the last of a transport ends it, and nobody else") {
  Gather gather;
  Written to;
  Written other;
  gather.put(to, "last words");
  gather.flush_last(to);
  CHECK(to.writes == Writes{"last words", "end"});
  gather.put(other, "goes on");
  gather.flush_last(to);
  CHECK(other.writes == Writes{"goes on"});
  gather.flush_last(to);
  CHECK(to.writes.size() == 2);
}

TEST_CASE("nothing gathered is nothing written") {
  Gather gather;
  Written to;
  gather.flush();
  gather.text(to);
  gather.flush();
  gather.put(to, "");
  gather.flush();
  CHECK(to.writes.empty());
}

TEST_CASE("beginning with another transport sends what was gathered for the first") {
  Gather gather;
  Written first;
  Written second;
  gather.text(first).append("one");
  gather.text(second).append("two");
  CHECK(first.writes == Writes{"one"});
  gather.put(first, "three");
  CHECK(second.writes == Writes{"two"});
  gather.flush();
  CHECK(first.writes == Writes{"one", "three"});
}

TEST_CASE("more pieces than a write takes go out in several, none lost, whatever their mixture") {
  for (unsigned mixture = 0; mixture < 256; ++mixture) {
    Gather gather;
    Written to;
    std::string expected;
    std::vector<std::string> borrowed;
    borrowed.reserve(100);
    for (unsigned i = 0; i < 30; ++i) {
      const std::string piece = "<" + std::to_string(i) + ">";
      expected += piece;
      if ((mixture >> (i % 8) & 1) != 0) {
        gather.text(to).append(piece);
      } else {
        gather.put(to, borrowed.emplace_back(piece + std::string(i % 3 == 0 ? 2000 : 0, 'x')));
        expected.append(borrowed.back(), piece.size());
      }
    }
    gather.flush();
    std::string whole;
    for (const auto& write : to.writes) whole += write;
    CAPTURE(mixture);
    CHECK(whole == expected);
  }
}

TEST_CASE("what was gathered for a transport that closes is dropped, and for another kept") {
  Gather gather;
  Written closing;
  Written other;
  gather.text(closing).append("never");
  gather.put(closing, "sent");
  gather.forget(other);
  gather.forget(closing);
  gather.flush();
  CHECK(closing.writes.empty());
  gather.text(other).append("sent");
  gather.forget(closing);
  gather.flush();
  CHECK(other.writes == Writes{"sent"});
}

}  // namespace
}  // namespace stickler::proxy
