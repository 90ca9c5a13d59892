// A message's head as the scan left it: the raw bytes, and where in them everything stands. Values that borrow the
// bytes; any thread. RFC 9110, 9112.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

namespace stickler::http {

// Fields that rules here are about. Less than 64, so that a set of them is a word.
enum class FieldId : std::uint8_t {
  other,
  authorization,
  cache_control,
  connection,
  content_length,
  cookie,
  date,
  discarded,   // Neither believed nor forwarded: it would be taken for a field that it is not.
  end_to_end,  // Standard fields for the recipient of the message itself, that need no further rule.
  expect,
  forwarded,
  host,
  http2_settings,
  keep_alive,
  max_forwards,
  proxy_connection,
  set_cookie,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_other,
  x_forwarded_proto,
  x_node_generation,
  x_request_id,
  x_session_backup,
};

FieldId field_id(std::string_view name);  // Ignores case.

class FieldSet {
 public:
  constexpr FieldSet() = default;
  constexpr FieldSet(std::initializer_list<FieldId> ids) {
    for (const FieldId id : ids) add(id);
  }

  constexpr bool has(FieldId id) const { return (bits_ & bit(id)) != 0; }
  constexpr void add(FieldId id) { bits_ |= bit(id); }
  constexpr void remove(FieldId id) { bits_ &= ~bit(id); }

 private:
  static constexpr std::uint64_t bit(FieldId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }

  std::uint64_t bits_ = 0;
};

// Offsets into the head's bytes, not pointers, so that a head can be copied elsewhere.
struct Field {
  std::uint32_t line = 0;      // Where the line begins, and with it the name.
  std::uint32_t line_end = 0;  // Behind its CRLF.
  std::uint32_t value = 0;
  std::uint32_t value_size = 0;  // Without the blanks around it.
  std::uint16_t name_size = 0;
  FieldId id = FieldId::other;
  bool named = false;  // By a Connection field: it is for this connection only.
};

// Fields in their order, equal names included.
class FieldBlock {
 public:
  std::string_view bytes() const { return bytes_; }
  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  const Field& operator[](std::size_t i) const { return fields_[i]; }
  std::string_view name(std::size_t i) const { return bytes_.substr(fields_[i].line, fields_[i].name_size); }
  std::string_view value(std::size_t i) const { return bytes_.substr(fields_[i].value, fields_[i].value_size); }
  std::string_view line(std::size_t i) const { return range(fields_[i].line, fields_[i].line_end); }
  std::string_view range(std::size_t begin, std::size_t end) const { return bytes_.substr(begin, end - begin); }

  bool has(FieldId id) const { return present_.has(id); }
  std::size_t count(FieldId id) const;
  std::optional<std::size_t> find(FieldId id) const;             // The first.
  std::optional<std::size_t> find(std::string_view name) const;  // Ignores case.
  std::string_view value_of(FieldId id) const;                   // Of the first; "" if there is none.
  std::string_view value_of(std::string_view name) const;        // Ignores case.

  // The same bytes now stand there.
  void rebase(const char* bytes) { bytes_ = {bytes, bytes_.size()}; }

  void reset(std::string_view bytes = {}) {
    bytes_ = bytes;
    fields_.clear();
    present_ = {};
  }
  void trim(std::size_t size) { bytes_ = bytes_.substr(0, size); }  // The bytes behind it are not the head's.
  void add(const Field& field) {
    fields_.push_back(field);
    present_.add(field.id);
  }
  void mark_named(std::size_t i) { fields_[i].named = true; }
  void discard(FieldId id);  // All fields of it become FieldId::discarded.

  // Keeps the fields for which `keep(i)` holds.
  template <class Keep>
  void filter(Keep keep) {
    std::size_t kept = 0;
    present_ = {};
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (!keep(i)) continue;
      present_.add(fields_[i].id);
      fields_[kept++] = fields_[i];
    }
    fields_.resize(kept);
  }

 private:
  std::string_view bytes_;
  FieldSet present_;
  std::vector<Field> fields_;
};

enum class BodyKind : std::uint8_t { none, length, chunked, until_close };

// Where a body ends (RFC 9112 6.3).
struct Framing {
  BodyKind kind = BodyKind::none;
  std::uint64_t length = 0;  // For BodyKind::length.

  bool empty() const { return kind == BodyKind::none || (kind == BodyKind::length && length == 0); }

  friend bool operator==(const Framing&, const Framing&) = default;
};

enum class Method : std::uint8_t { other, get, head, post, put, delete_, patch, options, trace, connect };

Method method_of(std::string_view text);  // Case matters (RFC 9110 9.1).

// RFC 9110 9.2.2
constexpr bool is_idempotent(Method method) {
  return method == Method::get || method == Method::head || method == Method::put || method == Method::delete_ ||
         method == Method::options || method == Method::trace;
}

struct Span {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

struct RequestHead : FieldBlock {
  std::string_view method_text() const { return bytes().substr(method_span.begin, method_span.size); }
  std::string_view target() const { return bytes().substr(target_span.begin, target_span.size); }
  // The effective host: of an absolute target, else of Host; "" for HTTP/1.0 without either.
  std::string_view authority() const { return bytes().substr(authority_span.begin, authority_span.size); }
  // What an origin-form target would be, but without its '/' where an absolute target goes on with '?'; "*" for the
  // asterisk-form and what stands for it; a CONNECT's target.
  std::string_view path_and_query() const;
  std::string_view path() const;  // "/" at least.

  Method method = Method::other;
  std::uint8_t minor_version = 1;
  bool keep_alive = true;  // The client wants to go on (RFC 9112 9.3).
  bool expect_continue = false;
  bool wants_websocket = false;
  bool absolute_target = false;
  bool connection_names_fields = false;       // None of the trailers is to be believed then.
  std::optional<std::uint64_t> max_forwards;  // For OPTIONS and TRACE only (RFC 9110 7.6.2).
  Framing framing;
  Span method_span;
  Span target_span;
  Span authority_span;
  Span path_span;  // Of the target; size 0: an absolute target without a path.
};

struct ResponseHead : FieldBlock {
  std::string_view reason() const { return bytes().substr(reason_span.begin, reason_span.size); }

  std::uint16_t status = 0;
  std::uint8_t minor_version = 1;
  bool keep_alive = true;
  bool connection_names_fields = false;
  // The one valid Content-Length of an answer without Transfer-Encoding; the body's length only if it has one.
  std::optional<std::uint64_t> content_length;
  Framing framing;
  Span reason_span;
};

}  // namespace stickler::http
