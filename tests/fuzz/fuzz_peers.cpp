// What nodes of login-stub say to each other, in any bytes: as a message, as a stream of frames, and as what a
// frame carries.
#include <string>

#include "backend_stub/peers/channel.h"
#include "tests/fuzz/http_fuzz.h"

namespace {

using namespace stickler::stub;
using namespace stickler::fuzz;

const Channel::Identity node_a{.secret = key_of_secret("a"), .name = "a", .generation = 1};
const Channel::Identity node_b{.secret = key_of_secret("a"), .name = "b", .generation = 2};

// A message has one form only.
void as_message(std::string_view bytes) {
  const auto envelope = unpack(bytes);
  if (envelope) require(pack(*envelope) == bytes);
}

// What comes of the bytes does not depend on how they are cut: how many messages, and how it ends.
std::string events_of(Channel& channel) {
  std::string events;
  while (true) {
    const Channel::Event event = channel.next();
    if (event == Channel::Event::need_more) return events;
    events.push_back(static_cast<char>('0' + static_cast<int>(event)));
    if (event == Channel::Event::broken) return events;
  }
}

void as_stream(const Input& input) {
  const std::string nonce(channel_nonce_bytes, 'n');
  Channel whole(Side::acceptor, node_b, nonce);
  Channel cut(Side::acceptor, node_b, nonce);
  whole.push(input.text());
  const std::string expected = events_of(whole);
  std::string events;
  input.cut([&](std::string_view piece) {
    cut.push(piece);
    events += events_of(cut);
    return !events.ends_with('3');
  });
  require(events == expected);
}

// In frames of a peer that knows the key, between others.
void as_payload(const Input& input) {
  FrameSealer sealer(node_a.secret);
  const std::string frames = sealer.seal("first") + sealer.seal(input.text()) + sealer.seal("");
  FrameOpener opener(node_a.secret, input.text().size() + 5);
  std::string payloads;
  int count = 0;
  for (std::size_t at = 0, size = 1; at < frames.size(); at += size, size = size * 3 % 61) {
    opener.push(std::string_view(frames).substr(at, size));
    FrameOpener::Outcome outcome = opener.next();
    for (; outcome == FrameOpener::Outcome::frame; outcome = opener.next(), ++count) payloads += opener.payload();
    require(outcome == FrameOpener::Outcome::need_more);
  }
  require(count == 3 && payloads == "first" + std::string(input.text()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input(data, size);
  as_message(input.text());
  as_stream(input);
  as_payload(input);
  return 0;
}
