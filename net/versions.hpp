#pragma once
// The libraries this floor stands on, as they are at run time: a result names them.
#include <map>
#include <string>

namespace wirelab::net {

/// By name: libwebsockets, libcurl, libuv, openssl.
std::map<std::string, std::string> library_versions();

}  // namespace wirelab::net
