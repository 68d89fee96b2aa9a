#include "lab/result/ladder_record.hpp"

#include "lab/text/document.hpp"

namespace wirelab::lab {

constexpr auto fields(Of<LadderRun>) {
  using R = LadderRun;
  return std::tuple(Field{"link", &R::link},                          //
                    Field{"gap_ms", &R::gap_ms},                      //
                    Field{"poll_interval_ms", &R::poll_interval_ms},  //
                    Field{"payload_bytes", &R::payload_bytes},        //
                    Field{"seed", &R::seed});
}

constexpr auto fields(Of<ladder::Arrow>) {
  using A = ladder::Arrow;
  return std::tuple(Field{"connection", &A::connection},          //
                    Field{"from", &A::from},                      //
                    Field{"kind", &A::kind},                      //
                    Field{"sent_us", &A::sent_us},                //
                    Field{"arrives_us", &A::arrives_us},          //
                    Field{"payload_bytes", &A::payload_bytes},    //
                    Field{"packet_bytes", &A::packet_bytes},      //
                    Field{"retransmission", &A::retransmission},  //
                    Field{"text", &A::text});
}

constexpr auto fields(Of<ladder::Message>) {
  using M = ladder::Message;
  return std::tuple(Field{"number", &M::number},              //
                    Field{"published_us", &M::published_us},  //
                    Field{"answered_us", &M::answered_us},    //
                    Field{"delivered_us", &M::delivered_us});
}

constexpr auto fields(Of<ladder::Span>) {
  using S = ladder::Span;
  return std::tuple(Field{"connection", &S::connection},    //
                    Field{"what", &S::what},                //
                    Field{"from_us", &S::from_us},          //
                    Field{"to_us", &S::to_us},              //
                    Field{"server_us", &S::server_us},      //
                    Field{"round_trips", &S::round_trips},  //
                    Field{"theory_round_trips", &S::theory_round_trips});
}

constexpr auto fields(Of<ladder::Ladder>) {
  using L = ladder::Ladder;
  return std::tuple(Field{"transport", &L::transport},          //
                    Field{"round_trip_us", &L::round_trip_us},  //
                    Field{"arrows", &L::arrows},                //
                    Field{"messages", &L::messages},            //
                    Field{"spans", &L::spans},                  //
                    Field{"connections_left_out", &L::connections_left_out});
}

constexpr auto fields(Of<LadderRecord>) {
  using R = LadderRecord;
  return std::tuple(Field{"schema", &R::schema},              //
                    Field{"created_utc", &R::created_utc},    //
                    Field{"command", &R::command},            //
                    Field{"run", &R::run},                    //
                    Field{"pcap", &R::pcap},                  //
                    Field{"host", &R::host},                  //
                    Field{"versions", &R::versions},          //
                    Field{"git_revision", &R::git_revision},  //
                    Field{"warnings", &R::warnings},          //
                    Field{"ladders", &R::ladders});
}

std::string to_text(const LadderRecord& record) { return to_text(write_json(record)); }

std::string ladder_text(const LadderRecord& record, const ladder::TextOptions& options) {
  std::string text;
  for (const ladder::Ladder& ladder : record.ladders)
    text += (text.empty() ? "" : "\n\n") + ladder::draw_text(ladder, options);
  return text;
}

LadderRecord parse_ladder_record(const std::string& text) {
  LadderRecord record;
  read_json(parse_document(text, kLadderSchema), record);
  return record;
}

}  // namespace wirelab::lab
