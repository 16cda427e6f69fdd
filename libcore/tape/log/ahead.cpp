#include <tape/base/error.h>
#include <tape/log/ahead.h>

#include <kj/exception.h>

namespace tape::log {
namespace {

// Of a chunk's plain bytes, so that both threads have as much to do: this one decompresses, the
// other looks at every event and hands it on.
constexpr double kShare = 0.43;

}  // namespace

void FramesAhead::rebuild(Found& found) {
  found.text.clear();
  found.frames.clear();
  if (found.part != Part::chunk) return;
  shapes_.begin_chunk();
  const auto all = found.plain.view();
  const auto end = static_cast<std::size_t>(kShare * static_cast<double>(all.size()));
  event::View view;
  for (auto rest = all; all.size() - rest.size() < end;) {
    const auto size = event::parse_framed_size(rest);
    if (size.state != event::FramedState::whole) return;
    const auto at = all.size() - rest.size();
    const auto framed = rest.first(size.words);
    rest = rest.subspan(size.words);
    try {
      view.reset(framed);
      const auto event = view.event();
      shapes_.see(event);
      if (!event.getRaw().isRendered()) continue;
      const auto begin = found.text.size();
      rebuilder_.append(shapes_.of(event), event, framed.size_bytes(), found.text);
      found.frames.push_back({at, begin, found.text.size() - begin});
    } catch (const Error&) {
    } catch (const kj::Exception&) {
    }
  }
}

}  // namespace tape::log
