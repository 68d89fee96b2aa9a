#pragma once
// An HTTP request and its answer, as both the server's routes and the tests see them: plain values, no sockets.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wirelab::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;              ///< "GET", "POST"; as sent (RFC 9110 §9: case-sensitive)
  std::string path;                ///< "/long-poll/chat": as sent, not percent-decoded, without the query
  std::string query;               ///< "after=k3f9-17&hold=5": without the question mark
  Headers headers;                 ///< the ones Host was told to look at (HostOptions::headers), names in lower case
  std::size_t content_length = 0;  ///< declared; 0 when there is none
  bool has_content_length = false;
  bool upgrade = false;  ///< asks for `Upgrade: websocket`, in valid form
  std::string body;      ///< complete in Service::on_request(), empty before

  /// Empty when it is absent.
  std::string_view header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers)
      if (name == lower_case_name) return value;
    return {};
  }
};

/// What becomes of the connection after an answer (RFC 9112 §9.3, §9.6).
enum class Then { keep, close };

/// Bytes that many connections send: encoded once, shared by reference count, never changed. The room in front is where
/// a frame header is written (the same one every time: frames from a server are not masked, RFC 6455 §5.1).
class SharedText {
 public:
  static constexpr std::size_t kHeadroomBytes = 16;

  SharedText() = default;
  explicit SharedText(std::string_view text) : bytes_(std::make_shared<std::string>(kHeadroomBytes, '\0')) {
    bytes_->append(text);
  }

  std::string_view text() const {
    return bytes_ ? std::string_view(*bytes_).substr(kHeadroomBytes) : std::string_view();
  }
  std::size_t size() const { return text().size(); }
  /// The text's first byte, with kHeadroomBytes of scratch before it. One loop's thread only.
  unsigned char* data() const { return reinterpret_cast<unsigned char*>(bytes_->data()) + kHeadroomBytes; }

 private:
  std::shared_ptr<std::string> bytes_;
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;  ///< besides Date, Content-Type, Content-Length and Connection, which Host writes
  SharedText body;
  Then then = Then::keep;
};

/// The reason phrase of a status this project uses ("Too Many Requests"), or "Unknown".
std::string_view reason_phrase(int status);

}  // namespace wirelab::net
