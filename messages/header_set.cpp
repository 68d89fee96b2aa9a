#include "messages/header_set.hpp"

#include <algorithm>

namespace wirelab::messages {
namespace {

// RFC 6202 §5.6: a cache in between must not answer for us.
const std::pair<std::string, std::string> kNotForCaches = {"Cache-Control", "no-store"};

HeaderSet minimal() { return {"minimal", {}, {kNotForCaches}, "application/json"}; }

HeaderSet browser() {
  return {"browser",
          {{"Connection", "keep-alive"},
           {"sec-ch-ua", R"("Chromium";v="130", "Not?A_Brand";v="99")"},
           {"sec-ch-ua-mobile", "?0"},
           {"sec-ch-ua-platform", R"("Linux")"},
           {"User-Agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"},
           {"Accept", "*/*"},
           {"Sec-Fetch-Site", "same-origin"},
           {"Sec-Fetch-Mode", "cors"},
           {"Sec-Fetch-Dest", "empty"},
           {"Referer", "https://app.example.com/dashboard"},
           {"Accept-Encoding", "gzip, deflate, br, zstd"},
           {"Accept-Language", "en-GB,en;q=0.9,de;q=0.8"},
           {"Cookie", "session=6f1c2a9e4b7d48038a5e9c0d1f2b3a4c; theme=dark; csrf=9e8d7c6b5a4f3e2d1c0b"}},
          {kNotForCaches,
           {"Server", "nginx"},
           {"Vary", "Origin, Accept-Encoding"},
           {"X-Content-Type-Options", "nosniff"},
           {"X-Request-Id", "7d9f2c1e-5b3a-4f6d-8e0c-2a1b3c4d5e6f"},
           {"Strict-Transport-Security", "max-age=31536000; includeSubDomains"}},
          "application/json"};
}

HeaderSet lg2009() {
  return {"lg2009",
          {{"User-Agent", "Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.9.1.5) Gecko/20091102 Firefox/3.5.5"},
           {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
           {"Accept-Language", "en-us"},
           {"Accept-Encoding", "gzip,deflate"},
           {"Accept-Charset", "ISO-8859-1,utf-8;q=0.7,*;q=0.7"},
           {"Keep-Alive", "300"},
           {"Connection", "keep-alive"},
           {"Referer", "http://www.example.com/PollingStock/"},
           {"Cookie",
            "showInheritedConstant=false; showInheritedProtectedConstant=false; showInheritedProperty=false; "
            "showInheritedProtectedProperty=false; showInheritedMethod=false; showInheritedProtectedMethod=false; "
            "showInheritedEvent=false; showInheritedStyle=false; showInheritedEffect=false"}},
          {{"X-Powered-By", "Servlet/2.5"}, {"Server", "Sun Java System Application Server 9.1_02"}},
          "text/html;charset=UTF-8"};
}

}  // namespace

const std::vector<HeaderSet>& header_sets() {
  static const std::vector<HeaderSet> all = {minimal(), browser(), lg2009()};
  return all;
}

const HeaderSet* find_header_set(std::string_view name) {
  const auto& all = header_sets();
  const auto found = std::find_if(all.begin(), all.end(), [&](const HeaderSet& set) { return set.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace wirelab::messages
