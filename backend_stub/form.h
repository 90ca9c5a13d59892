// Forms as browsers and curl send them: application/x-www-form-urlencoded. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/error.h"
#include "lb/http/message.h"

namespace stickler::stub {

using Form = std::vector<std::pair<std::string, std::string>>;

// At most 16 fields. A % without two hexadecimal digits is an error.
Result<Form> parse_form(std::string_view body);

// The field, which must be there once.
Result<std::string> form_value(const Form& form, std::string_view name);

// Whether the body is one, as far as the request says; one that says nothing may be.
bool may_be_form(const http::FieldBlock& head);

}  // namespace stickler::stub
