#include "link/packet.hpp"

namespace wirelab::link {

std::string_view name(Fate fate) {
  switch (fate) {
    case Fate::delivered: return "delivered";
    case Fate::lost: return "lost";
    case Fate::queue_full: return "queue-full";
    case Fate::drop_segment: return "drop-segment";
    case Fate::cut: return "cut";
  }
  return "";
}

}  // namespace wirelab::link
