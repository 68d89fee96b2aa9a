#include "lab/process/passing_folder.hpp"

#include <stdlib.h>

#include <cerrno>
#include <system_error>

namespace wirelab::lab {

PassingFolder::PassingFolder(const std::string& what_for) {
  std::string name = std::filesystem::temp_directory_path() / ("wirelab-" + what_for + "-XXXXXX");
  if (mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "cannot make a folder like " + name);
  path_ = name;
}

PassingFolder::~PassingFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace wirelab::lab
