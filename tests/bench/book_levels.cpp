// Applies the book events of a tape to a State from memory, on one thread: level updates a second
// on stdout, as JSON.
#include <tape/event/levels.h>
#include <tape/log/reader.h>
#include <tape/state/state.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

namespace {

struct Item {
  std::vector<capnp::word> words;
  std::uint64_t session = 0;
  std::uint64_t ordinal = 0;
};

std::size_t levels_of(tape::schema::Event::Reader event) {
  const auto body = event.getBody();
  const auto both = [](auto sides) {
    return tape::event::bids_of(sides).size() + tape::event::asks_of(sides).size();
  };
  if (body.isBookSnapshot()) return both(body.getBookSnapshot());
  const bool single = body.getBookDelta().getSide() != tape::schema::Side::UNKNOWN;
  return single ? 1 : both(body.getBookDelta());
}

int run(const char* path) {
  tape::log::Reader reader(path);
  std::vector<Item> items;
  std::size_t levels = 0;
  while (const auto* ref = reader.next()) {
    const auto body = ref->event.getBody();
    if (!body.isBookDelta() && !body.isBookSnapshot()) continue;
    levels += levels_of(ref->event);
    items.push_back({{ref->framed.begin(), ref->framed.end()}, ref->session, ref->ordinal});
  }
  tape::state::State state;
  tape::event::View view;
  const auto start = std::chrono::steady_clock::now();
  for (const auto& item : items) {
    view.reset(item.words);
    state.apply(view.event(), item.session, item.ordinal);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"levels\":%zu,\"events\":%zu,\"seconds\":%.6f}\n", levels, items.size(),
              took.count());
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_levels TAPE\n", stderr);
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_levels: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
