#include <tape/venue/bound.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace tape::venue {
namespace {

/// Fills what is the same in every event of a shape, by the library's builders.
class FrontMaker {
 public:
  FrontMaker(const Bound& bound, schema::Event::Builder event)
      : bound_(bound), table_(*bound.table), live_(table_.scopes.size()) {
    live_[0] = {capnp::toAny(event), true};
  }

  bool run() {
    event::store(data(0), table_.body_which_offset, table_.body_which, 0);
    (void)ensure(1);
    for (const auto& constant : table_.constants)
      store_integer(constant.leaf.slot, constant.value, data(constant.leaf.scope));
    for (const auto& constant : bound_.constants) {
      if (constant.leaf.form == Form::present) {
        store_integer(constant.leaf.slot, 1, data(constant.leaf.scope));
      } else if (store_leaf(constant.leaf, {constant.kind, constant.text},
                            data(constant.leaf.scope), ensure(constant.leaf.scope)) != Stored::ok) {
        return false;
      }
    }
    for (const auto& list : bound_.empty_lists) {
      const auto& element = table_.scopes[list.element];
      (void)ensure(list.scope)
          .getPointerSection()[list.pointer]
          .initAsListOfAnyStruct(element.data_words, element.pointers, 0);
    }
    return true;
  }

  /// Counted from the first word of the message, whose root begins in the second one.
  [[nodiscard]] std::vector<std::uint32_t> places() {
    std::vector<std::uint32_t> places;
    for (std::size_t i = 0; i < live_.size(); ++i) {
      places.push_back(live_[i].made ? static_cast<std::uint32_t>(
                                           1 + (data(static_cast<std::uint16_t>(i)) - data(0)) / 8)
                                     : 0);
    }
    return places;
  }

 private:
  struct Live {
    capnp::AnyStruct::Builder builder{nullptr};
    bool made = false;
  };

  capnp::AnyStruct::Builder& ensure(std::uint16_t scope) {
    auto& here = live_[scope];
    const auto& about = table_.scopes[scope];
    if (!here.made) here = {begin_struct(about, ensure(about.parent)), true};
    return here.builder;
  }
  std::uint8_t* data(std::uint16_t scope) { return ensure(scope).getDataSection().begin(); }

  const Bound& bound_;
  const Program& table_;
  std::vector<Live> live_;
};

bool in_element(const Program& table, std::size_t scope) {
  for (; scope > 1; scope = table.scopes[scope].parent) {
    if (table.scopes[scope].kind == Scope::Kind::element) return true;
  }
  return false;
}

}  // namespace

bool make_front(std::string_view venue, std::string_view channel, Bound& bound) {
  event::Message message;
  auto event = message.start();
  event.setVenue(capnp::Text::Reader(std::string(venue).c_str()));
  if (!channel.empty()) event.setChannel(capnp::Text::Reader(std::string(channel).c_str()));
  FrontMaker maker(bound, event);
  if (!maker.run()) return false;
  std::vector<std::uint64_t> framed(message.framed_size() / sizeof(std::uint64_t));
  message.write(reinterpret_cast<std::uint8_t*>(framed.data()));
  std::uint32_t segments = 0;  // less one
  std::memcpy(&segments, framed.data(), sizeof segments);
  if (segments != 0) return false;
  bound.front = {{framed.begin() + 1, framed.end()}, maker.places()};
  for (const auto& step : bound.steps)
    bound.copies = std::max<std::size_t>(bound.copies, step.count);
  for (std::size_t i = 1; i < bound.table->scopes.size(); ++i) {
    const auto& scope = bound.table->scopes[i];
    // A list has a word in front of its elements.
    const std::size_t words = 1U + scope.data_words + scope.pointers;
    (in_element(*bound.table, i) ? bound.inside : bound.outside) += words;
  }
  return true;
}

}  // namespace tape::venue
