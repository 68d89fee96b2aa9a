#pragma once
// The flags of the emulated link, which `load`, `compare` and `sweep` share.
#include <CLI/App.hpp>

#include "lab/result/link_settings.hpp"

namespace wirelab::lab {

void add_link_flags(CLI::App& app, LinkSettings& settings);

}  // namespace wirelab::lab
