#pragma once
// GET /: the page that tells a person with a browser what this server is and how to talk to it.
#include <string_view>

#include "net/http.hpp"

namespace wirelab::servers {

std::string_view home_page();

/// What keeps others from making something else of it: it runs no script, loads nothing, and is in nobody's frame
/// (Content Security Policy Level 3). Deliveries carry none of these: they are JSON, which no browser takes for a page,
/// and their every byte is measured.
net::Headers page_headers();

}  // namespace wirelab::servers
