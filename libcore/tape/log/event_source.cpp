#include <tape/base/error.h>
#include <tape/log/event_source.h>

namespace tape::log {

void EventSource::rewind() { throw Error(Fault::usage, "this input can be played once only"); }
void EventSource::seek(const std::string& at) {
  throw Error(Fault::usage, "cannot go to " + at + ": this input can be played once only");
}

}  // namespace tape::log
