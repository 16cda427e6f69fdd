// Hostile shapes and residual values over an event with some of everything; and frames that are
// matched by the shape learned from another: what fits must come back.
#include <tape/base/error.h>
#include <tape/event/event.h>
#include <tape/shape/learn.h>
#include <tape/shape/match.h>
#include <tape/shape/rebuild.h>

#include <fuzz/seeds.h>
#include <kj/exception.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace tape;

void fill(event::Message& message, std::string_view residuals) {
  auto event = message.start();
  event.setSymbol("BTCUSDT");
  auto delta = event.getBody().initBookDelta();
  delta.setUpdateId(7);
  auto bids = delta.initBids(3);
  for (auto bid : bids) event::set_decimal(bid.getPrice(), {-1, 2});
  auto rendered = event.getRaw().initRendered();
  rendered.setResiduals(
      capnp::Data::Reader(reinterpret_cast<const kj::byte*>(residuals.data()), residuals.size()));
}

/// Whatever the bytes are, they are refused or run within bounds.
void hostile(std::string_view stored, std::string_view residuals) {
  event::Message message;
  fill(message, residuals);
  std::string out;
  try {
    const auto program = shape::parse(as_bytes(stored));
    shape::Rebuilder().append(program, message.event().asReader(), message.framed_size(), out);
  } catch (const Error& error) {
    if (error.fault != Fault::format || !out.empty()) std::abort();
  } catch (const kj::Exception&) {
    // A pointer that is read as what it is not.
  }
  if (out.size() > shape::most_rebuilt(message.framed_size()) + 256) std::abort();
}

struct Padded {
  std::string bytes;
  std::size_t size;
  explicit Padded(std::string_view text) : bytes(text), size(text.size()) {
    bytes.append(event::kFramePadding, '9');
  }
  [[nodiscard]] std::string_view text() const { return std::string_view(bytes).substr(0, size); }
};

/// The shape of one frame over another.
void learned(std::string_view first, std::string_view second) {
  Padded frame(first);
  shape::Outliner outliner;
  const auto items = outliner.outline({frame.bytes.data(), frame.size});
  if (items.empty()) return;
  std::vector<shape::Decision> decisions(items.size());
  for (auto& decision : decisions) decision.varies = true;
  const auto program = shape::build(frame.text(), items, decisions, {shape::Scope{}});
  if (!program) return;
  const auto read = shape::parse(as_bytes(program->stored));
  for (const auto text : {first, second}) {
    const Padded other(text);
    shape::Values values;
    if (!shape::match(*program, other.text(), values)) continue;
    shape::Residuals residuals;
    for (std::size_t i = 0; i < values.size(); ++i) {
      residuals.add(i, values[i].text == nullptr ? std::to_string(values[i].mantissa)
                                                 : std::string(values[i].view()));
    }
    event::Message message;
    fill(message, residuals.stored());
    std::string out;
    shape::Rebuilder().append(read, message.event().asReader(), message.framed_size(), out);
    if (out != other.text()) std::abort();
  }
}

}  // namespace

std::vector<std::vector<std::uint8_t>> tape_fuzz_seeds() {
  const auto seed = [](std::string_view first, std::string_view second) {
    std::string bytes(1, static_cast<char>(first.size()));
    bytes.append(first).append(second);
    return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
  };
  using namespace std::string_view_literals;
  return {
      seed(R"({"b":[["1.5","2"],["3","4"]],"a":[]})", R"({"b":[["7","8"]],"a":[]})"),
      seed(R"({"a":1.5e-7,"t":true,"n":null,"s":"x\n"})", R"({"a":-0,"t":false,"n":null,"s":"y"})"),
      seed("\x01\x00\x08\x02{}\x00"sv, "\x00\x01x"sv),
      seed("\x01\x02\x00\x00\x0a\x02\x01\x00\x09\x01\x01\x00\x02\x01,\x03\x02\x00\x08\x0a"sv, ""sv),
      seed("\x01\x00\x09\x00\x01,\x00\x0a"sv, "\x00\x01\x33\x00\x01x\x00\x01y\x00\x01z"sv),
      seed("\x01\x00\x01\x00\x03\x04\x00\x04\x00\x00\x01\x02\x00\x03\x00"sv, ""sv),
  };
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto all = as_text(Bytes(data + 1, size - 1));
  const auto split = std::min<std::size_t>(data[0], all.size());
  hostile(all.substr(0, split), all.substr(split));
  try {
    learned(all.substr(0, split), all.substr(split));
  } catch (const Error&) {
    // Larger than an event of its size may be rebuilt into.
  }
  return 0;
}
