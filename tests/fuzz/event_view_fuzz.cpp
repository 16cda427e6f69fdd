// Hostile bytes as one message: measured, viewed, selected and printed in every form. Nothing may
// crash or hang, and what prints as JSON is UTF-8 on one line.
#include <tape/base/error.h>
#include <tape/event/csv.h>
#include <tape/event/json.h>
#include <tape/event/select.h>
#include <tape/event/text.h>

#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using namespace tape::event;

void check(bool holds) {
  if (!holds) std::abort();
}

void print(tape::schema::Event::Reader event, std::string& out) {
  for (const auto options : {JsonOptions{}, JsonOptions{Numbers::number, Raw::shown}}) {
    out.clear();
    JsonWriter writer(options);
    writer.append(event, 1, 2, out);
    check(tape::utf8_valid_prefix(out) == out.size());
    check(out.find('\n') == out.size() - 1);
  }
  out.clear();
  TextWriter().append(event, 1, 2, out);
  check(out.find('\n') == out.size() - 1);
  const auto kind = event.getBody().which();
  if (static_cast<std::size_t>(kind) >= kKinds) return;
  out.clear();
  CsvWriter(kind).append(event, 1, 2, out);
  check(out.ends_with('\n'));
}

void select(tape::schema::Event::Reader event) {
  Selection selection;
  selection.symbols = {"*zz?", "PI_XBTUSD"};
  (void)Selector(selection).matches(event, 1, 2);
  selection = {};
  selection.ids = {"[a-f]*9"};
  (void)Selector(selection).matches(event, 1, 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<capnp::word> words(size / sizeof(capnp::word));
  if (!words.empty()) {
    std::memcpy(static_cast<void*>(words.data()), data, words.size() * sizeof(capnp::word));
  }
  const auto framed = parse_framed_size(words);
  if (framed.state != FramedState::whole) return 0;
  check(framed.words <= words.size());
  const std::span<const capnp::word> message(words.data(), framed.words);
  // Each form reads a fresh view: the bound on traversal is per view.
  std::string out;
  for (const auto& use : {+[](View&view, std::string&) { select(view.event()); },
                          +[](View&view, std::string&text) { print(view.event(), text); }}) {
    try {
      View view;
      view.reset(message);
      use(view, out);
    } catch (const kj::Exception&) {
    } catch (const tape::Error&) {
    }
  }
  return 0;
}
