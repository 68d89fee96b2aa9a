#include "lab/cli/cli.hpp"

int main(int argc, char** argv) { return wirelab::lab::run_cli(argc, argv); }
