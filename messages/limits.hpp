#pragma once
// Every limit of the wire contract and of the server, with its reason. A limit is a promise: what is inside it
// works, what is outside gets a named error and costs nobody else anything. Each has a flag of `wirelab serve`
// and is tested at the limit and one beyond.
#include <chrono>
#include <cstddef>

namespace wirelab::messages {

struct Limits {
  // -- what a request may carry (docs/01-wire-format.md) ------------------------------------------------------

  /// One published payload. 64 KiB is what fits one maximum-size IP datagram; larger things belong in a file
  /// with a link in the message. Beyond: 413, or close code 1009 on a WebSocket. Flag --max-payload.
  std::size_t payload_bytes = 64 * 1024;

  /// A channel's name. Long enough for a UUID with a prefix, short enough to log. Beyond: 400. --max-channel-name.
  std::size_t channel_name_bytes = 64;

  /// The request target (RFC 9112 §3.2). A channel, a cursor and a hold need fewer than 200. Beyond: 414.
  /// --max-target.
  std::size_t target_bytes = 1024;

  /// The request line and all header fields. RFC 9112 §3 asks for 8,000 at least. Beyond: 431 (RFC 6585 §5).
  /// --max-headers.
  std::size_t header_bytes = 8 * 1024;

  /// An Idempotency-Key on a publish: a UUID or a counter with a prefix. Beyond: 400. --max-idempotency-key.
  std::size_t idempotency_key_bytes = 128;

  /// How long a long poll may be held. Proxies close idle connections after 60 s (nginx's default); RFC 6202 §5.5
  /// calls 30 s safe. A longer `hold` is a 400. --max-hold.
  std::chrono::milliseconds hold_max{60'000};

  /// Held when the request names no `hold`. --hold.
  std::chrono::milliseconds hold_default{25'000};

  // -- what the server keeps ----------------------------------------------------------------------------------

  /// Messages kept per channel: what a reader may lag behind before it is told of a gap. --keep-messages.
  std::size_t kept_messages = 16'384;

  /// Bytes kept per channel, counted as encoded. With 64 KiB payloads this, not the count, is what bounds memory.
  /// --keep-bytes.
  std::size_t kept_bytes = 8 * 1024 * 1024;

  /// Bytes kept in all channels together, a message counted as encoded and with what keeping it takes
  /// (Store::message_bytes()). The limits of a channel times the channels would be 8 GiB: this is what makes a promise
  /// of them (servers/memory_bound.hpp). Beyond: the oldest message of any channel leaves. --keep-total.
  std::size_t kept_total_bytes = 256 * 1024 * 1024;

  /// Channels that exist because something was published on them. Beyond: 503. --max-channels.
  std::size_t channels = 1'000;

  /// One envelope, unless a single message is longer: a reader far behind catches up in pieces of this size, so
  /// that it cannot make the server hold the whole store in one socket buffer. --max-envelope.
  std::size_t envelope_bytes = 256 * 1024;

  /// Open connections. Beyond: 503 with Retry-After. The server asks the system for as many descriptors and says
  /// so when it gets fewer. --max-connections.
  std::size_t connections = 16'000;

  /// Bytes that wait in the process for slow peers, those of all connections together: answers and frames that the
  /// kernel has not taken, requests and messages that are not whole. Enough for a thousand stalled readers of long
  /// messages. Beyond: whoever needs more is cut off; a request is answered with 503 and Retry-After. --max-buffered.
  std::size_t buffered_bytes = 64 * 1024 * 1024;

  /// Bytes that the kernel holds for one reader and has not sent (tcp(7), TCP_NOTSENT_LOWAT): as much as an envelope.
  /// Without it a reader that stopped reading costs as much kernel memory as net.ipv4.tcp_wmem allows, 4 MiB as a rule.
  /// Beyond: what comes waits in the store. --max-unsent.
  std::size_t unsent_bytes = 256 * 1024;

  /// With several threads (`serve --threads`): messages that one of them may be behind the others, before publishing is
  /// refused. As many as a channel keeps: whoever is further behind would be told of a gap. Beyond: 503 with
  /// Retry-After, or close code 1013. --max-thread-lag.
  std::size_t thread_lag_messages = 16'384;

  /// The same in bytes, counted as encoded. With 64 KiB payloads this is what bounds memory. --max-thread-lag-bytes.
  std::size_t thread_lag_bytes = 64 * 1024 * 1024;

  // -- how long the server waits for a peer -------------------------------------------------------------------

  /// The header section of a request must be complete by then (slowloris), and so must each part of a body.
  /// --header-timeout.
  std::chrono::seconds header_timeout{10};

  /// And all of a body by then, however often a part of it comes: half a minute is 2 KiB/s for the longest of the
  /// default. --body-timeout.
  std::chrono::seconds body_timeout{30};

  /// A kept-alive connection without a request is closed after this; longer than any sensible poll interval.
  /// --idle-timeout.
  std::chrono::seconds idle_timeout{75};

  /// A WebSocket that said nothing for this long is pinged (RFC 6455 §5.5.2); middleboxes forget idle connections
  /// after 60 s. --ping-interval. One that has not answered for half as long again is closed.
  std::chrono::seconds ping_interval{25};

  /// What comes many at a time may wait so long for one another, to be served together: behind the first of many long
  /// polls the next ones, since waking up for each costs as much as to answer it; and messages, when those before
  /// came several at a time. What comes alone does not wait. Less than sending a message to 50 subscribers takes. Zero:
  /// nothing waits. --gather.
  std::chrono::microseconds gather{500};

  /// On SIGTERM, parked requests are answered and WebSockets closed with 1001; whoever is left is cut off then.
  /// --drain.
  std::chrono::milliseconds drain{2'000};
};

}  // namespace wirelab::messages
