#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/bus/curve.h>
#include <tape/bus/socket.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <fstream>

namespace tape::bus {
namespace {

constexpr std::size_t kKeySize = 40;

}  // namespace

CurveKeys make_curve_keys() {
  std::array<char, kKeySize + 1> public_key{};
  std::array<char, kKeySize + 1> secret{};
  if (zmq_curve_keypair(public_key.data(), secret.data()) != 0) throw_zmq("cannot make CURVE keys");
  return {public_key.data(), secret.data()};
}

void write_curve_keys(const std::string& path, const CurveKeys& keys) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) throw system_error(fmt::format("{}: cannot be made", path), errno);
  const auto text = fmt::format("public {}\nsecret {}\n", keys.public_key, keys.secret);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw system_error(fmt::format("{}: cannot be written", path), errno);
}

CurveKeys read_curve_keys(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    throw system_error(fmt::format("{}: cannot be read", path), errno);
  if ((info.st_mode & 077U) != 0) {
    throw Error(Fault::usage,
                fmt::format("{}: others may read the secret key; chmod 600 it", path));
  }
  std::ifstream file(path);
  CurveKeys keys;
  std::string name;
  std::string value;
  while (file >> name >> value) {
    if (name == "public") keys.public_key = value;
    if (name == "secret") keys.secret = value;
  }
  if (keys.public_key.size() != kKeySize || keys.secret.size() != kKeySize) {
    throw Error(Fault::usage, fmt::format("{}: holds no pair of keys; make one with "
                                          "tape-replay --curve-keygen FILE",
                                          path));
  }
  return keys;
}

}  // namespace tape::bus
