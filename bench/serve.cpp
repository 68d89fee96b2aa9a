// The server and nothing else: what `wirelab serve --port 0 --backend NAME ...` serves, for bench/instructions to count
// where the whole program is not built, as in continuous integration. Other arguments of that command are passed over.
#include <fmt/core.h>

#include <cstdio>
#include <string_view>
#include <vector>

#include "net/event_loop.hpp"
#include "net/lws_host.hpp"
#include "servers/server.hpp"

int main(int count, char** words) {
  using namespace wirelab;
  std::vector<messages::Transport> transports;
  for (int i = 1; i + 1 < count; ++i)
    if (const auto transport = messages::parse_transport(words[i + 1]);
        transport && words[i] == std::string_view("--backend"))
      transports.push_back(*transport);
  if (transports.empty()) return std::fputs("serve: --backend NAME, one at least\n", stderr), 2;

  net::EventLoop loop;
  messages::Store store({}, 1);
  servers::Server server(store, loop, {}, transports);
  const net::LwsHost host(loop, server, {});
  fmt::print("listening on http://127.0.0.1:{}\n", host.port());
  std::fflush(stdout);
  loop.run();
}
