#include <tape/base/error.h>
#include <tape/shape/chunk_shapes.h>
#include <tape/venue/shapes.h>

#include <algorithm>
#include <cstring>

namespace tape::venue {
namespace {

// A feed has a shape for each kind of message and, in combined streams, for each stream.
constexpr std::size_t kMaxKnown = 512;
constexpr std::size_t kMaxVariants = 512;
// Fewer values than this cannot make a body that is larger than a message may be.
constexpr std::size_t kManyValues = 4096;
// As long as keys are.
constexpr std::size_t kKeySize = 64;
// Smaller frames can always be rebuilt.
constexpr std::size_t kSmallFrame = 4096;

}  // namespace

Shapes::Known* Shapes::find(std::string_view frame) {
  auto* const guess = last_ == nullptr ? nullptr : last_->next;
  if (guess != nullptr && shape::match(guess->bound->program, frame, values_)) return last_ = guess;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    auto* const known = known_[i].get();
    if (known == guess || !shape::match(known->bound->program, frame, values_)) continue;
    if (i > 0) std::swap(known_[i], known_[i / 2]);
    if (last_ != nullptr) last_->next = known;
    return last_ = known;
  }
  return nullptr;
}

std::optional<std::size_t> Shapes::decode(event::Frame& frame, event::Message& message) {
  if (credit_ < kMostCredit) ++credit_;
  if (frame.bytes.empty()) return std::nullopt;
  const auto* known = find(frame.text());
  if (known == nullptr) return std::nullopt;
  const auto& bound = *known->bound;
  if (may_hold_secret(bound) && dialect_.redact(frame.bytes)) {
    frame.redacted = true;
    return std::nullopt;
  }
  const auto raw = frame.raw == event::KeepRaw::automatic ? Made::rendered : Made::kept;
  if (!fill(bound, frame, message, raw)) return std::nullopt;
  return bound.index;
}

/// Whether a value of the shape may be a secret because of what stands around it: asked of a frame
/// whose strings are all such as only secrets are.
bool Shapes::introduces_secret(const shape::Program& program) const {
  std::string frame;
  for (const auto& op : program.ops) {
    if (op.kind == shape::Op::Kind::literal) {
      frame += program.text(op);
    } else if (op.kind == shape::Op::Kind::value) {
      frame += op.token == shape::Token::string   ? std::string(kKeySize, 'a')
               : op.token == shape::Token::number ? "1"
                                                  : "true";
    }
  }
  const auto size = frame.size();
  frame.append(event::kFramePadding, '\0');
  return dialect_.redact({frame.data(), size});
}

/// Of a frame that fits. What its literals introduce is known; a string may hold a word that counts
/// together with them.
bool Shapes::may_hold_secret(const Bound& bound) const {
  if (bound.secretive) return true;
  return std::any_of(values_.begin(), values_.end(), [&](const shape::Value& value) {
    return !value.canonical && dialect_.may_hold_secret(value.view());
  });
}

bool Shapes::fill(const Bound& bound, const event::Frame& frame, event::Message& message,
                  Made made) {
  const auto bytes = frame.text();
  const bool may_be_kept = made != Made::rendered || bytes.size() > kSmallFrame;
  const auto more = frame.account.size() + (may_be_kept ? bytes.size() : 0);
  if (!filler_.fill(bound, values_, more, message, made != Made::plain)) return false;
  auto& draft = message.draft();
  event::put_envelope(draft, frame);
  if (values_.size() > kManyValues && message.framed_size() > event::kMaxMessage) return false;
  bool rendered = made == Made::rendered;
  if (rendered && bytes.size() > kSmallFrame &&
      bytes.size() > shape::most_rebuilt(message.framed_size()))
    rendered = false;
  if (!rendered) {
    // Shapes are learned from UTF-8, and what they let vary is ASCII.
    event::put_text(draft, bytes);
    return true;
  }
  event::put_rendered(draft, bound.program.hash, filler_.residuals());
  message.set_origin({bytes, as_bytes(bound.program.stored)});
  return true;
}

/// Whether the shape makes of its own frame what the walker made, and gives the frame back.
bool Shapes::proves(const Bound& bound, const event::Frame& frame, schema::Event::Reader made) {
  if (!shape::match(bound.program, frame.text(), values_) ||
      !fill(bound, frame, check_, Made::plain)) {
    return false;
  }
  if (!(capnp::AnyStruct::Reader(made) == capnp::AnyStruct::Reader(check_.reader()))) return false;
  if (!fill(bound, frame, check_, Made::rendered)) return false;
  if (!check_.reader().getRaw().isRendered()) return true;
  text_.clear();
  try {
    // By the form that readers get.
    const auto program = shape::parse(as_bytes(bound.program.stored));
    rebuilder_.append(program, check_.reader(), check_.framed_size(), text_);
  } catch (const Error&) {
    return false;
  }
  return text_ == frame.text();
}

/// The items that no field holds and that were seen to differ between frames.
std::vector<std::uint32_t> Shapes::varying(const Bound& bound, Lesson lesson,
                                           const Program& table) {
  lesson.varying = bound.open;
  const auto general = bind(table, lesson);
  if (general == nullptr) return {};
  if (variants_.size() >= kMaxVariants) variants_.clear();
  auto& variants = variants_[general->program.hash];
  variants.texts.resize(bound.open.size());
  variants.varies.resize(bound.open.size());
  std::vector<std::uint32_t> result;
  for (std::size_t i = 0; i < bound.open.size(); ++i) {
    const auto text = lesson.items[bound.open[i]].text(lesson.frame);
    if (variants.texts[i].empty()) {
      variants.texts[i] = text;
    } else if (variants.texts[i] != text) {
      variants.varies[i] = true;
    }
    if (variants.varies[i]) result.push_back(bound.open[i]);
  }
  return result;
}

void Shapes::learn(const event::Frame& frame, const Walked& walked) {
  credit_ -= kCost;
  const auto text = frame.text();
  Lesson lesson{
      text, outliner_.outline({text.data(), text.size()}), walked.base, walked.consulted, {}};
  auto bound = bind(*walked.table, lesson);
  if (bound == nullptr) return;
  if (!bound->open.empty()) {
    const auto varies = varying(*bound, lesson, *walked.table);
    lesson.varying = varies;
    if (!varies.empty()) bound = bind(*walked.table, lesson);
    if (bound == nullptr) return;
  }
  if (bound->program.ops.size() > shape::kMostLearned) return;
  bound->index = walked.index;
  bound->secretive = introduces_secret(bound->program);
  if (!make_front(dialect_.venue, dialect_.tables[bound->index].channel, *bound)) return;
  if (proves(*bound, frame, walked.made)) keep(std::move(bound));
}

void Shapes::keep(std::unique_ptr<Bound> bound) {
  const auto same = [&](const auto& known) {
    return known->bound->program.hash == bound->program.hash && known->bound->index == bound->index;
  };
  if (std::any_of(known_.begin(), known_.end(), same)) return;
  if (known_.size() >= kMaxKnown) {
    for (auto& known : known_) known->next = nullptr;
    last_ = nullptr;
    known_.pop_back();
  }
  known_.push_back(std::make_unique<Known>());
  known_.back()->bound = std::move(bound);
}

}  // namespace tape::venue
