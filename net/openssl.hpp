#pragma once
// What all that calls OpenSSL has in common. For net/'s own sources only.
#include <openssl/err.h>

#include <array>
#include <string>

namespace wirelab::net {

/// Deletes a C library's handle.
template <auto release>
struct CallOn {
  template <typename Handle>
  void operator()(Handle* handle) const {
    release(handle);
  }
};

/// What went wrong first, in OpenSSL's words, and the thread's list of errors is empty again.
inline std::string openssl_error() {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  const char* const reason = first != 0 ? ERR_reason_error_string(first) : nullptr;
  if (reason != nullptr) return reason;
  std::array<char, 256> text{};
  ERR_error_string_n(first, text.data(), text.size());
  return first != 0 ? text.data() : "no reason is given";
}

}  // namespace wirelab::net
