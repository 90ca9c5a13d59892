// Which of the fields that rules here are about a name is. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "lb/http/message.h"

namespace stickler::http {

// Of the name in the first `size` bytes of `text`, ignoring case; `other` if it is not in the table of names. What
// stands behind the name is not looked at, but where there is something, the comparison takes whole registers.
FieldId known_field_at(std::string_view text, std::size_t size);

// Of a name that is not in the table: one of the X-Forwarded family, one made to be taken for a field of the table
// (`discarded`), else `other`.
FieldId id_of_unknown(std::string_view name);

// Programs that get fields as environment variables (CGI and its heirs) cannot tell '-' from '_'. Equal to them.
bool equals_as_variable(std::string_view a, std::string_view b);

// Of the field that such a program would take `name` for.
FieldId field_id_as_variable(std::string_view name);

}  // namespace stickler::http
