// The process: listens, says so, serves until a signal, ends in order. Main thread.
#pragma once

#include "backend_stub/options.h"

namespace stickler::stub {

// The exit code: 0 after a signal, 1 where the machine does not let it run, 2 where the options do not.
int serve(const Options& options);

// Reads one line, the password, from standard input and prints its hash.
int print_hash(const PasswordCost& cost);

}  // namespace stickler::stub
