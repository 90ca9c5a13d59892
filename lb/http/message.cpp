#include "lb/http/message.h"

#include "lb/base/bytes.h"

namespace stickler::http {

Method method_of(std::string_view text) {
  switch (text.size()) {
    case 3:
      return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::other;
    case 4:
      return text == "POST" ? Method::post : text == "HEAD" ? Method::head : Method::other;
    case 5:
      return text == "PATCH" ? Method::patch : text == "TRACE" ? Method::trace : Method::other;
    case 6:
      return text == "DELETE" ? Method::delete_ : Method::other;
    case 7:
      return text == "OPTIONS" ? Method::options : text == "CONNECT" ? Method::connect : Method::other;
    default:
      return Method::other;
  }
}

std::size_t FieldBlock::count(FieldId id) const {
  if (!has(id)) return 0;
  std::size_t found = 0;
  for (const Field& field : fields_) found += field.id == id ? 1 : 0;
  return found;
}

std::optional<std::size_t> FieldBlock::find(FieldId id) const {
  for (std::size_t i = 0; has(id) && i < size(); ++i) {
    if (fields_[i].id == id) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> FieldBlock::find(std::string_view wanted) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (equals_ignore_case(name(i), wanted)) return i;
  }
  return std::nullopt;
}

std::string_view FieldBlock::value_of(FieldId id) const {
  const auto found = find(id);
  return found ? value(*found) : std::string_view();
}

std::string_view FieldBlock::value_of(std::string_view wanted) const {
  const auto found = find(wanted);
  return found ? value(*found) : std::string_view();
}

void FieldBlock::discard(FieldId id) {
  for (Field& field : fields_) {
    if (field.id == id) field.id = FieldId::discarded;
  }
  present_.remove(id);
}

std::string_view RequestHead::path_and_query() const {
  // An OPTIONS that asks about the server as a whole, by way of an absolute target (RFC 9112 3.2.4).
  if (path_span.size == 0) return method == Method::options ? "*" : "/";
  return bytes().substr(path_span.begin, path_span.size);
}

std::string_view RequestHead::path() const {
  const std::string_view all = path_and_query();
  const std::size_t query = all.find('?');
  return query == 0 ? std::string_view("/") : all.substr(0, query);
}

}  // namespace stickler::http
