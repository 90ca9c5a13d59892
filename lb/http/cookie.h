// Cookies (RFC 6265): finding and removing one in a request, setting one in an answer. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/http/message.h"
#include "lb/http/output.h"

namespace stickler::http {

// The values of the cookies of one name over all Cookie fields, in their order. Names are compared with their case.
// Requires: head and name outlive it.
class CookieValues {
 public:
  CookieValues(const FieldBlock& head, std::string_view name)
      : head_(head), name_(name), fields_left_(head.has(FieldId::cookie) ? head.size() : 0) {}

  std::optional<std::string_view> next();  // nullopt: there are no more.

 private:
  const FieldBlock& head_;
  std::string_view name_;
  std::string_view rest_{};  // Of the field that was looked at last.
  std::size_t fields_left_;
};

struct FoundCookie {
  std::optional<std::string_view> value;  // Of the first with the name.
  std::size_t count = 0;                  // How many had it.
};

FoundCookie find_cookie(const FieldBlock& head, std::string_view name);

// Puts out a Cookie field's value without any cookie of that name. Returns whether anything is left; the other pairs
// keep their bytes.
bool put_without_cookie(Output& out, std::string_view value, std::string_view name);

bool has_cookie(std::string_view value, std::string_view name);

// Without the quotes in which a cookie's value may stand (RFC 6265 4.1.1).
std::string_view unquoted(std::string_view value);

struct SetCookie {
  std::string_view value;
  std::string_view attributes;  // Each with the semicolon before it; "": none.
};

// What the Set-Cookie fields of an answer say of the cookies of one name, in their order: they may be several, of
// different paths. Requires: head and name outlive it.
class SetCookies {
 public:
  SetCookies(const FieldBlock& head, std::string_view name)
      : head_(head), name_(name), fields_left_(head.has(FieldId::set_cookie) ? head.size() : 0) {}

  std::optional<SetCookie> next();  // nullopt: there are no more.

 private:
  const FieldBlock& head_;
  std::string_view name_;
  std::size_t fields_left_;
};

// Whether it takes the cookie from the client: with an expiry that has passed (RFC 6265 5.3), or by an empty value.
bool is_removal(const SetCookie& cookie, WallTime now);

// "NODE~value": a cookie of the application's with a node's name in front, which its client keeps and no backend sees.
struct NodePrefix {
  std::string_view node;   // Letters, digits, "-_."; "": there is none, a '~' may be the value's own.
  std::string_view value;  // What the application knows.
};
NodePrefix split_node_prefix(std::string_view value);  // Without quotes around it.

// Puts out a Cookie field's value without the prefix of the cookies of that name; all else keeps its bytes.
void put_without_node_prefix(Output& out, std::string_view value, std::string_view name);

// Puts out a Set-Cookie field's value, with the prefix if it sets a cookie of that name. An empty one ends a session
// and stays as it is.
void put_with_node_prefix(Output& out, std::string_view value, std::string_view name, std::string_view node);

enum class SameSite : unsigned char { lax, strict, none };

struct CookieAttributes {
  std::string name;
  std::string path = "/";
  std::string domain{};  // "": none.
  SameSite same_site = SameSite::lax;
  bool secure = false;
  bool http_only = true;
  bool partitioned = false;
};

// The value of a Set-Cookie field. A session cookie of the browser: its life is inside the value.
void append_set_cookie(std::string& out, const CookieAttributes& attributes, std::string_view value);

}  // namespace stickler::http
