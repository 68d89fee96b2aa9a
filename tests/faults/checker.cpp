#include "tests/faults/checker.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace wirelab::tests {
namespace {

constexpr std::size_t kSentences = 5;

}  // namespace

/// What is known of a channel's log in all of the server's lives.
class Checker::Log {
 public:
  Log(const std::vector<Publication>& messages, std::uint64_t kept) : messages_(messages), kept_(kept) {}

  /// Takes in what was acknowledged since the last time; they are in the order of their numbers.
  void take_acknowledged() {
    for (; taken_ < messages_.size() && messages_[taken_].acknowledged; ++taken_) take(messages_[taken_]);
  }
  void take_all() {
    for (; taken_ < messages_.size(); ++taken_) take(messages_[taken_]);
  }

  /// When the first message was attempted that is not acknowledged yet, and not taken in; `now` if there is none.
  net::Nanos settled_until(net::Nanos now) const {
    return taken_ < messages_.size() ? messages_[taken_].first_attempt : now;
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(messages_.size()); }
  const Publication& operator[](std::uint32_t number) const { return messages_[number]; }
  /// A former life may have it too: one that could not acknowledge it any more.
  bool in_doubt(std::uint32_t number) const { return messages_[number].unanswered > 0; }

  /// Whether the message was the oldest that was kept at some time up to `at`, and not the first one of its life.
  bool was_oldest(std::uint32_t number, net::Nanos at) const {
    const messages::Cursor place = messages_[number].place;
    if (place.sequence <= 1) return false;
    const auto newest = first_attempt_at_.find({place.epoch, place.sequence - 1 + kept_});
    return newest != first_attempt_at_.end() && newest->second <= at;
  }

  /// Places between the first and the last acknowledged one of a life that no message has.
  std::uint64_t holes() const {
    std::uint64_t holes = 0;
    messages::Cursor before;
    for (const auto& [place, at] : first_attempt_at_) {
      const std::uint64_t expected = place.epoch == before.epoch ? before.sequence + 1 : 1;
      if (place.sequence > expected) holes += place.sequence - expected;
      before = place;
    }
    return holes;
  }

 private:
  const std::vector<Publication>& messages_;
  void take(const Publication& message) {
    if (message.place.epoch != 0) first_attempt_at_[message.place] = message.first_attempt;
  }

  const std::uint64_t kept_;
  std::size_t taken_ = 0;
  std::map<messages::Cursor, net::Nanos> first_attempt_at_;
};

/// Walks along what one subscriber heard.
class Checker::Walk {
 public:
  Walk(const History& history, const Log& log, std::size_t subscriber, Findings& findings)
      : history_(history),
        log_(log),
        one_(history.subscribers[subscriber]),
        findings_(findings),
        name_("subscriber " + std::to_string(subscriber) + ": ") {}

  void go(const Heard& heard) {
    last_at_ = heard.at;
    heard.message ? hear(*heard.message, heard.at) : announce();
  }

  bool heard_everything() const { return next_ == log_.size() && missing_.empty(); }

  void finish() {
    judge_gaps(restarts_until(last_at_), "at the end");
    skip_to(log_.size());
    for (const std::uint32_t number : missing_) say("message " + std::to_string(number) + " never came");
    findings_.lost += missing_.size();
  }

 private:
  void announce() {
    ++findings_.gaps;
    ++gaps_;
  }

  void hear(MessageId id, net::Nanos at) {
    if (id.channel != one_.channel || id.number >= log_.size()) {
      ++findings_.strangers;
      return say("a message of somebody else's");
    }
    ++findings_.delivered;
    const std::uint32_t number = id.number;
    if (number < next_) {
      again(number, at);
    } else {
      onwards(number, at);
    }
    gaps_ = 0;
  }

  void onwards(std::uint32_t number, net::Nanos at) {
    const bool evicted = log_.was_oldest(number, at);
    const bool skipped = number > next_;
    const std::string where = "before message " + std::to_string(number);
    if (gaps_ == 0) {
      if (changed_life(number) && !log_.in_doubt(number)) {
        ++findings_.gaps_missing;
        say("the server's memory was lost and no gap announced " + where);
        next_ = number;
      } else if (skipped && evicted) {
        ++findings_.gaps_missing;
        say("messages were gone and no gap announced " + where);
        next_ = number;
      }
    } else {
      judge_gaps(restarts_until(at) + (evicted ? 1 : 0), where);
      const bool true_one = changed_life(number) || log_.in_doubt(number) || (skipped && evicted) || next_ == 0;
      if (!true_one && gaps_ > 0) untrue(where);
      if (true_one && is_first_kept(number, evicted)) {
        findings_.gone += number - next_;
        next_ = number;
      }
    }
    skip_to(number);
    place_at(number);
  }

  /// After a gap the first message is the oldest kept; one that is in doubt is where nobody knows.
  bool is_first_kept(std::uint32_t number, bool evicted) const {
    const messages::Cursor place = log_[number].place;
    return evicted || place.epoch == 0 || place.sequence == 1 || log_.in_doubt(number);
  }

  void again(std::uint32_t number, net::Nanos at) {
    if (missing_.erase(number) > 0) {
      ++findings_.reordered;
      return say("message " + std::to_string(number) + " came after a later one");
    }
    if (gaps_ > 0 && number + 1 == next_ && log_.in_doubt(number)) {
      ++findings_.again_after_restart;
      judge_gaps(restarts_until(at), "before message " + std::to_string(number) + " again");
      return place_at(number);
    }
    ++findings_.duplicated;
    say("message " + std::to_string(number) + " came twice");
  }

  /// Everything before `number` that was not heard is missing, for now.
  void skip_to(std::uint32_t number) {
    for (; next_ < number; ++next_) missing_.insert(next_);
  }

  void place_at(std::uint32_t number) {
    const bool copy_of_a_former_life = gaps_ == 0 && changed_life(number);
    if (!copy_of_a_former_life && log_[number].place.epoch != 0) life_ = log_[number].place.epoch;
    since_ = log_[number].first_attempt;
    next_ = number + 1;
  }

  bool changed_life(std::uint32_t number) const {
    const std::uint32_t epoch = log_[number].place.epoch;
    return life_ != 0 && epoch != 0 && epoch != life_;
  }

  /// Since the last message heard was sent for the first time: as often may the memory that it came from have gone.
  std::uint64_t restarts_until(net::Nanos at) const {
    const net::Nanos since = next_ == 0 ? one_.subscribed_at : since_;
    return static_cast<std::uint64_t>(
        std::count_if(history_.restarts.begin(), history_.restarts.end(),
                      [&](net::Nanos restart) { return restart > since && restart <= at; }));
  }

  void judge_gaps(std::uint64_t reasons, const std::string& where) {
    for (; gaps_ > reasons; --gaps_) untrue(where);
  }

  void untrue(const std::string& where) {
    ++findings_.gaps_untrue;
    say("a gap was announced " + where + " and nothing was gone");
  }

  void say(const std::string& what) {
    if (findings_.sentences.size() < kSentences) findings_.sentences.push_back(name_ + what);
  }

  const History& history_;
  const Log& log_;
  const SubscriberHistory& one_;
  Findings& findings_;
  const std::string name_;
  std::uint32_t next_ = 0;           ///< above all that was heard
  std::set<std::uint32_t> missing_;  ///< below it
  std::uint64_t gaps_ = 0;           ///< announced since the last message
  std::uint32_t life_ = 0;           ///< the epoch of the last message heard; 0: not known
  net::Nanos since_{};               ///< when that was first sent
  net::Nanos last_at_{};
};

void Findings::add(const Findings& other) {
  lost += other.lost, duplicated += other.duplicated, reordered += other.reordered;
  gaps_missing += other.gaps_missing, gaps_untrue += other.gaps_untrue;
  stored_twice += other.stored_twice, unacknowledged += other.unacknowledged, strangers += other.strangers;
  published += other.published, retried += other.retried, delivered += other.delivered;
  gaps += other.gaps, gone += other.gone, again_after_restart += other.again_after_restart;
  for (const std::string& sentence : other.sentences)
    if (sentences.size() < kSentences) sentences.push_back(sentence);
}

Checker::Checker(History& history, std::uint64_t kept_messages) : history_(history), of_(history.subscribers.size()) {
  logs_.reserve(history_.channels.size());
  walks_.reserve(of_.size());
  for (const auto& messages : history_.channels) logs_.emplace_back(messages, kept_messages);
  for (std::size_t i = 0; i < of_.size(); ++i)
    walks_.emplace_back(history_, logs_[history_.subscribers[i].channel], i, of_[i]);
}

Checker::~Checker() = default;

void Checker::judge_settled(net::Nanos now) {
  for (Log& log : logs_) log.take_acknowledged();
  for (std::size_t i = 0; i < walks_.size(); ++i) {
    auto& heard = history_.subscribers[i].heard;
    const net::Nanos until = logs_[history_.subscribers[i].channel].settled_until(now);
    const auto end = std::find_if(heard.begin(), heard.end(), [&](const Heard& one) { return one.at >= until; });
    std::for_each(heard.begin(), end, [&](const Heard& one) { walks_[i].go(one); });
    heard.erase(heard.begin(), end);
  }
}

void Checker::finish() {
  for (Log& log : logs_) log.take_all();
  for (std::size_t i = 0; i < walks_.size(); ++i) {
    auto& heard = history_.subscribers[i].heard;
    for (const Heard& one : heard) walks_[i].go(one);
    heard.clear();
    walks_[i].finish();
  }
  for (std::size_t channel = 0; channel < logs_.size(); ++channel) {
    publications_.stored_twice += logs_[channel].holes();
    for (const Publication& message : history_.channels[channel]) {
      publications_.published += message.acknowledged ? 1 : 0;
      publications_.retried += message.attempts > 1 ? 1 : 0;
      publications_.unacknowledged += message.acknowledged ? 0 : 1;
    }
  }
  if (publications_.stored_twice > 0) publications_.sentences.emplace_back("places in the log that no message has");
}

bool Checker::everybody_heard_everything() const {
  return std::all_of(walks_.begin(), walks_.end(), [](const Walk& walk) { return walk.heard_everything(); });
}

Findings Checker::findings() const {
  Findings sum = publications_;
  for (const Findings& one : of_) sum.add(one);
  return sum;
}

const Findings& Checker::of(std::size_t subscriber) const { return of_.at(subscriber); }

Findings check(History history, std::uint64_t kept_messages) {
  Checker checker(history, kept_messages);
  checker.finish();
  return checker.findings();
}

}  // namespace wirelab::tests
