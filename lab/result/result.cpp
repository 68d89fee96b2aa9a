#include "lab/result/result.hpp"

#include "lab/text/document.hpp"

namespace wirelab::lab {

constexpr auto fields(Of<Replay>) {
  return std::tuple(Field{"file", &Replay::file},          //
                    Field{"messages", &Replay::messages},  //
                    Field{"speed", &Replay::speed});
}

constexpr auto fields(Of<LinkConfiguration>) {
  using L = LinkConfiguration;
  return std::tuple(Field{"rtt_ms", &L::rtt_ms},                                        //
                    Field{"jitter_ms", &L::jitter_ms},                                  //
                    Field{"reorder", &L::reorder},                                      //
                    Field{"loss_share", &L::loss_share},                                //
                    Field{"bandwidth_bits_per_second", &L::bandwidth_bits_per_second},  //
                    Field{"queue_bytes", &L::queue_bytes},                              //
                    Field{"drop_segments", &L::drop_segments},                          //
                    Field{"cut_at_ms", &L::cut_at_ms},                                  //
                    Field{"relay_cpu", &L::relay_cpu});
}

constexpr auto fields(Of<Configuration>) {
  using C = Configuration;
  return std::tuple(Field{"transports", &C::transports},                                                           //
                    Field{"rounds", &C::rounds},                                                                   //
                    Field{"url", &C::url},                                                                         //
                    Field{"server_program", &C::server_program},                                                   //
                    Field{"subscribers", &C::subscribers},                                                         //
                    Field{"channels", &C::channels},                                                               //
                    Field{"threads", &C::threads},                                                                 //
                    Field{"rate_per_second", &C::rate_per_second},                                                 //
                    Field{"arrivals", &C::arrivals},                                                               //
                    Field{"payload_bytes", &C::payload_bytes},                                                     //
                    Field{"messages_max", &C::messages_max},                                                       //
                    Field{"replay", &C::replay},                                                                   //
                    Field{"publish_via", &C::publish_via},                                                         //
                    Field{"lanes_max", &C::lanes_max},                                                             //
                    LaterField{"tls", &C::tls},                                                                    //
                    Field{"headers", &C::headers},                                                                 //
                    Field{"poll_interval_ms", &C::poll_interval_ms},                                               //
                    Field{"poll_timer", &C::poll_timer},                                                           //
                    Field{"hold_s", &C::hold_s},                                                                   //
                    Field{"long_poll_reconnects", &C::long_poll_reconnects}, Field{"warm_up_ms", &C::warm_up_ms},  //
                    Field{"duration_ms", &C::duration_ms},                                                         //
                    Field{"sources", &C::sources},                                                                 //
                    Field{"seed", &C::seed},                                                                       //
                    Field{"server_cpu", &C::server_cpu},                                                           //
                    Field{"generator_cpu", &C::generator_cpu},                                                     //
                    Field{"link", &C::link});
}

constexpr auto fields(Of<MessageCounts>) {
  using M = MessageCounts;
  return std::tuple(Field{"planned", &M::planned},            //
                    Field{"published", &M::published},        //
                    Field{"expected", &M::expected},          //
                    Field{"delivered", &M::delivered},        //
                    Field{"lost", &M::lost},                  //
                    Field{"duplicated", &M::duplicated},      //
                    Field{"out_of_order", &M::out_of_order},  //
                    Field{"gaps", &M::gaps},                  //
                    Field{"foreign", &M::foreign},            //
                    Field{"publish_failures", &M::publish_failures});
}

constexpr auto fields(Of<Percentiles>) {
  using P = Percentiles;
  return std::tuple(Field{"count", &P::count},  //
                    Field{"min", &P::min},      //
                    Field{"mean", &P::mean},    //
                    Field{"p50", &P::p50},      //
                    Field{"p90", &P::p90},      //
                    Field{"p99", &P::p99},      //
                    Field{"p999", &P::p999},    //
                    Field{"max", &P::max},      //
                    Field{"clamped", &P::clamped});
}

constexpr auto fields(Of<Distribution>) {
  return std::tuple_cat(fields(Of<Percentiles>{}), std::tuple(Field{"buckets", &Distribution::buckets}));
}

constexpr auto fields(Of<Censored>) {
  return std::tuple(Field{"count", &Censored::count},            //
                    Field{"age_min_us", &Censored::age_min_us},  //
                    Field{"age_from_send_min_us", &Censored::age_from_send_min_us});
}

constexpr auto fields(Of<ExpectedPercentiles>) {
  using E = ExpectedPercentiles;
  return std::tuple(Field{"count", &E::count},  //
                    Field{"p50", &E::p50},      //
                    Field{"p90", &E::p90},      //
                    Field{"p99", &E::p99},      //
                    Field{"p999", &E::p999});
}

constexpr auto fields(Of<Window>) {
  using W = Window;
  return std::tuple(Field{"duration_s", &W::duration_s},                  //
                    Field{"delivered", &W::delivered},                    //
                    Field{"requests", &W::requests},                      //
                    Field{"empty_answers", &W::empty_answers},            //
                    Field{"frames", &W::frames},                          //
                    Field{"connections_opened", &W::connections_opened},  //
                    Field{"failures", &W::failures},                      //
                    Field{"failure_reasons", &W::failure_reasons});
}

constexpr auto fields(Of<meter::WireCounts>) {
  using W = meter::WireCounts;
  return std::tuple(Field{"bytes_out", &W::bytes_out},                      //
                    Field{"bytes_in", &W::bytes_in},                        //
                    Field{"segments_out", &W::segments_out},                //
                    Field{"segments_in", &W::segments_in},                  //
                    Field{"data_segments_out", &W::data_segments_out},      //
                    Field{"data_segments_in", &W::data_segments_in},        //
                    Field{"header_bytes_out", &W::header_bytes_out},        //
                    Field{"header_bytes_in", &W::header_bytes_in},          //
                    Field{"bytes_retransmitted", &W::bytes_retransmitted},  //
                    Field{"connections", &W::connections});
}

template <typename Number>
constexpr auto fields(Of<ByteParts<Number>>) {
  using B = ByteParts<Number>;
  return std::tuple(Field{"payload", &B::payload},                      //
                    Field{"envelope", &B::envelope},                    //
                    Field{"http_headers", &B::http_headers},            //
                    Field{"websocket_framing", &B::websocket_framing},  //
                    Field{"handshakes", &B::handshakes},                //
                    Field{"application_total", &B::application_total},  //
                    LaterField{"tls", &B::tls},                         //
                    Field{"window_edges", &B::window_edges},            //
                    Field{"retransmitted", &B::retransmitted},          //
                    Field{"tcp_ip_headers", &B::tcp_ip_headers},        //
                    Field{"wire_total", &B::wire_total},                //
                    Field{"empty_answers", &B::empty_answers},          //
                    Field{"segments", &B::segments});
}

constexpr auto fields(Of<Witnesses>) {
  using W = Witnesses;
  return std::tuple(Field{"connections", &W::connections},                    //
                    Field{"disagreeing", &W::disagreeing},                    //
                    Field{"bytes_off", &W::bytes_off},                        //
                    Field{"upgrade_answer_bytes", &W::upgrade_answer_bytes},  //
                    Field{"kernel", &W::kernel},                              //
                    Field{"parsed_out", &W::parsed_out},                      //
                    Field{"parsed_in", &W::parsed_in},                        //
                    LaterField{"tls_out", &W::tls_out},                       //
                    LaterField{"tls_in", &W::tls_in});
}

constexpr auto fields(Of<TlsRecord>) {
  using T = TlsRecord;
  return std::tuple(Field{"version", &T::version},                          //
                    Field{"cipher", &T::cipher},                            //
                    Field{"handshakes", &T::handshakes},                    //
                    Field{"resumed", &T::resumed},                          //
                    Field{"handshake_bytes_out", &T::handshake_bytes_out},  //
                    Field{"handshake_bytes_in", &T::handshake_bytes_in});
}

constexpr auto fields(Of<Bytes>) {
  using B = Bytes;
  return std::tuple(Field{"out", &B::out},                        //
                    Field{"in", &B::in},                          //
                    Field{"wire", &B::wire},                      //
                    Field{"publisher_wire", &B::publisher_wire},  //
                    Field{"witnesses", &B::witnesses});
}

constexpr auto fields(Of<IdleSubscribers>) {
  using I = IdleSubscribers;
  return std::tuple(Field{"count", &I::count},                              //
                    Field{"connections", &I::connections},                  //
                    Field{"resident_bytes", &I::resident_bytes},            //
                    Field{"socket_buffer_bytes", &I::socket_buffer_bytes},  //
                    Field{"kernel_bytes", &I::kernel_bytes});
}

constexpr auto fields(Of<ServerCost>) {
  using S = ServerCost;
  return std::tuple(Field{"cpu_total_us", &S::cpu_total_us},                                  //
                    Field{"cpu_user_us", &S::cpu_user_us},                                    //
                    Field{"cpu_system_us", &S::cpu_system_us},                                //
                    Field{"cpu_share_of_core", &S::cpu_share_of_core},                        //
                    Field{"peak_resident_bytes", &S::peak_resident_bytes},                    //
                    Field{"resident_bytes", &S::resident_bytes},                              //
                    Field{"idle_resident_bytes", &S::idle_resident_bytes},                    //
                    Field{"idle_subscribers", &S::idle_subscribers},                          //
                    Field{"socket_buffer_bytes", &S::socket_buffer_bytes},                    //
                    Field{"voluntary_context_switches", &S::voluntary_context_switches},      //
                    Field{"involuntary_context_switches", &S::involuntary_context_switches},  //
                    Field{"open_descriptors", &S::open_descriptors},                          //
                    Field{"requests", &S::requests},                                          //
                    Field{"connections_accepted", &S::connections_accepted},                  //
                    Field{"pings", &S::pings},                                                //
                    Field{"timeouts", &S::timeouts},                                          //
                    Field{"bytes_in", &S::bytes_in},                                          //
                    Field{"bytes_out", &S::bytes_out});
}

constexpr auto fields(Of<GeneratorCost>) {
  using G = GeneratorCost;
  return std::tuple(Field{"cpu_total_us", &G::cpu_total_us},            //
                    Field{"cpu_share_of_core", &G::cpu_share_of_core},  //
                    Field{"processors", &G::processors},                //
                    Field{"busiest_thread_share_of_core", &G::busiest_thread_share_of_core},
                    Field{"lag_us", &G::lag_us});
}

constexpr auto fields(Of<Connecting>) {
  using C = Connecting;
  return std::tuple(Field{"duration_s", &C::duration_s},                          //
                    Field{"subscribers_per_second", &C::subscribers_per_second},  //
                    Field{"generator_cpu_us", &C::generator_cpu_us},              //
                    Field{"server_cpu_us", &C::server_cpu_us});
}

constexpr auto fields(Of<link::PacketCounts>) {
  using P = link::PacketCounts;
  return std::tuple(Field{"packets", &P::packets},                          //
                    Field{"bytes", &P::bytes},                              //
                    Field{"data_segments", &P::data_segments},              //
                    Field{"syns", &P::syns},                                //
                    Field{"fins", &P::fins},                                //
                    Field{"rsts", &P::rsts},                                //
                    Field{"retransmissions", &P::retransmissions},          //
                    Field{"retransmitted_bytes", &P::retransmitted_bytes},  //
                    Field{"delivered", &P::delivered},                      //
                    Field{"delivered_bytes", &P::delivered_bytes},          //
                    Field{"lost", &P::lost},                                //
                    Field{"queue_full", &P::queue_full},                    //
                    Field{"drop_segment", &P::drop_segment},                //
                    Field{"cut", &P::cut});
}

constexpr auto fields(Of<LinkRecord>) {
  using L = LinkRecord;
  return std::tuple(Field{"up", &L::up},                          //
                    Field{"down", &L::down},                      //
                    Field{"relay_added_us", &L::relay_added_us},  //
                    Field{"relay_cpu_us", &L::relay_cpu_us},      //
                    Field{"relay_realtime", &L::relay_realtime},  //
                    Field{"packets_not_taken", &L::packets_not_taken});
}

constexpr auto fields(Of<Run>) {
  return std::tuple(Field{"transport", &Run::transport},                //
                    Field{"round", &Run::round},                        //
                    Field{"order", &Run::order},                        //
                    Field{"interrupted", &Run::interrupted},            //
                    Field{"verdict", &Run::verdict},                    //
                    Field{"reasons", &Run::reasons},                    //
                    Field{"subscribers", &Run::subscribers},            //
                    Field{"messages", &Run::messages},                  //
                    Field{"censored", &Run::censored},                  //
                    Field{"age_us", &Run::age_us},                      //
                    Field{"age_from_send_us", &Run::age_from_send_us},  //
                    Field{"service_time_us", &Run::service_time_us},    //
                    Field{"publish_time_us", &Run::publish_time_us},    //
                    Field{"schedule_lag_us", &Run::schedule_lag_us},    //
                    Field{"first_message_us", &Run::first_message_us},  //
                    Field{"connecting", &Run::connecting},              //
                    Field{"window", &Run::window},                      //
                    Field{"bytes", &Run::bytes},                        //
                    LaterField{"tls", &Run::tls},                       //
                    Field{"tcp_min_rtt_us", &Run::tcp_min_rtt_us},      //
                    Field{"link", &Run::link},                          //
                    Field{"server", &Run::server},                      //
                    Field{"generator", &Run::generator});
}

constexpr auto fields(Of<BytesPerDelivered>) {
  using B = BytesPerDelivered;
  return std::tuple(Field{"out", &B::out}, Field{"in", &B::in}, Field{"both", &B::both});
}

constexpr auto fields(Of<PerSecond>) {
  using P = PerSecond;
  return std::tuple(Field{"requests", &P::requests},                      //
                    Field{"empty_answers", &P::empty_answers},            //
                    Field{"connections_opened", &P::connections_opened},  //
                    Field{"out", &P::out},                                //
                    Field{"in", &P::in},                                  //
                    Field{"both", &P::both});
}

constexpr auto fields(Of<ServerPerSecond>) {
  using S = ServerPerSecond;
  return std::tuple(Field{"requests", &S::requests},                                      //
                    Field{"connections_accepted", &S::connections_accepted},              //
                    Field{"pings", &S::pings},                                            //
                    Field{"timeouts", &S::timeouts},                                      //
                    Field{"voluntary_context_switches", &S::voluntary_context_switches},  //
                    Field{"involuntary_context_switches", &S::involuntary_context_switches});
}

constexpr auto fields(Of<IdleSubscriber>) {
  using I = IdleSubscriber;
  return std::tuple(Field{"connections", &I::connections},                  //
                    Field{"resident_bytes", &I::resident_bytes},            //
                    Field{"socket_buffer_bytes", &I::socket_buffer_bytes},  //
                    Field{"kernel_bytes", &I::kernel_bytes});
}

constexpr auto fields(Of<Predicted>) {
  using P = Predicted;
  return std::tuple(Field{"round_trip_us", &P::round_trip_us},                          //
                    Field{"age_mean_us", &P::age_mean_us},                              //
                    Field{"age_p50_us", &P::age_p50_us},                                //
                    Field{"age_p99_us", &P::age_p99_us},                                //
                    Field{"age_max_us", &P::age_max_us},                                //
                    Field{"age_transit_us", &P::age_transit_us},                        //
                    Field{"age_wait_min_us", &P::age_wait_min_us},                      //
                    Field{"age_wait_us", &P::age_wait_us},                              //
                    Field{"age_waiting_share", &P::age_waiting_share},                  //
                    Field{"requests_per_delivered", &P::requests_per_delivered},        //
                    Field{"connections_per_delivered", &P::connections_per_delivered},  //
                    Field{"empty_share", &P::empty_share},                              //
                    Field{"application_total_bytes_both_per_delivered", &P::application_total_bytes_both_per_delivered},
                    Field{"wire_total_bytes_both_per_delivered", &P::wire_total_bytes_both_per_delivered});
}

constexpr auto server_fields() {
  using S = Summary;
  return std::tuple(
      Field{"server_cpu_ms_per_1000_delivered", &S::server_cpu_ms_per_1000_delivered},                      //
      Field{"server_cpu_user_ms_per_1000_delivered", &S::server_cpu_user_ms_per_1000_delivered},            //
      Field{"server_cpu_system_ms_per_1000_delivered", &S::server_cpu_system_ms_per_1000_delivered},        //
      Field{"publishing_alone_cpu_ms_per_1000_delivered", &S::publishing_alone_cpu_ms_per_1000_delivered},  //
      Field{"server_cpu_share_of_core", &S::server_cpu_share_of_core},                                      //
      Field{"server_per_second", &S::server_per_second},                                                    //
      Field{"server_peak_resident_bytes", &S::server_peak_resident_bytes},                                  //
      Field{"server_open_descriptors", &S::server_open_descriptors},                                        //
      Field{"server_idle_subscriber", &S::server_idle_subscriber});
}

constexpr auto fields(Of<Summary>) {
  using S = Summary;
  return std::tuple_cat(std::tuple(Field{"runs", &S::runs},                                                  //
                                   Field{"subscribers", &S::subscribers},                                    //
                                   Field{"published", &S::published},                                        //
                                   Field{"verdict", &S::verdict},                                            //
                                   Field{"reasons", &S::reasons},                                            //
                                   Field{"age_us", &S::age_us},                                              //
                                   Field{"age_from_send_us", &S::age_from_send_us},                          //
                                   Field{"service_time_us", &S::service_time_us},                            //
                                   Field{"schedule_lag_us", &S::schedule_lag_us},                            //
                                   Field{"first_message_us", &S::first_message_us},                          //
                                   Field{"censored", &S::censored},                                          //
                                   Field{"age_of_expected_us", &S::age_of_expected_us},                      //
                                   Field{"age_from_send_of_expected_us", &S::age_from_send_of_expected_us},  //
                                   Field{"delivered", &S::delivered},                                        //
                                   Field{"expected", &S::expected},                                          //
                                   Field{"lost", &S::lost},                                                  //
                                   Field{"duplicated", &S::duplicated},                                      //
                                   Field{"out_of_order", &S::out_of_order},                                  //
                                   Field{"requests_per_delivered", &S::requests_per_delivered},              //
                                   Field{"connections_per_delivered", &S::connections_per_delivered},        //
                                   Field{"connections_per_request", &S::connections_per_request},            //
                                   Field{"empty_share", &S::empty_share},                                    //
                                   Field{"bytes_per_delivered", &S::bytes_per_delivered},                    //
                                   Field{"per_second", &S::per_second},                                      //
                                   Field{"witnesses_disagreeing", &S::witnesses_disagreeing},                //
                                   Field{"generator_cpu_share_of_core", &S::generator_cpu_share_of_core},    //
                                   Field{"intervals", &S::intervals},                                        //
                                   Field{"predicted", &S::predicted}),
                        server_fields());
}

constexpr auto fields(Of<PublishingAlone>) {
  using P = PublishingAlone;
  return std::tuple(Field{"duration_s", &P::duration_s},                                    //
                    Field{"published", &P::published},                                      //
                    Field{"cpu_us_per_published", &P::cpu_us_per_published},                //
                    Field{"cpu_user_us_per_published", &P::cpu_user_us_per_published},      //
                    Field{"cpu_system_us_per_published", &P::cpu_system_us_per_published},  //
                    Field{"publish_time_us", &P::publish_time_us},                          //
                    Field{"schedule_lag_us", &P::schedule_lag_us},                          //
                    Field{"server", &P::server});
}

constexpr auto fields(Of<Result>) {
  using R = Result;
  return std::tuple(Field{"schema", &R::schema},                      //
                    Field{"created_utc", &R::created_utc},            //
                    Field{"command", &R::command},                    //
                    Field{"configuration", &R::configuration},        //
                    Field{"host", &R::host},                          //
                    Field{"doctor", &R::doctor},                      //
                    Field{"versions", &R::versions},                  //
                    Field{"git_revision", &R::git_revision},          //
                    Field{"publishing_alone", &R::publishing_alone},  //
                    Field{"summary", &R::summary},                    //
                    Field{"runs", &R::runs});
}

template Json write_json(const Configuration&);
template Json write_json(const Run&);
template Json write_json(const Summary&);
template void read_json(const Json&, Configuration&);
template void read_json(const Json&, Run&);
template void read_json(const Json&, Summary&);

namespace {

bool ten_lie_beyond(double percentile, std::uint64_t count) {
  return static_cast<double>(count) * (100 - percentile) / 100 >= 10 - 1e-9;
}

}  // namespace

bool Percentiles::supports(double percentile) const { return ten_lie_beyond(percentile, count); }
bool ExpectedPercentiles::supports(double percentile) const { return ten_lie_beyond(percentile, count); }

std::string to_text(const Result& result) { return to_text(write_json(result)); }

Result parse_result(const std::string& text) {
  Result result;
  read_json(parse_document(text, kSchema), result);
  return result;
}

Result read_result(const std::filesystem::path& file) {
  const std::string text = read_document(file);
  return in_file(file, [&] { return parse_result(text); });
}

}  // namespace wirelab::lab
