#include <tape/base/error.h>

#include <cerrno>
#include <system_error>

namespace tape {

Error system_error(const std::string& what, int errno_value) {
  const auto fault = errno_value == EACCES || errno_value == EPERM ? Fault::permission : Fault::io;
  return {fault, what + ": " + std::generic_category().message(errno_value)};
}

}  // namespace tape
