// The two ways of decoding a frame, by a shape and by the parser, agree on every sample and on what
// random changes make of them; and what is rendered comes back.
#include <tape/base/error.h>
#include <tape/event/event.h>
#include <tape/event/levels.h>
#include <tape/shape/rebuild.h>
#include <tape/venue/binance_usdm/classify.h>
#include <tape/venue/binance_usdm/fields.h>
#include <tape/venue/binance_usdm/secrets.h>
#include <tape/venue/decoder.h>
#include <tape/venue/kraken_futures/classify.h>
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/kraken_futures/secrets.h>

#include <catch2/catch.hpp>
#include <support/zst.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace tape;

std::string contents(const std::filesystem::path& path) {
  if (path.extension() == ".zst") return tape_test::read_zst(path.string());
  return tape_test::read_file(path.string());
}

/// What looks like a frame in the lines of a venue's samples.
std::vector<std::string> sample_frames(const std::string& venue) {
  std::vector<std::string> frames;
  std::vector<std::filesystem::path> paths;
  const auto root = std::filesystem::path(TAPE_SOURCE_DIR) / "samples" / venue;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    const auto text = contents(path);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      const auto line = std::string_view(text).substr(at, end - at);
      at = end + 1;
      const auto begin = line.find_first_of("{[");
      if (begin != std::string_view::npos) frames.emplace_back(line.substr(begin));
    }
  }
  return frames;
}

class Both {
 public:
  explicit Both(const venue::Dialect& dialect)
      : parsed_(dialect, venue::Learning::off),
        kept_(dialect),
        rendered_(dialect),
        redact_(dialect.redact) {}

  std::size_t frames = 0;
  std::size_t rendered = 0;
  std::size_t packed = 0;

  void check(std::string_view text, char behind = '\n') {
    behind_ = behind;
    redacted_.assign(text).append(event::kFramePadding, behind);
    holds_secret_ = redact_({redacted_.data(), text.size()});
    ++frames;
    INFO(text.substr(0, 1000));
    const auto wanted = decode(parsed_, text, event::KeepRaw::always, wanted_);
    const auto met = decode(kept_, text, event::KeepRaw::always, met_);
    REQUIRE(met.understood == wanted.understood);
    if (met.understood) REQUIRE(met.table == wanted.table);
    REQUIRE(same(unpacked(), wanted_.reader()));
    const auto again = decode(rendered_, text, event::KeepRaw::automatic, met_);
    REQUIRE(again.understood == wanted.understood);
    if (!met_.reader().getRaw().isRendered()) {
      REQUIRE(same(unpacked(), wanted_.reader()));
      return;
    }
    ++rendered;
    if (event::is_packed(met_.reader())) ++packed;
    REQUIRE(met_.origin());
    REQUIRE(met_.origin()->frame == text);
    std::string back;
    const auto program = shape::parse(met_.origin()->shape);
    REQUIRE(program.hash == met_.reader().getRaw().getRendered().getShape());
    rebuilder_.append(program, met_.reader(), met_.framed_size(), back);
    REQUIRE(back == text);
    // But for raw it is the same event.
    (void)copy_.copy_with_raw(met_.reader(), back);
    REQUIRE(same(copy_.reader(), wanted_.reader()));
  }

 private:
  /// Whatever way the frame goes, secrets in it are overwritten, and nothing else.
  venue::Decoded decode(venue::Decoder& decoder, std::string_view text, event::KeepRaw raw,
                        event::Message& message) {
    bytes_.assign(text).append(event::kFramePadding, behind_);
    event::Frame frame;
    frame.bytes = {bytes_.data(), text.size()};
    frame.stamp.received_at = 1'700'000'000'000'000'000;
    frame.connection = 1;
    frame.raw = raw;
    const auto decoded = decoder.decode(frame, message);
    REQUIRE(bytes_ == redacted_);
    REQUIRE(frame.redacted == holds_secret_);
    return decoded;
  }
  schema::Event::Reader unpacked() { return copy_.copy_unpacked(met_.reader()).asReader(); }
  static bool same(schema::Event::Reader a, schema::Event::Reader b) {
    return capnp::AnyStruct::Reader(a) == capnp::AnyStruct::Reader(b);
  }

  venue::Decoder parsed_;
  venue::Decoder kept_;
  venue::Decoder rendered_;
  bool (*redact_)(std::span<char>);
  std::string bytes_;
  std::string redacted_;
  bool holds_secret_ = false;
  char behind_ = '\n';
  event::Message wanted_;
  event::Message met_;
  event::Message copy_;
  shape::Rebuilder rebuilder_;
};

/// A frame with something about it changed, most of it still JSON.
std::string changed(std::string text, std::mt19937& random) {
  const auto pick = [&](std::size_t count) { return random() % count; };
  static const std::vector<std::string> kValues = {"null",
                                                   "true",
                                                   "false",
                                                   "0",
                                                   "-0",
                                                   "0.0",
                                                   "1e-5",
                                                   "4.48E-4",
                                                   "\"\"",
                                                   "\"0\"",
                                                   "[]",
                                                   "{}",
                                                   "\"x\"",
                                                   "-1",
                                                   "\"-0.00\"",
                                                   "00",
                                                   "1.",
                                                   "5000.0",
                                                   "\"buy\"",
                                                   "\"BUY\"",
                                                   "1700000000",
                                                   "1700000000123",
                                                   "1700000000123456",
                                                   "\"2023-01-01T00:00:00Z\"",
                                                   "123456789012345678901234567890",
                                                   "9223372036854775807",
                                                   "\"\\u00e9\"",
                                                   "\"é\"",
                                                   "\"SELL\"",
                                                   "[[\"1\",\"2\"],[\"3\"]]",
                                                   "[[\"1\",\"2\",\"3\"]]",
                                                   "[[\"1.5\",\"0\"]]",
                                                   "\"event\"",
                                                   "\"challenge\"",
                                                   "\"wss://h/ws?listenKey=k1&api_key=k2\"",
                                                   "\"" + std::string(64, 'k') + "\""};
  static const std::vector<std::string> kSecrets = {R"("apiKey":"k3y",)",
                                                    R"("listenKey" : "l1sten",)",
                                                    R"("message":"sign this",)",
                                                    R"("original_challenge":"c",)",
                                                    R"("event":"challenge","message":"m",)",
                                                    R"("stream":"abc",)"};
  for (auto changes = 1 + pick(2); changes > 0 && !text.empty(); --changes) {
    switch (pick(7)) {
      case 0:
        for (auto& c : text) {
          if (c >= '0' && c <= '9' && pick(3) == 0) c = static_cast<char>('0' + pick(10));
        }
        break;
      case 1:
        text[pick(text.size())] = static_cast<char>(pick(256));
        break;
      case 2:
        text.erase(pick(text.size()), 1 + pick(3));
        break;
      case 3:
        text.insert(pick(text.size()), 1, " \n9,:\"{}[]ab-."[pick(14)]);
        break;
      case 4:
        if (const auto brace = text.find('{'); brace != std::string::npos)
          text.insert(brace + 1, kSecrets[pick(kSecrets.size())]);
        break;
      default: {  // another value behind a key
        std::vector<std::size_t> colons;
        for (auto at = text.find("\":"); at != std::string::npos; at = text.find("\":", at + 1))
          colons.push_back(at + 2);
        if (colons.empty()) break;
        const auto begin = colons[pick(colons.size())];
        if (begin >= text.size()) break;
        auto end = begin;
        if (text[begin] == '"') {
          end = std::min(text.find('"', begin + 1), text.size() - 1) + 1;
        } else {
          end = std::min(text.find_first_of(",}]", begin), text.size());
        }
        text.replace(begin, end - begin, kValues[pick(kValues.size())]);
      }
    }
  }
  return text;
}

void compare(const venue::Dialect& dialect, const std::string& name, double least_rendered) {
  const auto frames = sample_frames(name);
  REQUIRE(frames.size() > 1000);
  {
    Both both(dialect);
    for (const auto& frame : frames) both.check(frame);
    CHECK(static_cast<double>(both.rendered) > least_rendered * static_cast<double>(both.frames));
  }
  std::mt19937 random(11);
  std::vector<std::string> some;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].size() < 4000 && (frames.size() < 3000 || i % (frames.size() / 3000) == 0))
      some.push_back(frames[i]);
  }
  Both both(dialect);
  for (const auto& frame : some) {
    both.check(frame);
    for (int i = 0; i < 12; ++i) both.check(changed(frame, random), '8');
    both.check(frame.substr(0, random() % (frame.size() + 1)));
  }
  CHECK(both.rendered > both.frames / 10);
}

}  // namespace

TEST_CASE("kraken futures: shapes and parser agree") {
  const auto tables = venue::kraken_futures::all_tables();
  const venue::Dialect dialect{"kraken-futures",
                               tables,
                               venue::kraken_futures::classify,
                               venue::kraken_futures::redact_secrets,
                               venue::kraken_futures::may_hold_secret,
                               venue::kraken_futures::is_feed};
  compare(dialect, "kraken_futures", 0.9);
}

TEST_CASE("binance usd-m: shapes and parser agree") {
  const venue::Dialect dialect{
      "binance-usdm",
      venue::binance_usdm::tables(),
      [](venue::Parser& parser, const event::Frame& frame) -> std::optional<std::size_t> {
        const auto kind = venue::binance_usdm::classify(parser, frame);
        return kind ? std::optional(static_cast<std::size_t>(*kind)) : std::nullopt;
      },
      venue::binance_usdm::redact_secrets,
      venue::binance_usdm::may_hold_secret,
      [](const event::Frame& frame) { return frame.rest == nullptr; }};
  compare(dialect, "binance_usdm", 0.9);
}
