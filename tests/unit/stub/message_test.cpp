#include "backend_stub/peers/message.h"

#include <catch2/catch.hpp>

#include "backend_stub/peers/packing.h"

namespace stickler::stub::test {
namespace {

using namespace std::chrono_literals;

const Stamp stamp{.term = 7, .owner = "node-b", .version = 41};

Copy copy_with(std::string data) {
  return {.id = "the id",
          .stamp = stamp,
          .left = 29min,
          .session = std::make_shared<const Session>(
              Session{.user = "eve", .visits = 1234567890123, .data = std::move(data)})};
}

// One of each kind, as full as it gets, and with what may be left out left out.
std::vector<Message> messages() {
  return {Hello{.name = "a", .generation = 0xfedcba9876543210},
          copy_with(std::string("da\0ta", 5)),
          copy_with(""),
          Change{.id = "i",
                 .stamp = stamp,
                 .from = {.term = 6, .owner = "a", .version = 40},
                 .left = 1ns,
                 .visits = 3,
                 .data = "d"},
          Change{.id = "i", .stamp = stamp, .from = stamp},
          Release{.id = "i", .stamp = stamp},
          Erase{.id = "i", .stamp = stamp},
          Find{.id = "i"},
          Claim{.id = "i", .have = stamp, .stamp = {.term = 8, .owner = "c"}},
          Offer{},
          Offer{.sessions = {{.id = "1", .stamp = stamp, .erased = true}, {.id = "2", .stamp = {}, .yours = true}}},
          Ping{},
          Stored{},
          Stored{.status = Stored::Status::superseded, .stamp = stamp},
          Stored{.status = Stored::Status::full},
          Found{.status = Found::Status::busy},
          Found{.status = Found::Status::held, .stamp = stamp, .term = 12, .copy = copy_with("x")},
          Wanted{},
          Wanted{.ids = {"1", "2"}, .superseded = {{.id = "3", .stamp = stamp}}}};
}

TEST_CASE("every message comes out as it went in") {
  std::size_t kinds = 0;
  for (const Message& message : messages()) {
    const std::string bytes = pack({.number = 9, .message = message});
    const auto unpacked = unpack(bytes);
    INFO("kind " << message.index());
    REQUIRE(unpacked);
    CHECK(unpacked->number == 9);
    CHECK(unpacked->message.index() == message.index());
    CHECK(pack(*unpacked) == bytes);
    kinds |= std::size_t{1} << message.index();
  }
  CHECK(kinds + 1 == std::size_t{1} << std::variant_size_v<Message>);  // None was forgotten above.
}

TEST_CASE("a session keeps its user, its visits, its data and the rest of its life") {
  const auto unpacked = unpack(pack({.number = 1, .message = copy_with(std::string("da\0ta", 5))}));
  const Copy& copy = std::get<Copy>(unpacked->message);
  CHECK(copy.id == "the id");
  CHECK(copy.stamp == stamp);
  CHECK(copy.left == 29min);
  CHECK(copy.session->user == "eve");
  CHECK(copy.session->visits == 1234567890123);
  CHECK(copy.session->data == std::string("da\0ta", 5));
}

TEST_CASE("a message that is cut, or has something behind it, is none") {
  for (const Message& message : messages()) {
    const std::string bytes = pack({.number = 9, .message = message});
    INFO("kind " << message.index());
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(unpack(bytes.substr(0, size)));
    CHECK_FALSE(unpack(bytes + '\0'));
  }
}

TEST_CASE("what no node of ours would say is no message") {
  const auto starting = [](std::uint8_t kind) {
    std::string bytes;
    Packer out(bytes);
    out.u64(1);
    out.u8(kind);
    return bytes;
  };
  CHECK_FALSE(unpack(starting(std::variant_size_v<Message>)));
  CHECK_FALSE(unpack(starting(255)));

  const Message offer = Offer{};
  const Message stored = Stored{};
  const Message found = Found{};
  std::string many = starting(static_cast<std::uint8_t>(offer.index()));
  Packer(many).u32(offer_size_max + 1);
  CHECK_FALSE(unpack(many));
  for (const Message& answer : {stored, found}) {
    std::string status = pack({.number = 1, .message = answer});
    status[9] = 5;
    CHECK_FALSE(unpack(status));
  }
  CHECK_FALSE(unpack(pack({.number = 1, .message = Hello{.name = std::string(65, 'n')}})));
  CHECK_FALSE(unpack(pack({.number = 1, .message = Erase{.id = std::string(65, 'i'), .stamp = {}}})));
  // One more would be the first again.
  const Stamp endless{.term = std::uint64_t{1} << 60, .owner = "a", .version = 1};
  CHECK_FALSE(unpack(pack({.number = 1, .message = Erase{.id = "id", .stamp = endless}})));
  Found late;
  late.term = endless.term;
  CHECK_FALSE(unpack(pack({.number = 1, .message = late})));
  // Added to the time it would overflow.
  Message long_life = copy_with("");
  std::get<Copy>(long_life).left = Duration::max();
  CHECK_FALSE(unpack(pack({.number = 1, .message = long_life})));
}

TEST_CASE("a text whose length is a lie takes no memory") {
  std::string bytes;
  Packer(bytes).u32(0xffffffff);
  bytes += "abc";
  Unpacker in(bytes);
  CHECK(in.text(std::size_t{1} << 40).empty());
  CHECK_FALSE(in.well());
  CHECK(in.u8() == 0);  // Nothing is read behind it.
}

}  // namespace
}  // namespace stickler::stub::test
