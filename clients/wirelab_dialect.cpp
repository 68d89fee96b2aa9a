#include <utility>

#include "clients/dialect.hpp"

namespace wirelab::clients {
namespace {

std::optional<Told> open(std::string_view text, std::string& wrong) {
  auto envelope = messages::decode(text, &wrong);
  if (!envelope) return std::nullopt;
  if (envelope->cursor.empty()) {
    wrong = "not an envelope: \"cursor\" is empty";
    return std::nullopt;
  }
  Told told;
  told.envelope = std::move(*envelope);
  return told;
}

class WirelabDialect final : public Dialect {
 public:
  std::string_view name() const override { return "wirelab"; }
  void check(const LoadPlan&) const override {}

  std::string target(std::string_view route, std::string_view channel, std::string_view cursor,
                     std::string_view parameter) const override {
    std::string target = "/" + std::string(route) + "/" + std::string(channel);
    char separator = '?';
    const auto add = [&](std::string_view name, std::string_view value) {
      target.append(1, std::exchange(separator, '&')).append(name).append(value);
    };
    if (!cursor.empty()) add("after=", cursor);
    if (!parameter.empty()) add("", parameter);
    return target;
  }

  std::optional<Told> hear(const net::HttpReply& reply, std::string& wrong) const override {
    if (reply.status == 200) return open(reply.body, wrong);
    wrong = "HTTP " + std::to_string(reply.status);
    return std::nullopt;
  }

  std::optional<Told> hear_frame(std::string_view text, std::string_view, std::string& wrong) const override {
    return open(text, wrong);
  }

  Publication publication(std::string_view channel, const std::string& key) const override {
    return {"/publish/" + std::string(channel), {{"Content-Type", "text/plain"}, {"Idempotency-Key", key}}};
  }
};

}  // namespace

const Dialect& wirelab_dialect() {
  static const WirelabDialect dialect;
  return dialect;
}

}  // namespace wirelab::clients
