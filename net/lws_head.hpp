#pragma once
// Reads a request's header section out of libwebsockets, which keeps it parsed: the path and query decoded, fields in a
// table of known names and a list of others. What it does not keep, the length on the wire, the kernel knows.
#include <cstdint>
#include <string>
#include <vector>

#include "net/request_check.hpp"

struct lws;

namespace wirelab::net {

/// The header fields that a service wants to see: where the library keeps each is looked up once.
class WantedFields {
 public:
  /// Names in lower case.
  explicit WantedFields(const std::vector<std::string>& names);
  Headers read(lws* wsi) const;

 private:
  struct Field {
    std::string name;
    int token;  ///< of the library's known names, or kCustom
  };
  static constexpr int kCustom = -1;
  std::vector<Field> fields_;
};

/// All but RequestHead::header_bytes. Path and query are encoded again, as far as they need it. So many bytes of the
/// library's table are looked at for strange field names: no more than it has, no less than this request fills.
RequestHead read_head(lws* wsi, const WantedFields& wanted, std::size_t table_bytes);

/// Whether the library holds a header table for the connection: one that it is reading, or whose beginning is waiting.
bool has_header_table(lws* wsi);

/// What a TCP connection has received so far, without its FIN.
std::uint64_t received_bytes(int fd);
/// How much of it nobody has read yet.
std::uint64_t unread_bytes(int fd);

}  // namespace wirelab::net
