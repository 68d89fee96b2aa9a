#pragma once
// A folder for what passes between processes: nobody else may look into it, and it is gone with this object, with all
// that is in it.
#include <filesystem>
#include <string>

namespace wirelab::lab {

class PassingFolder {
 public:
  /// `what_for` is in its name. Throws std::system_error when there can be none.
  explicit PassingFolder(const std::string& what_for);
  ~PassingFolder();
  PassingFolder(const PassingFolder&) = delete;
  PassingFolder& operator=(const PassingFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace wirelab::lab
