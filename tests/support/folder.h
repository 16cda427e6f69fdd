// A folder of a test's own, gone with it.
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tape {

struct Folder {
  std::string path = "/tmp/tape-test-XXXXXX";
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  /// Of a socket file in it.
  [[nodiscard]] std::string endpoint() const { return "ipc://" + path + "/s"; }
};

}  // namespace tape
