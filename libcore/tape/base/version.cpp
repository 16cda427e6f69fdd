#include <tape/base/version.h>

namespace tape {

std::string_view version() { return TAPE_VERSION; }

}  // namespace tape
