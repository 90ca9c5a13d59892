// The sub-commands of `stickler-bench`. Main thread.
#pragma once

namespace stickler::bench {

// Exit codes: 0 ok, 1 runtime failure, 2 usage error.
int run(int argc, char** argv);

}  // namespace stickler::bench
