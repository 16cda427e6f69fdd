// From a frame to one Event through a venue's tables: the flow that all venues share.
#pragma once

#include <tape/event/event.h>
#include <tape/event/frame.h>
#include <tape/venue/parser.h>
#include <tape/venue/table.h>
#include <tape/venue/venue.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

/// A venue's own part of decoding, all data and pure functions.
struct Dialect {
  std::string_view venue;
  std::span<const Table> tables;
  /// Index in `tables` of what the frame is; nothing = not known. May descend() into a wrapper.
  std::optional<std::size_t> (*classify)(Parser& parser, const event::Frame& frame);
  /// Overwrites secrets in a frame; whether a byte changed.
  bool (*redact)(std::span<char> bytes);
  /// Whether redact() may find something in a frame because a string in it, which is no key of an
  /// object, is this text.
  bool (*may_hold_secret)(std::string_view text);
  /// Whether classify() asks nothing of this frame but the parser: what it says can be kept for
  /// frames that begin alike.
  bool (*asks_parser_only)(const event::Frame& frame);
};

/// A frame of a kind that no table knows, is empty, malformed and so on is understood = false; its
/// event is opaque.
struct Decoded {
  bool understood = false;
  std::size_t table = 0;  // when understood
};

class Shapes;

/// off: every frame is parsed; what tests compare with.
enum class Learning : std::uint8_t { on, off };

class Decoder {
 public:
  /// Compiles the tables; throws Error{internal} when one does not fit the schema.
  explicit Decoder(const Dialect& dialect, Learning learning = Learning::on);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Overwrites secrets in the frame, and builds its event in `message`, always: typed, or opaque
  /// with the reason. A frame that keeps its bytes only where it must (Frame::raw) and is proven
  /// gets `raw.rendered`.
  /// With Unknown::decline nothing is made of a frame that is not understood.
  Decoded decode(event::Frame& frame, event::Message& message, Unknown unknown = Unknown::record);

 private:
  /// What frames that begin like this are. Feeds repeat their first bytes: asking the parser again
  /// would cost as much as half a walk.
  struct Beginning {
    std::string bytes;
    std::string base;
    std::size_t table = 0;
  };

  Decoded walk(const event::Frame& frame, event::Message& message, Unknown unknown);
  void learn(const event::Frame& frame, std::size_t table, schema::Event::Reader made);
  std::optional<std::size_t> classify(const event::Frame& frame);
  void keep(std::string_view frame, std::size_t table);
  void make_opaque(const event::Frame& frame, event::Message& message, const Failure& failure);

  const Dialect& dialect_;
  std::vector<ProgramPtr> programs_;
  Parser parser_;
  std::unique_ptr<Shapes> shapes_;
  const Learning learning_;
  std::vector<Beginning> known_;  // the last one that fitted first
  std::string candidate_;         // a beginning counts when it comes twice in a row
};

}  // namespace tape::venue
