#pragma once
// What it takes to make a link, and what to tell those who may not.
#include <stdexcept>
#include <string>

namespace wirelab::link {

/// Says what is missing and how to get it.
class MissingRights : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Makes this process one that may make links (root's right to make network namespaces and devices), or throws
/// MissingRights. Who has it already keeps it; anybody else becomes root of a user namespace of his own
/// (user_namespaces(7)): that is, root over the links that he makes, and himself towards everybody else. Descriptors,
/// files and children are as before.
///
/// Call it while the process has one thread.
void gain_rights();

}  // namespace wirelab::link
