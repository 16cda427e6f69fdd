#include <tape/base/error.h>
#include <tape/base/varint.h>
#include <tape/event/event.h>
#include <tape/shape/chunk_shapes.h>
#include <tape/shape/learn.h>
#include <tape/shape/rebuild.h>

#include <catch2/catch.hpp>
#include <shape/random_json.h>

#include <random>

namespace {

using namespace tape;

std::string bytes(std::initializer_list<int> list) {
  std::string out;
  for (const int byte : list) out += static_cast<char>(byte);
  return out;
}

bool refused(const std::string& stored) {
  try {
    (void)shape::parse(as_bytes(stored));
  } catch (const Error& error) {
    CHECK(error.fault == Fault::format);
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("numbers of variable length") {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{300}, UINT64_MAX}) {
    std::string stored;
    tape::put_varint(value, stored);
    std::string_view rest = stored;
    std::uint64_t back = 1;
    CHECK(tape::take_varint(rest, back));
    CHECK(back == value);
    CHECK(rest.empty());
    rest = std::string_view(stored).substr(0, stored.size() - 1);
    CHECK(!tape::take_varint(rest, back));
  }
  std::string_view long_one = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
  std::uint64_t value = 0;
  CHECK(!tape::take_varint(long_one, value));
}

TEST_CASE("stored shapes that are none are refused") {
  CHECK(!refused(bytes({1, 0})));                  // an empty frame
  CHECK(!refused(bytes({1, 0, 8, 2, '{', '}'})));  // a literal
  CHECK(refused(""));
  CHECK(refused(bytes({2, 0})));                          // another version
  CHECK(refused(bytes({1, 0, 8, 3, '{', '}'})));          // cut off
  CHECK(refused(bytes({1, 0, 7})));                       // no such step
  CHECK(refused(bytes({1, 0, 10})));                      // an end without a loop
  CHECK(refused(bytes({1, 0, 9, 0, 0})));                 // a loop without an end
  CHECK(refused(bytes({1, 0, 9, 0, 0, 8, 1, 'x', 10})));  // a loop without a value
  CHECK(!refused(bytes({1, 0, 9, 0, 0, 0, 10})));
  CHECK(refused(bytes({1, 0, 1, 1, 0})));           // no such scope
  CHECK(refused(bytes({1, 1, 0, 1, 0})));           // a scope that is its own parent
  CHECK(refused(bytes({1, 1, 2, 0, 0, 1, 1, 0})));  // an element outside its loop
  CHECK(!refused(bytes({1, 1, 2, 0, 0, 9, 1, 0, 0, 1, 0, 1, 1, 0, 10})));
  CHECK(refused(bytes({1, 1, 2, 0, 0, 9, 1, 0, 5, 1, 0, 1, 1, 0, 10})));  // of another list
  CHECK(refused(bytes({1, 0, 3, 0, 4, 0, 0, 0})));                        // a unit of 0
  CHECK(refused(std::string(shape::kMaxStored + 1, '\0')));
  std::string deep = bytes({1, 0});
  for (int i = 0; i < 9; ++i) deep += bytes({9, 0, 0, 0});
  for (int i = 0; i < 9; ++i) deep += bytes({10});
  CHECK(refused(deep));
}

TEST_CASE("random bytes as a shape neither crash nor grow") {
  std::mt19937 random(7);
  shape::Rebuilder rebuilder;
  std::size_t ran = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string stored = bytes({1, static_cast<int>(random() % 3)});
    for (auto left = random() % 40; left > 0; --left)
      stored += static_cast<char>(random() % (random() % 4 == 0 ? 256 : 12));
    try {
      const auto program = shape::parse(as_bytes(stored));
      event::Message message;
      auto event = message.start();
      auto delta = event.getBody().initBookDelta();
      delta.initBids(3);
      auto rendered = event.getRaw().initRendered();
      std::string residuals;
      for (auto left = random() % 12; left > 0; --left)
        residuals += static_cast<char>(random() % 4 == 0 ? '9' : static_cast<int>(random() % 4));
      rendered.setResiduals(capnp::Data::Reader(reinterpret_cast<const kj::byte*>(residuals.data()),
                                                residuals.size()));
      std::string out;
      ++ran;
      rebuilder.append(program, event.asReader(), message.framed_size(), out);
      CHECK(out.size() <= shape::most_rebuilt(message.framed_size()) + 200);
    } catch (const Error& error) {
      CHECK(error.fault == Fault::format);
    } catch (const kj::Exception&) {
      // A pointer that is read as what it is not.
    }
  }
  CHECK(ran > 1000);
}

TEST_CASE("a loop that would not end in bounds is given up") {
  // A count of 9 digits, a value and a literal each.
  const auto program = shape::parse(as_bytes(bytes({1, 0, 9, 0, 0, 8, 1, 'x', 1, 0, 0, 10})));
  event::Message message;
  auto rendered = message.start().getRaw().initRendered();
  const std::string residuals = bytes({0, 9}) + "999999999";
  rendered.setResiduals(
      capnp::Data::Reader(reinterpret_cast<const kj::byte*>(residuals.data()), residuals.size()));
  std::string out;
  CHECK_THROWS_AS(
      shape::Rebuilder().append(program, message.event().asReader(), message.framed_size(), out),
      Error);
  CHECK(out.empty());
}

TEST_CASE("shapes are known in the chunk that carries them") {
  shape::ChunkShapes shapes;
  const std::string stored = bytes({1, 0, 8, 2, '{', '}'});
  event::Message message;
  const auto event = [&](std::uint64_t hash, std::string_view program) {
    auto rendered = message.start().getRaw().initRendered();
    rendered.setShape(hash);
    if (!program.empty()) {
      rendered.setProgram(
          capnp::Data::Reader(reinterpret_cast<const kj::byte*>(program.data()), program.size()));
    }
    return message.event().asReader();
  };
  const auto hash = shape::hash_of(as_bytes(stored));
  CHECK_THROWS_AS(shapes.of(event(hash, "")), Error);
  shapes.see(event(hash, stored));
  CHECK(shapes.of(event(hash, "")).stored == stored);
  shapes.begin_chunk();
  CHECK_THROWS_AS(shapes.of(event(hash, "")), Error);
  shapes.see(event(hash, stored));
  CHECK(shapes.of(event(hash, "")).hash == hash);
  // Another program under the name does not replace it, and a wrong one is none.
  shapes.see(event(hash, "rubbish"));
  CHECK(shapes.of(event(hash, "")).stored == stored);
  shapes.see(event(hash + 1, stored));
  CHECK_THROWS_AS(shapes.of(event(hash + 1, "")), Error);
}

TEST_CASE("a chunk's shapes are bounded, and the next chunk begins anew") {
  shape::ChunkShapes shapes;
  event::Message message;
  const auto see = [&](int number, bool& kept) {
    // Many values, so that the steps are bounded before the number is.
    std::string stored = bytes({1, 0, 8, 4}) + std::to_string(1000 + number);
    stored.append(4000, '\0');
    auto rendered = message.start().getRaw().initRendered();
    rendered.setShape(shape::hash_of(as_bytes(stored)));
    rendered.setProgram(
        capnp::Data::Reader(reinterpret_cast<const kj::byte*>(stored.data()), stored.size()));
    shapes.see(message.event().asReader());
    try {
      kept = shapes.of(message.event().asReader()).stored == stored;
    } catch (const Error&) {
      kept = false;
    }
  };
  int count = 0;
  for (int i = 0; i < 400; ++i) {
    bool kept = false;
    see(i, kept);
    if (kept) ++count;
  }
  CHECK(count == static_cast<int>(shape::kMaxSteps / 4001));
  shapes.begin_chunk();
  bool kept = false;
  see(399, kept);
  CHECK(kept);
}
