#include "backend_stub/peers/message.h"

#include <algorithm>
#include <utility>

#include "backend_stub/peers/packing.h"

namespace stickler::stub {
namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t id_bytes_max = 64;
constexpr std::size_t user_bytes_max = 256;

// Twice as long as --ttl may be; more would not be added to a time.
constexpr auto left_max = std::chrono::duration_cast<Duration>(std::chrono::hours(24 * 365 * 20));

// --- Packing ---------------------------------------------------------------------------------------------------------

void put(Packer& out, const Stamp& stamp) {
  out.u64(stamp.term);
  out.text(stamp.owner);
  out.u64(stamp.version);
}

void put(Packer& out, Duration left) { out.u64(static_cast<std::uint64_t>(std::max(left, Duration::zero()).count())); }

void put(Packer& out, const Hello& hello) {
  out.text(hello.name);
  out.u64(hello.generation);
}

void put(Packer& out, const Copy& copy) {
  out.text(copy.id);
  put(out, copy.stamp);
  put(out, copy.left);
  out.text(copy.session->user);
  out.u64(copy.session->visits);
  out.text(copy.session->data);
}

void put(Packer& out, const Change& change) {
  out.text(change.id);
  put(out, change.stamp);
  put(out, change.from);
  put(out, change.left);
  out.u8(change.visits ? 1 : 0);
  if (change.visits) out.u64(*change.visits);
  out.u8(change.data ? 1 : 0);
  if (change.data) out.text(*change.data);
}

void put(Packer& out, const Release& release) {
  out.text(release.id);
  put(out, release.stamp);
}

void put(Packer& out, const Erase& erase) {
  out.text(erase.id);
  put(out, erase.stamp);
}

void put(Packer& out, const Find& find) {
  out.text(find.id);
  put(out, find.have);
}

void put(Packer& out, const Claim& claim) {
  out.text(claim.id);
  put(out, claim.have);
  put(out, claim.stamp);
}

void put(Packer& out, const Offer& offer) {
  out.u32(static_cast<std::uint32_t>(offer.sessions.size()));
  for (const Offered& session : offer.sessions) {
    out.text(session.id);
    put(out, session.stamp);
    out.u8(session.erased ? 1 : 0);
    out.u8(session.yours ? 1 : 0);
  }
}

void put(Packer&, const Ping&) {}

void put(Packer& out, const Stored& stored) {
  out.u8(static_cast<std::uint8_t>(stored.status));
  put(out, stored.stamp);
}

void put(Packer& out, const Found& found) {
  out.u8(static_cast<std::uint8_t>(found.status));
  put(out, found.stamp);
  out.u64(found.term);
  out.u8(found.copy ? 1 : 0);
  if (found.copy) put(out, *found.copy);
}

void put(Packer& out, const Wanted& wanted) {
  out.u32(static_cast<std::uint32_t>(wanted.ids.size()));
  for (const std::string& id : wanted.ids) out.text(id);
  out.u32(static_cast<std::uint32_t>(wanted.superseded.size()));
  for (const Superseded& superseded : wanted.superseded) {
    out.text(superseded.id);
    put(out, superseded.stamp);
  }
}

// --- Unpacking -------------------------------------------------------------------------------------------------------

// Each change of owner adds one, each end a thousand. More would come round to 0.
std::uint64_t term_of(Unpacker& in) {
  const std::uint64_t term = in.u64();
  if (term >= std::uint64_t{1} << 60) in.refuse();
  return term;
}

Stamp stamp_of(Unpacker& in) {
  Stamp stamp;
  stamp.term = term_of(in);
  stamp.owner = in.text(name_bytes_max);
  stamp.version = in.u64();
  return stamp;
}

Duration left_of(Unpacker& in) {
  const std::uint64_t left = in.u64();
  if (left <= static_cast<std::uint64_t>(left_max.count())) return Duration(static_cast<Duration::rep>(left));
  in.refuse();
  return {};
}

void get(Unpacker& in, Hello& hello) {
  hello.name = in.text(name_bytes_max);
  hello.generation = in.u64();
}

void get(Unpacker& in, Copy& copy) {
  copy.id = in.text(id_bytes_max);
  copy.stamp = stamp_of(in);
  copy.left = left_of(in);
  Session session;
  session.user = in.text(user_bytes_max);
  session.visits = in.u64();
  session.data = in.text(message_data_bytes_max);
  copy.session = std::make_shared<const Session>(std::move(session));
}

void get(Unpacker& in, Change& change) {
  change.id = in.text(id_bytes_max);
  change.stamp = stamp_of(in);
  change.from = stamp_of(in);
  change.left = left_of(in);
  if (in.flag()) change.visits = in.u64();
  if (in.flag()) change.data = in.text(message_data_bytes_max);
}

void get(Unpacker& in, Release& release) {
  release.id = in.text(id_bytes_max);
  release.stamp = stamp_of(in);
}

void get(Unpacker& in, Erase& erase) {
  erase.id = in.text(id_bytes_max);
  erase.stamp = stamp_of(in);
}

void get(Unpacker& in, Find& find) {
  find.id = in.text(id_bytes_max);
  find.have = stamp_of(in);
}

void get(Unpacker& in, Claim& claim) {
  claim.id = in.text(id_bytes_max);
  claim.have = stamp_of(in);
  claim.stamp = stamp_of(in);
}

void get(Unpacker& in, Offer& offer) {
  const std::uint32_t count = in.count(offer_size_max);
  for (std::uint32_t i = 0; i < count && in.well(); ++i) {
    Offered& session = offer.sessions.emplace_back();
    session.id = in.text(id_bytes_max);
    session.stamp = stamp_of(in);
    session.erased = in.flag();
    session.yours = in.flag();
  }
}

void get(Unpacker&, Ping&) {}

void get(Unpacker& in, Stored& stored) {
  stored.status = static_cast<Stored::Status>(in.number_below(4));
  stored.stamp = stamp_of(in);
}

void get(Unpacker& in, Found& found) {
  found.status = static_cast<Found::Status>(in.number_below(5));
  found.stamp = stamp_of(in);
  found.term = term_of(in);
  if (in.flag()) get(in, found.copy.emplace());
}

void get(Unpacker& in, Wanted& wanted) {
  const std::uint32_t ids = in.count(offer_size_max);
  for (std::uint32_t i = 0; i < ids && in.well(); ++i) wanted.ids.push_back(in.text(id_bytes_max));
  const std::uint32_t superseded = in.count(offer_size_max);
  for (std::uint32_t i = 0; i < superseded && in.well(); ++i) {
    Superseded& one = wanted.superseded.emplace_back();
    one.id = in.text(id_bytes_max);
    one.stamp = stamp_of(in);
  }
}

// The kind of a message is its place in the variant.
template <std::size_t kind = 0>
bool get_kind(std::size_t wanted, Unpacker& in, Message& message) {
  if constexpr (kind < std::variant_size_v<Message>) {
    if (wanted != kind) return get_kind<kind + 1>(wanted, in, message);
    get(in, message.emplace<kind>());
    return true;
  }
  return false;
}

}  // namespace

std::string pack(const Envelope& envelope) {
  std::string bytes;
  Packer out(bytes);
  out.u64(envelope.number);
  out.u8(static_cast<std::uint8_t>(envelope.message.index()));
  std::visit([&](const auto& message) { put(out, message); }, envelope.message);
  return bytes;
}

std::optional<Envelope> unpack(std::string_view bytes) {
  Unpacker in(bytes);
  Envelope envelope;
  envelope.number = in.u64();
  const std::size_t kind = in.u8();
  if (!in.well() || !get_kind(kind, in, envelope.message) || !in.whole()) return std::nullopt;
  return envelope;
}

}  // namespace stickler::stub
