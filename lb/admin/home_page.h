// The page of GET /: pools, backends and their states, without JavaScript. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "lb/admin/source.h"
#include "lb/service/service.h"

namespace stickler::admin {

std::string escape_html(std::string_view text);  // For text and for quoted attributes.

std::string home_page(const StatusReport& report);

// The page with the fields that keep other sites from framing it and scripts from running in it.
service::Answer page_answer(std::string page);

}  // namespace stickler::admin
