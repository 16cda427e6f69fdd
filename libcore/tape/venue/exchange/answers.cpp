#include <tape/venue/exchange/answers.h>

#include <algorithm>
#include <iterator>

namespace tape::venue {

void Answers::record(std::string_view question, ExchangeReply answer, ExchangeHost& host) {
  const auto rest =
      std::stable_partition(waiting_.begin(), waiting_.end(),
                            [&](const Waiting& waiting) { return waiting.question != question; });
  const std::vector<Waiting> due(std::make_move_iterator(rest),
                                 std::make_move_iterator(waiting_.end()));
  waiting_.erase(rest, waiting_.end());
  for (const auto& waiting : due) host.reply(waiting.client, answer);
  last_.insert_or_assign(std::string(question), std::move(answer));
}

const ExchangeReply* Answers::last(std::string_view question) const {
  const auto found = last_.find(question);
  return found == last_.end() ? nullptr : &found->second;
}

void Answers::foresee(std::string_view question, ExchangeReply answer) {
  if (first_.contains(question)) return;
  first_.insert_or_assign(std::string(question), std::move(answer));
}

const ExchangeReply* Answers::first(std::string_view question) const {
  const auto found = first_.find(question);
  return found == first_.end() ? nullptr : &found->second;
}

void Answers::wait(ClientId client, std::string question, Nanos since) {
  waiting_.push_back({client, std::move(question), since});
}

bool Answers::awaited(std::string_view question) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const Waiting& waiting) { return waiting.question == question; });
}

void Answers::gone(ClientId client) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.client == client; });
}

std::vector<Answers::Waiting> Answers::overdue(Nanos now, Nanos patience) {
  std::vector<Waiting> over;
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (now - waiting.since < patience) return false;
    over.push_back(std::move(waiting));
    return true;
  });
  return over;
}

Nanos patience_of(const ExchangeOptions& options, const ExchangeHost& host) {
  constexpr Nanos kForTheStart = kSecond;
  const bool runs = host.running() || options.lockstep;
  return runs ? options.patience : std::min(options.patience, kForTheStart);
}

}  // namespace tape::venue
