#include "bench/cli.h"

int main(int argc, char** argv) { return stickler::bench::run(argc, argv); }
