#include "parking.hpp"

#include "../check.hpp"

namespace {

/// A client that keeps what it hears, and asks again at once where it is told to.
struct Client {
  Parking& parking;
  int name;
  bool asks_again = false;
  std::vector<std::string> heard{};
  int answers = 0;

  void ask() {
    parking.poll(name, heard.size(), [this](std::size_t first, const std::vector<std::string>& messages) {
      ++answers;
      check::that(first == heard.size(), "an answer that begins with number " + std::to_string(heard.size()) +
                                             ", not " + std::to_string(first));
      heard.insert(heard.end(), messages.begin(), messages.end());
      if (asks_again) ask();
    });
  }
};

void count(const Client& client, std::size_t messages, int answers) {
  check::that(client.heard.size() == messages && client.answers == answers,
              std::to_string(messages) + " messages in " + std::to_string(answers) + " answers, not " +
                  std::to_string(client.heard.size()) + " in " + std::to_string(client.answers));
}

void parks_and_answers() {
  Parking parking;
  Client client{parking, 1};
  check::step("a poll without news is parked");
  client.ask();
  count(client, 0, 0);
  check::that(parking.parked() == 1, "1 parked");
  check::step("news answers it, once");
  parking.publish("a");
  count(client, 1, 1);
  check::that(parking.parked() == 0, "none parked");
  check::step("and not again, as long as it does not ask again");
  parking.publish("b");
  count(client, 1, 1);
}

void loses_nothing_between_polls() {
  Parking parking;
  Client client{parking, 1};
  client.ask();
  parking.publish("a");
  check::step("three messages come while the answer is on its way: the next poll has them at once, in one answer");
  for (const char* message : {"b", "c", "d"}) parking.publish(message);
  client.ask();
  count(client, 4, 2);
  check::that(client.heard.back() == "d", "the oldest first");
}

void answers_everybody() {
  Parking parking;
  Client first{parking, 1, true}, second{parking, 2, true}, third{parking, 3, true};
  check::step("three who are parked, and who ask again from within their answers");
  for (Client* client : {&first, &second, &third}) client->ask();
  for (int i = 1; i <= 5; ++i) {
    parking.publish("x");
    for (const Client* client : {&first, &second, &third}) count(*client, static_cast<std::size_t>(i), i);
  }
  check::that(parking.parked() == 3, "3 parked");
}

void publishes_within_an_answer() {
  Parking parking;
  Client other{parking, 2, true};
  other.ask();
  check::step("an answer whose client publishes at once: everybody hears both, each once and in order");
  std::vector<std::string> heard;
  parking.poll(1, 0, [&](std::size_t, const std::vector<std::string>& messages) {
    heard = messages;
    parking.publish("reply");
  });
  parking.publish("question");
  check::that(heard == std::vector<std::string>{"question"}, "the question, once");
  check::that(other.heard == std::vector<std::string>{"question", "reply"}, "question, reply");
}

void ends_holds() {
  Parking parking;
  Client client{parking, 1};
  client.ask();
  check::step("the hold ends: an answer without messages");
  parking.hold_ended(1);
  count(client, 0, 1);
  check::step("the hold of a poll that was answered ends: nothing, it was answered");
  parking.hold_ended(1);
  parking.publish("a");
  count(client, 0, 1);
  check::step("what was published meanwhile is there for the next poll");
  client.ask();
  count(client, 1, 2);
}

void forgets_who_is_gone() {
  Parking parking;
  Client gone{parking, 1}, stays{parking, 2};
  gone.ask();
  stays.ask();
  check::step("one of two is gone: only the other is answered");
  parking.gone(1);
  check::that(parking.parked() == 1, "1 parked");
  parking.publish("a");
  count(gone, 0, 0);
  count(stays, 1, 1);
  check::step("one goes while another is answered");
  Client victim{parking, 4};
  victim.heard = {"a"};
  parking.poll(3, 1, [&](std::size_t, const std::vector<std::string>&) { parking.gone(4); });
  victim.ask();
  parking.publish("b");
  count(victim, 1, 0);
}

}  // namespace

int main() {
  parks_and_answers();
  loses_nothing_between_polls();
  answers_everybody();
  publishes_within_an_answer();
  ends_holds();
  forgets_who_is_gone();
  return check::all_right();
}
