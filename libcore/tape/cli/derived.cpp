#include <tape/base/clock.h>
#include <tape/base/error.h>
#include <tape/cli/derived.h>
#include <tape/state/checkpoint.h>

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace tape::cli {
namespace {

std::uint64_t random_session() {
  std::uint64_t session = 0;
  while (session == 0) {
    if (::getrandom(&session, sizeof session, 0) != sizeof session && errno != EINTR) {
      throw system_error("getrandom", errno);
    }
  }
  return session;
}

}  // namespace

DerivedTape::DerivedTape(log::Sink& sink, std::string recorder, std::vector<std::string> sources)
    : sink_(sink),
      recorder_(std::move(recorder)),
      sources_(std::move(sources)),
      started_at_(SystemClock().now()),
      own_session_(random_session()) {}

schema::Event::Builder DerivedTape::own_event(Nanos received_at) {
  auto event = message_.start();
  event.setReceivedAt(received_at);
  event.setDirection(schema::Direction::LOCAL);
  event.setTransport(schema::Transport::NONE);
  event.setSynthetic(true);
  return event;
}

void DerivedTape::begin(Nanos received_at) {
  log::PreambleInfo info;
  info.recorder = recorder_;
  info.session = 0;
  info.started_at = started_at_;
  info.flush_interval = 0;
  info.sync_interval = -1;
  info.derived = true;
  writer_.emplace(sink_, log::WriterOptions{}, info);

  // Beginning and end take the times of the events they enclose: the tape's span is that of its
  // events.
  auto session = own_event(received_at).initBody().initSession();
  session.setRecorder(recorder_);
  session.setStartedAt(started_at_);
  session.setFlushInterval(info.flush_interval);
  session.setSyncInterval(info.sync_interval);
  session.setDerived(true);
  auto names = session.initSources(static_cast<unsigned>(sources_.size()));
  for (unsigned i = 0; i < names.size(); ++i) {
    names.set(i, std::filesystem::path(sources_[i]).filename().string());
  }
  append_own();
}

void DerivedTape::append_own() {
  writer_->copy(message_, own_session_, ++own_ordinal_);
  ++events_;
}

void DerivedTape::add_checkpoint(const state::State& state, Nanos received_at) {
  begin(received_at);
  const state::CheckpointRun run(state);
  // In chunks of its own, so that a reader can begin with it.
  writer_->end_chunk();
  for (std::size_t i = 0; i < run.events(); ++i) {
    auto event = message_.start();
    run.fill(i, event);
    event.setReceivedAt(received_at);
    append_own();
  }
  writer_->end_chunk();
}

bool DerivedTape::is_frame_of_copy(const log::EventRef& ref) {
  const auto body = ref.event.getBody();
  if (body.isSession() && body.getSession().getDerived()) {
    derived_sessions_.push_back(ref.session);
    return true;
  }
  return body.isEnd() && std::find(derived_sessions_.begin(), derived_sessions_.end(),
                                   ref.session) != derived_sessions_.end();
}

bool DerivedTape::add(const log::EventRef& ref) {
  if (is_frame_of_copy(ref)) return false;
  last_received_at_ = ref.event.getReceivedAt();
  if (!writer_) begin(last_received_at_);
  copier_.copy(ref, message_);
  writer_->copy(message_, ref.session, ref.ordinal);
  ++events_;
  return true;
}

void DerivedTape::flush() {
  if (writer_) writer_->flush();
}

void DerivedTape::close() {
  if (!writer_) begin(started_at_);
  auto end =
      own_event(last_received_at_ == 0 ? started_at_ : last_received_at_).initBody().initEnd();
  end.setReason("finished");
  end.setEvents(events_ + 1);
  append_own();
  (void)writer_->close();
}

}  // namespace tape::cli
