#include "net/versions.hpp"

#include <curl/curl.h>
#include <libwebsockets.h>
#include <openssl/crypto.h>
#include <uv.h>

namespace wirelab::net {

std::map<std::string, std::string> library_versions() {
  return {{"libwebsockets", lws_get_library_version()},
          {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
          {"libuv", uv_version_string()},
          {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)}};
}

}  // namespace wirelab::net
