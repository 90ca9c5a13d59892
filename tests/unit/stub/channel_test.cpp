#include "backend_stub/peers/channel.h"

#include <catch2/catch.hpp>

namespace stickler::stub::test {
namespace {

const Channel::Identity of_a{.secret = key_of_secret("the secret of both"), .name = "a", .generation = 1};
const Channel::Identity of_b{.secret = key_of_secret("the secret of both"), .name = "b", .generation = 2};

std::string nonce(char c) { return std::string(channel_nonce_bytes, c); }

// Two ends, and all that each has sent.
struct Pair {
  explicit Pair(const Channel::Identity& dialling = of_a, const Channel::Identity& accepting = of_b)
      : dialler(Side::dialler, dialling, nonce('1')), acceptor(Side::acceptor, accepting, nonce('2')) {}

  // What comes of it on each side: the first event that is not "need more", or that.
  Channel::Event greet() {
    acceptor.push(dialler.opening());
    dialler.push(acceptor.opening());
    from_dialler = dialler.take_output();
    from_acceptor = acceptor.take_output();
    acceptor.push(from_dialler);
    dialler.push(from_acceptor);
    at_acceptor = acceptor.next();
    return dialler.next();
  }

  Channel dialler;
  Channel acceptor;
  std::string from_dialler;
  std::string from_acceptor;
  Channel::Event at_acceptor = Channel::Event::need_more;
};

const Envelope question{.number = 5, .message = Release{.id = "id", .stamp = {.term = 1, .owner = "a", .version = 3}}};

std::string sent_by(Channel& channel, const Envelope& envelope = question) {
  channel.send(envelope);
  return channel.take_output();
}

TEST_CASE("two ends with one secret learn each other's names, then messages go both ways") {
  Pair pair;
  REQUIRE(pair.greet() == Channel::Event::greeted);
  REQUIRE(pair.at_acceptor == Channel::Event::greeted);
  CHECK(pair.dialler.peer() == "b");
  CHECK(pair.acceptor.peer() == "a");
  CHECK(pair.acceptor.peer_generation() == 1);
  for (int i = 0; i < 3; ++i) {
    pair.acceptor.push(sent_by(pair.dialler));
    REQUIRE(pair.acceptor.next() == Channel::Event::message);
    CHECK(pair.acceptor.envelope().number == 5);
    CHECK(std::get<Release>(pair.acceptor.envelope().message).stamp.version == 3);
    CHECK(pair.acceptor.next() == Channel::Event::need_more);
    pair.dialler.push(sent_by(pair.acceptor, {.number = 5, .message = Stored{}}));
    REQUIRE(pair.dialler.next() == Channel::Event::message);
  }
}

TEST_CASE("it does not matter how the bytes are cut") {
  for (const std::size_t piece : {1, 2, 3, 7, 36, 1000}) {
    INFO(piece);
    Pair pair;
    pair.dialler.push(pair.acceptor.opening());
    std::string bytes = pair.dialler.opening() + pair.dialler.take_output();
    for (int i = 0; i < 5; ++i) bytes += sent_by(pair.dialler);
    int greetings = 0;
    int messages = 0;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      pair.acceptor.push(std::string(bytes.substr(at, piece)));
      for (Channel::Event event = pair.acceptor.next(); event != Channel::Event::need_more;
           event = pair.acceptor.next()) {
        REQUIRE(event != Channel::Event::broken);
        (event == Channel::Event::greeted ? greetings : messages) += 1;
      }
    }
    CHECK(greetings == 1);
    CHECK(messages == 5);
  }
}

TEST_CASE("another secret, another protocol and one's own name are refused before any message") {
  const Channel::Identity stranger{.secret = key_of_secret("another secret"), .name = "b", .generation = 2};
  Pair strangers(of_a, stranger);
  CHECK(strangers.greet() == Channel::Event::broken);
  CHECK(strangers.at_acceptor == Channel::Event::broken);
  CHECK(strangers.dialler.flaw() == "it has another --peer-secret");

  Pair namesakes(of_a, of_a);
  CHECK(namesakes.greet() == Channel::Event::broken);
  CHECK(namesakes.dialler.flaw() == "it has the name of this node");

  Channel channel(Side::acceptor, of_b, nonce('2'));
  channel.push("s");
  CHECK(channel.next() == Channel::Event::need_more);
  channel.push("mtp");
  CHECK(channel.next() == Channel::Event::broken);
  CHECK(channel.flaw() == "it speaks another protocol");
  channel.push(Channel(Side::dialler, of_a, nonce('1')).opening());
  CHECK(channel.next() == Channel::Event::broken);  // For good.
}

TEST_CASE("a changed bit anywhere in a frame ends the channel") {
  Pair whole;
  whole.greet();
  const std::string frame = sent_by(whole.dialler);
  for (std::size_t at = 0; at < frame.size(); ++at) {
    Pair pair;
    pair.greet();
    REQUIRE(sent_by(pair.dialler) == frame);  // The nonces are the same ones.
    std::string changed = frame;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    pair.acceptor.push(changed);
    // A length that became greater waits for more, and fails when it is there.
    if (pair.acceptor.next() == Channel::Event::need_more) pair.acceptor.push(std::string(std::size_t{1} << 25, 'x'));
    INFO(at);
    CHECK(pair.acceptor.next() == Channel::Event::broken);
  }
}

TEST_CASE("a frame cannot be repeated, left out, swapped, sent back or carried to another connection") {
  const auto accepted = [](Pair& pair, const std::string& bytes) {
    pair.acceptor.push(bytes);
    int messages = 0;
    while (pair.acceptor.next() == Channel::Event::message) ++messages;
    return pair.acceptor.next() == Channel::Event::broken ? -1 : messages;
  };
  const auto greeted = [] {
    Pair pair;
    pair.greet();
    return pair;
  };
  Pair pair = greeted();
  const std::string first = sent_by(pair.dialler);
  const std::string second = sent_by(pair.dialler);
  const std::string back = sent_by(pair.acceptor);

  Pair in_order = greeted();
  CHECK(accepted(in_order, first + second) == 2);
  for (const std::string& bytes : {first + first, second, second + first, back, pair.from_acceptor}) {
    Pair other = greeted();
    CHECK(accepted(other, bytes) == -1);
  }
  // The same ends and the same secret, but random bytes of a new connection on the acceptor's side.
  Channel acceptor(Side::acceptor, of_b, nonce('3'));
  acceptor.push(pair.dialler.opening());
  acceptor.push(pair.from_dialler + first);
  CHECK(acceptor.next() == Channel::Event::broken);
}

TEST_CASE("who has not proved the secret cannot make the other end hold more than a greeting") {
  Channel channel(Side::acceptor, of_b, nonce('2'));
  channel.push(Channel(Side::dialler, of_a, nonce('1')).opening());
  CHECK(channel.next() == Channel::Event::need_more);
  channel.push(std::string("\0\0\1\1", 4));  // 257 bytes.
  CHECK(channel.next() == Channel::Event::broken);
  CHECK(channel.flaw() == "a frame is too long");
}

TEST_CASE("a message before the greeting, and a second greeting, are out of turn") {
  Pair pair;
  pair.greet();
  pair.acceptor.push(sent_by(pair.dialler, {.number = 0, .message = Hello{.name = "c", .generation = 1}}));
  CHECK(pair.acceptor.next() == Channel::Event::broken);
  CHECK(pair.acceptor.flaw() == "a message comes out of turn");
}

}  // namespace
}  // namespace stickler::stub::test
