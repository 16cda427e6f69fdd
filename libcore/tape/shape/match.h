// Runs a shape over a frame and takes its values out. A match is the proof that the shape and the
// values' texts are the frame.
#pragma once

#include <tape/shape/shape.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::shape {

/// One value of a frame; `text` lives as long as the frame's bytes.
struct Value {
  const char* text = nullptr;
  std::uint32_t size = 0;
  std::int8_t exponent = 0;
  /// A number in the one way that mantissa * 10^exponent is written in: no superfluous zero in
  /// front, no minus at zero, no exponent letter, at most 18 digits. exponent <= 0.
  bool canonical = false;
  std::int64_t mantissa = 0;  // of a canonical number; of a loop, how many elements follow

  [[nodiscard]] std::string_view view() const { return {text, size}; }
};

/// Frames with more values are not matched.
inline constexpr std::size_t kMaxValues = std::size_t{1} << 16U;

/// The values of one frame; keeps its memory for the next.
class Values {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Value& operator[](std::size_t index) const { return room_[index]; }
  [[nodiscard]] const Value* begin() const { return room_.data(); }
  [[nodiscard]] const Value* end() const { return room_.data() + size_; }
  [[nodiscard]] std::span<const Value> span(std::size_t from, std::size_t count) const {
    return std::span<const Value>(room_).subspan(from, count);
  }
  void clear() { size_ = 0; }
  /// One more, with what was in it before; null past kMaxValues.
  [[nodiscard]] Value* add() {
    if (size_ == room_.size() && !grow()) return nullptr;
    return room_.data() + size_++;
  }
  /// One that was added before.
  [[nodiscard]] Value& at(std::size_t index) { return room_[index]; }

 private:
  bool grow();

  std::vector<Value> room_;
  std::size_t size_ = 0;
};

/// Whether the frame, which 64 readable bytes follow, has the shape; fills `values`. Strings must
/// be ASCII without escapes and control characters, numbers JSON numbers.
[[nodiscard]] bool match(const Program& program, std::string_view frame, Values& values);

/// Whether the text is a number by the grammar of JSON.
[[nodiscard]] bool is_number(std::string_view text);

/// The residual values of an event in their stored form.
class Residuals {
 public:
  void clear() {
    stored_.clear();
    next_ = 0;
  }
  /// Indices grow from call to call.
  void add(std::size_t index, std::string_view text);
  [[nodiscard]] const std::string& stored() const { return stored_; }

 private:
  std::string stored_;
  std::size_t next_ = 0;
};

}  // namespace tape::shape
