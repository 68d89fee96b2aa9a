#pragma once
// The header section of a GET as CurlDialer sends it, for what must know its size without sending one.
#include <string>
#include <string_view>

#include "net/http.hpp"

namespace wirelab::net {

/// `wished` as DialerOptions::request_headers, `authority` as in the URL: "127.0.0.1:9000".
std::string get_text(std::string_view target, const Headers& wished, std::string_view authority);

}  // namespace wirelab::net
