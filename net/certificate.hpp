#pragma once
// Certificates of our own making (RFC 5280), for a laboratory: a server's, and the authority's that clients are to
// trust. The authority signs once, and its key is forgotten: nobody can have a second certificate made by it.
#include <chrono>
#include <string>
#include <vector>

namespace wirelab::net {

struct CertificateWish {
  /// DNS names and numeric addresses (RFC 5280 §4.2.1.6) that the server is dialled by.
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  /// From now: from when on it holds, and for how long. Clocks differ, so it is a little old when it is made.
  std::chrono::seconds from = -std::chrono::hours(1), until = std::chrono::hours(24 * 7);
};

/// In PEM (RFC 7468). The key is the server's secret.
struct Certificate {
  std::string authority;    ///< what clients trust
  std::string certificate;  ///< what the server shows, signed by the authority
  std::string key;
};

/// Keys are of the curve P-256. Throws std::runtime_error when OpenSSL cannot.
Certificate make_certificate(const CertificateWish& wish = {});

}  // namespace wirelab::net
