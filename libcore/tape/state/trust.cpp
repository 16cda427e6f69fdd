#include <tape/state/trust.h>

#include <algorithm>
#include <cctype>

namespace tape::state {

bool newer(Nanos held_at, const Occasion& occasion) {
  return occasion.answer && occasion.latency != 0 &&
         held_at >= occasion.moment.received_at - occasion.latency;
}

void Standing::weaken(std::string_view reason, const Moment& moment) {
  if (trust_ == schema::Trust::SUSPECT) return;
  if (trust_ == schema::Trust::UNVERIFIABLE && reason_ == reason) return;
  set(schema::Trust::UNVERIFIABLE, reason, moment);
}

void Standing::doubt(std::string_view reason, const Moment& moment) {
  if (trust_ == schema::Trust::SUSPECT) return;
  set(schema::Trust::SUSPECT, reason, moment);
}

void Standing::lose(std::string_view reason, const Moment& moment) {
  doubt(reason, moment);
  if (stale_at_ == 0) stale_at_ = moment.received_at;
}

void Standing::leave(const Moment& moment, Nanos last_at) {
  if (stale_at_ == 0) stale_at_ = last_at;
  doubt("another recording goes on here: what happened between the two is not known", moment);
}

void Standing::stall(std::string_view reason, const Moment& moment) {
  weaken(reason, moment);
  if (stale_at_ == 0) stale_at_ = moment.received_at;
}

void Standing::set(schema::Trust trust, std::string_view reason, const Moment& moment) {
  trust_ = trust;
  reason_.assign(reason);
  since_ = moment;
  if (trust == schema::Trust::VERIFIED) stale_at_ = 0;
}

void write(const Finding& finding, schema::Finding::Builder out) {
  out.setRule(text_of(finding.rule));
  out.setSubject(text_of(finding.subject));
  event::set_decimal(out.getExpected(), finding.expected);
  event::set_decimal(out.getFound(), finding.found);
  event::set_decimal(out.getDifference(), finding.difference);
  out.setReceivedAt(finding.moment.received_at);
  out.setSession(finding.moment.session);
  out.setOrdinal(finding.moment.ordinal);
  if (!finding.expected_text.empty()) out.setExpectedText(text_of(finding.expected_text));
  if (!finding.found_text.empty()) out.setFoundText(text_of(finding.found_text));
  out.setFromAt(finding.from_at);
}

Finding read(schema::Finding::Reader in) {
  Finding finding;
  finding.rule = event::view(in.getRule());
  finding.subject = event::view(in.getSubject());
  finding.expected = event::get_decimal(in.getExpected());
  finding.found = event::get_decimal(in.getFound());
  finding.difference = event::get_decimal(in.getDifference());
  finding.moment = {in.getReceivedAt(), in.getSession(), in.getOrdinal()};
  finding.expected_text = event::view(in.getExpectedText());
  finding.found_text = event::view(in.getFoundText());
  finding.from_at = in.getFromAt();
  return finding;
}

void write(const Moment& moment, schema::Evidence::Builder out) {
  out.setReceivedAt(moment.received_at);
  out.setSession(moment.session);
  out.setOrdinal(moment.ordinal);
}

Moment read(schema::Evidence::Reader in) {
  return {in.getReceivedAt(), in.getSession(), in.getOrdinal()};
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string identity(std::string_view id, std::string_view symbol) {
  const bool number =
      std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  std::string key(id);
  if (number) key += '@' + upper(symbol);
  return key;
}

}  // namespace tape::state
