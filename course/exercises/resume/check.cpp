#include "resume.hpp"

#include <algorithm>
#include <cmath>

#include "../check.hpp"

namespace {

/// A server that keeps four messages.
class Server {
 public:
  void publish(const std::string& message) { log_.push_back(message); }
  void restart() {
    log_.clear();
    epoch_ += "'";
  }

  /// What it sends to whoever connects.
  Envelope connect(const std::string& target) const {
    const std::string start = "/websocket/news", after = start + "?after=";
    if (target == start) return {cursor(), {}, false};
    check::that(target.rfind(after, 0) == 0, "a target like " + after + "e-3, not '" + target + "'");
    const std::string asked = target.substr(after.size());
    const auto dash = asked.rfind('-');
    const bool known = asked.substr(0, dash) == epoch_;
    const std::size_t from = known ? std::stoul(asked.substr(dash + 1)) : 0;
    const std::size_t oldest = log_.size() - std::min<std::size_t>(log_.size(), 4), first = std::max(from, oldest);
    return {cursor(), {log_.begin() + static_cast<std::ptrdiff_t>(first), log_.end()}, !known || first > from};
  }

  Envelope last() const { return {cursor(), {log_.back()}, false}; }

 private:
  std::string cursor() const { return epoch_ + "-" + std::to_string(log_.size()); }

  std::string epoch_ = "e";
  std::vector<std::string> log_;
};

void has(const Reader& reader, const std::string& news, std::size_t gaps) {
  std::string got;
  for (const std::string& message : reader.news()) got += message;
  check::that(got == news && reader.gaps() == gaps, "news '" + news + "' and " + std::to_string(gaps) + " gaps, not '" +
                                                        got + "' and " + std::to_string(reader.gaps()));
}

void goes_on_where_it_was() {
  Server server;
  Reader reader;
  server.publish("a");
  check::step("begins from now on");
  reader.heard(server.connect(reader.target()));
  has(reader, "", 0);
  server.publish("b");
  reader.heard(server.last());
  has(reader, "b", 0);
  check::step("is cut off for two messages, and goes on: none lost, none twice");
  reader.cut();
  server.publish("c");
  server.publish("d");
  reader.heard(server.connect(reader.target()));
  has(reader, "bcd", 0);
}

void remembers_before_the_first_message() {
  Server server;
  Reader reader;
  check::step("is cut off before it has heard any message: the first envelope had none, and a cursor");
  reader.heard(server.connect(reader.target()));
  reader.cut();
  server.publish("a");
  reader.heard(server.connect(reader.target()));
  has(reader, "a", 0);
}

void says_what_is_gone() {
  Server server;
  Reader reader;
  reader.heard(server.connect(reader.target()));
  reader.cut();
  check::step("is away for six messages, of which four are kept: the four, and a gap");
  for (const char* message : {"a", "b", "c", "d", "e", "f"}) server.publish(message);
  reader.heard(server.connect(reader.target()));
  has(reader, "cdef", 1);
  check::step("the server forgets everything: a gap, and its new cursor from there on");
  reader.cut();
  server.restart();
  reader.heard(server.connect(reader.target()));
  has(reader, "cdef", 2);
  reader.cut();
  server.publish("g");
  reader.heard(server.connect(reader.target()));
  has(reader, "cdefg", 2);
}

void waits(const Reader& reader, double random, double expected) {
  const double got = reader.wait_ms(random);
  check::that(std::abs(got - expected) < 1e-6, std::to_string(expected) + " ms, not " + std::to_string(got));
}

void backs_off() {
  Server server;
  Reader reader;
  check::step("after one cut: a random part of 100 ms, so that not everybody comes back at once");
  reader.heard(server.connect(reader.target()));
  reader.cut();
  waits(reader, 0.5, 50);
  waits(reader, 0, 0);
  check::step("twice as much after each further one");
  reader.cut();
  waits(reader, 1, 200);
  reader.cut();
  waits(reader, 1, 400);
  check::step("30 s at most, also after a thousand");
  for (int i = 0; i < 1000; ++i) reader.cut();
  waits(reader, 1, 30000);
  check::step("from the beginning, once an envelope was heard");
  reader.heard(server.connect(reader.target()));
  reader.cut();
  waits(reader, 1, 100);
}

}  // namespace

int main() {
  goes_on_where_it_was();
  remembers_before_the_first_message();
  says_what_is_gone();
  backs_off();
  return check::all_right();
}
