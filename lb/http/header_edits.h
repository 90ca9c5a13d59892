// HeaderEdits: `set`, `add` and `remove` of the configuration, compiled. Immutable once built; any thread.
//
// Values may hold %{variables}, replaced for each message. What a variable stands for has passed the head scan or is
// ours, so no line break can come in through one; a literal one is refused when compiling.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/error.h"
#include "lb/http/output.h"

namespace stickler::http {

// What %{...} may name, for one message. Borrowed for the call that uses it.
struct HeaderVariables {
  std::string_view client_ip{};
  std::string_view client_port{};
  std::string_view request_id{};
  std::string_view host{};
  std::string_view method{};
  std::string_view path{};
  std::string_view scheme{};
  std::string_view listener{};
  std::string_view pool{};
  std::string_view backend{};
};

class HeaderTemplate {
 public:
  // The error names the unknown variable or the control character.
  static Result<HeaderTemplate> compile(std::string_view text);
  void append(Output& out, const HeaderVariables& variables) const;

 private:
  struct Part {
    std::string literal;                                    // Before the variable.
    std::string_view HeaderVariables::*variable = nullptr;  // nullptr: none, the last part.
  };
  std::vector<Part> parts_;
};

// In the order of the calls: the last word on a name counts. Fields that frame a message or concern one connection are
// refused, because they are ours to write; Host may be set. Two names that differ in '-' and '_' only are one.
class HeaderEdits {
 public:
  Result<void> set(std::string_view name, std::string_view value);  // Replaces all fields of that name.
  Result<void> add(std::string_view name, std::string_view value);
  Result<void> remove(std::string_view name);

  bool empty() const { return writes_.empty() && removes_.empty(); }

  // Whether a message's header or trailer field of this name is to be dropped: removed or set.
  bool drops(std::string_view name) const;
  void append_fields(Output& out, const HeaderVariables& variables) const;  // All but Host.
  const HeaderTemplate* host() const { return host_ ? &*host_ : nullptr; }  // nullptr: not set.

 private:
  struct Write {
    std::string name;
    HeaderTemplate value;
  };

  Result<void> set_host(std::string_view value);
  Result<void> write(std::string_view name, std::string_view value);
  void forget(std::string_view name);
  void drop(std::string_view name);

  std::vector<Write> writes_;
  std::vector<std::string> removes_;  // Names removed or set.
  std::optional<HeaderTemplate> host_;
};

}  // namespace stickler::http
