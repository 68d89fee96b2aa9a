#pragma once
// GET /: the page that tells a person with a browser what this server is and how to talk to it.
#include <string_view>

namespace wirelab::servers {

std::string_view home_page();

}  // namespace wirelab::servers
