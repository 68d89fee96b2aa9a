#pragma once
// Exercise: the heart of a long-poll server. A poll says what it has heard; it is answered at once if there is news
// after that, or parked until there is. Write the bodies; check.cpp says whether they are right. One thread.
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

class Parking {
 public:
  /// The messages from number `first` on, oldest first; none when the hold has ended. Called once for each poll that is
  /// neither answered yet nor gone. It may call poll() and publish() of the Parking that calls it.
  using Answer = std::function<void(std::size_t first, const std::vector<std::string>& messages)>;

  /// A poll by this name, which has heard so many messages: answered now, or parked.
  void poll(int name, std::size_t heard, Answer answer) { (void)name, (void)heard, (void)answer; }

  /// One more message: to all who are parked.
  void publish(const std::string& message) { (void)message; }

  /// Its hold has ended: a poll that is parked is answered with nothing.
  void hold_ended(int name) { (void)name; }

  /// Its client is gone: it is not answered any more.
  void gone(int name) { (void)name; }

  /// How many polls are parked.
  std::size_t parked() const { return 0; }
};
