#include "servers/home_page.hpp"

namespace wirelab::servers {

std::string_view home_page() {
  return R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>wirelab server</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
code { font-family: ui-monospace, monospace } td { padding: .2rem 1rem .2rem 0; vertical-align: top }
</style>
</head>
<body>
<h1>wirelab server</h1>
<p>One message store, four ways to hear from it. Publish on a channel and listen to it by short polling, keep-alive
polling, long polling or WebSocket; the only thing that differs is <em>when</em> you are told.</p>
<table>
<tr><td><code>POST /publish/&lt;channel&gt;</code></td><td>the body is the message</td></tr>
<tr><td><code>GET /short-poll/&lt;channel&gt;</code></td><td>answers at once and closes the connection</td></tr>
<tr><td><code>GET /keep-alive/&lt;channel&gt;</code></td><td>answers at once and keeps it</td></tr>
<tr><td><code>GET /long-poll/&lt;channel&gt;</code></td><td>answers when there is news, or after <code>hold</code> seconds</td></tr>
<tr><td><code>GET /websocket/&lt;channel&gt;</code></td><td>upgrades, then pushes</td></tr>
<tr><td><code>GET /load</code>, <code>GET /metrics</code></td><td>what this process costs: JSON, Prometheus</td></tr>
</table>
<p>Add <code>?after=&lt;cursor&gt;</code> with the cursor of the last answer to miss nothing, or
<code>?after=earliest</code> for all that is kept.</p>
</body>
</html>
)html";
}

net::Headers page_headers() {
  return {
      {"Content-Security-Policy",
       "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Resource-Policy", "same-origin"}};
}

}  // namespace wirelab::servers
