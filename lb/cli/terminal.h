// What standard output is: a terminal that is to be shown colours, or something that reads. Main thread.
#pragma once

#include "lb/admin/status_table.h"

namespace stickler::cli {

admin::Paint paint_of_terminal();

}  // namespace stickler::cli
