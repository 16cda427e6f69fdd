#include <tape/state/shelf.h>

namespace tape::state {
namespace {

// What a hostile tape can make one shelf hold.
constexpr std::size_t kMaxRows = 10'000;

}  // namespace

Shelf::Shelf(const RowType& type) : type_(&type), received_(&type.slot("receivedAt")) {}

Row* Shelf::put(const std::string& key, capnp::AnyStruct::Reader given, const Occasion& occasion) {
  auto found = rows_.find(key);
  if (found == rows_.end()) {
    if (rows_.size() >= kMaxRows) return nullptr;
    found = rows_.emplace(key, Row(*type_)).first;
  } else if (newer(found->second.moment(*received_), occasion)) {
    return nullptr;
  }
  found->second.merge(given);
  found->second.set_moment(*received_, occasion.moment.received_at);
  return &found->second;
}

void Shelf::keep(const Names& named, const Occasion& occasion) {
  std::erase_if(rows_, [&](const auto& entry) {
    return !named.contains(entry.first) && !newer(entry.second.moment(*received_), occasion);
  });
}

void Shelf::restore(const std::string& key, capnp::AnyStruct::Reader given) {
  if (rows_.size() >= kMaxRows) return;
  Row row(*type_);
  row.merge(given);
  rows_.insert_or_assign(key, std::move(row));
}

const Row* Shelf::find(std::string_view key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : &found->second;
}

}  // namespace tape::state
