#include "lb/cli/cli.h"

int main(int argc, char** argv) { return stickler::cli::main(argc, argv); }
