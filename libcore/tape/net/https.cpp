#include <tape/base/clock.h>
#include <tape/base/error.h>
#include <tape/event/frame.h>
#include <tape/net/https.h>
#include <tape/net/transport.h>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace tape::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kMaxBody = std::size_t{16} << 20U;
constexpr std::uint32_t kMaxHeader = std::uint32_t{64} << 10U;
constexpr std::size_t kMaxIdle = 4;  // connections an origin
// Servers commonly drop idle connections after 5 to 75 s; the sooner of both ends is ours.
constexpr Nanos kIdle = 30 * kSecond;

std::string origin_of(const Url& url) {
  return fmt::format("{}://{}", url.secure() ? "https" : "http", address(url));
}

bool is_repeatable(std::string_view method) {
  return method == "GET" || method == "PUT" || method == "DELETE" || method == "HEAD";
}

/// The reason why this cannot be sent as it is; empty = it can.
std::string flaw(const HttpRequest& request) {
  const auto is_token = [](std::string_view text) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // RFC 9110, section 5.6.2
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
      return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
    });
  };
  const auto is_line = [](std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
  };
  if (request.url.scheme != "http" && request.url.scheme != "https") {
    return "not sent: the scheme is neither http nor https";
  }
  if (!is_token(request.method)) return "not sent: the method is no HTTP token";
  if (!is_line(request.url.target) || request.url.target.find(' ') != std::string::npos) {
    return "not sent: the target holds blanks or control characters";
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return "not sent: a header's name is no HTTP token";
    if (!is_line(value)) return fmt::format("not sent: header {} holds control characters", name);
  }
  return {};
}

/// A request under way, over one connection or, when a kept one was dead, two.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  using Finished = std::function<void(Exchange&, HttpAnswer&&, std::unique_ptr<Transport> kept)>;

  Exchange(Loop& loop, const TlsOptions& tls, HttpRequest request)
      : loop_(loop),
        tls_(tls),
        request_(std::move(request)),
        deadline_(loop.impl().io.get_executor()) {}

  /// `kept` may be null. `finished` is called once, later.
  void start(std::unique_ptr<Transport> kept, Finished finished);
  void cancel();
  [[nodiscard]] const Url& url() const { return request_.url; }

 private:
  void begin();
  void dial();
  void run();
  void on_header(const ErrorCode& error);
  void on_end(const ErrorCode& error);
  void on_timeout();
  [[nodiscard]] bool retry();
  void build_request();
  void take(HttpAnswer& answer);
  void finish(std::string cause);

  Loop& loop_;
  const TlsOptions tls_;
  HttpRequest request_;
  Finished finished_;
  const SystemClock clock_{};
  const Nanos started_ = clock_.monotonic();
  SteadyTimer deadline_;
  std::shared_ptr<Dial> dial_;
  // Of a kept connection that failed: its operation may still be unwinding through it.
  std::unique_ptr<Transport> replaced_;
  std::unique_ptr<Transport> transport_;
  bool reused_ = false;
  bool header_done_ = false;
  bool reusable_ = false;  // the connection, after a whole answer
  HttpCall call_;
};

void Exchange::start(std::unique_ptr<Transport> kept, Finished finished) {
  finished_ = std::move(finished);
  transport_ = std::move(kept);
  reused_ = transport_ != nullptr;
  wait(deadline_, request_.timeout, [self = shared_from_this()](const ErrorCode& error) {
    if (!error && self->finished_) self->on_timeout();
  });
  asio::post(loop_.impl().io, [self = shared_from_this()] {
    if (self->finished_) self->begin();
  });
}

void Exchange::begin() {
  if (auto why = flaw(request_); !why.empty()) return finish(std::move(why));
  build_request();
  reused_ ? run() : dial();
}

void Exchange::build_request() {
  auto& request = call_.request;
  request.method_string(request_.method);
  request.target(request_.url.target);
  request.version(11);
  for (const auto& [name, value] : request_.headers) request.insert(name, value);
  request.set(http::field::host, request_.url.authority());
  request.set(http::field::user_agent, user_agent());
  request.body() = std::move(request_.body);
  request.prepare_payload();
}

void Exchange::dial() {
  try {
    dial_ = std::make_shared<Dial>(loop_, request_.url, tls_);
  } catch (const Error& error) {
    return finish(error.what());
  }
  dial_->start([self = shared_from_this()](std::unique_ptr<Transport> made, Closed&& failed) {
    if (!self->finished_) return;
    if (!made) return self->finish(std::move(failed.cause));
    self->transport_ = std::move(made);
    self->run();
  });
}

void Exchange::run() {
  call_.buffer.clear();
  auto& parser = call_.parser.emplace();
  parser.body_limit(kMaxBody);
  parser.header_limit(kMaxHeader);
  if (request_.method == "HEAD") parser.skip(true);
  exchange_header(*transport_, call_,
                  [self = shared_from_this()](const ErrorCode& error) { self->on_header(error); });
}

void Exchange::on_header(const ErrorCode& error) {
  if (!finished_) return;
  // A declared length over the limit ends the parsing with the header all there.
  header_done_ = !error || error == http::error::body_limit;
  if (!header_done_ && retry()) return;
  if (error) return finish(exchange_cause(call_, error));
  read_body(*transport_, call_,
            [self = shared_from_this()](const ErrorCode& failure) { self->on_end(failure); });
}

bool Exchange::retry() {
  if (!reused_ || call_.parser->got_some() || !is_repeatable(request_.method)) return false;
  reused_ = false;
  transport_->close();
  replaced_ = std::move(transport_);
  dial();
  return true;
}

void Exchange::on_end(const ErrorCode& error) {
  if (!finished_) return;
  if (error) return finish(exchange_cause(call_, error));
  reusable_ = call_.parser->get().keep_alive() && call_.buffer.size() == 0;
  finish({});
}

void Exchange::on_timeout() {
  const auto after = format_duration(request_.timeout);
  if (!transport_) {
    return finish(fmt::format("timeout after {} waiting for {}", after,
                              dial_ ? dial_->waiting_for() : "the loop"));
  }
  header_done_ = header_done_ || (call_.parser && call_.parser->is_header_done());
  finish(fmt::format("timeout after {} {}", after,
                     header_done_ ? "inside the body" : "waiting for the answer"));
}

void Exchange::take(HttpAnswer& answer) {
  auto& message = call_.parser->get();
  answer.status = static_cast<std::uint16_t>(message.result_int());
  for (const auto& field : message) {
    std::string name(field.name_string().data(), field.name_string().size());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    answer.headers.emplace_back(std::move(name),
                                std::string(field.value().data(), field.value().size()));
  }
  answer.body = std::move(message.body());
}

void Exchange::finish(std::string cause) {
  const auto finished = std::exchange(finished_, nullptr);
  deadline_.cancel();
  HttpAnswer answer;
  answer.cause = std::move(cause);
  if (header_done_) take(answer);
  answer.body.reserve(answer.body.size() + event::kFramePadding);
  answer.latency = clock_.monotonic() - started_;
  std::unique_ptr<Transport> kept;
  if (reusable_) {
    kept = std::move(transport_);
  } else {
    cancel();
  }
  finished(*this, std::move(answer), std::move(kept));
}

void Exchange::cancel() {
  finished_ = nullptr;
  deadline_.cancel();
  if (dial_) dial_->cancel();
  if (transport_) transport_->close();
}

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
  Impl(Loop& to_use, TlsOptions options) : loop_(to_use), tls_(std::move(options)) {
    (void)loop_.impl().tls_context(tls_);  // throws now rather than at the first request
  }

  struct Idle {
    std::unique_ptr<Transport> transport;
    Nanos since = 0;
  };

  void send(HttpRequest request, std::function<void(HttpAnswer&&)> done);
  void stop();

 private:
  [[nodiscard]] std::unique_ptr<Transport> take_idle(const std::string& origin);
  void keep(const std::string& origin, std::unique_ptr<Transport> transport);
  void drop_stale();

  Loop& loop_;
  const TlsOptions tls_;
  const SystemClock clock_{};
  std::map<std::string, std::vector<Idle>> idle_;
  std::set<std::shared_ptr<Exchange>> running_;
};

void HttpClient::Impl::send(HttpRequest request, std::function<void(HttpAnswer&&)> done) {
  drop_stale();
  auto kept = take_idle(origin_of(request.url));
  auto exchange = std::make_shared<Exchange>(loop_, tls_, std::move(request));
  running_.insert(exchange);
  // The client is there whenever this is called: stop() cancels what runs.
  exchange->start(std::move(kept),
                  [this, done = std::move(done)](Exchange& ended, HttpAnswer&& answer,
                                                 std::unique_ptr<Transport> transport) {
                    if (transport) keep(origin_of(ended.url()), std::move(transport));
                    running_.erase(ended.shared_from_this());
                    done(std::move(answer));
                  });
}

void HttpClient::Impl::stop() {
  for (const auto& exchange : std::exchange(running_, {})) exchange->cancel();
  idle_.clear();
}

std::unique_ptr<Transport> HttpClient::Impl::take_idle(const std::string& origin) {
  const auto found = idle_.find(origin);
  if (found == idle_.end()) return nullptr;
  auto& connections = found->second;
  auto transport = std::move(connections.back().transport);
  connections.pop_back();
  if (connections.empty()) idle_.erase(found);
  return transport;
}

void HttpClient::Impl::keep(const std::string& origin, std::unique_ptr<Transport> transport) {
  auto& connections = idle_[origin];
  if (connections.size() >= kMaxIdle) connections.erase(connections.begin());
  connections.push_back({std::move(transport), clock_.monotonic()});
}

void HttpClient::Impl::drop_stale() {
  const Nanos oldest = clock_.monotonic() - kIdle;
  for (auto& [origin, connections] : idle_) {
    std::erase_if(connections, [&](Idle& connection) {
      return connection.since < oldest || !connection.transport->quiet();
    });
  }
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
}

HttpClient::HttpClient(Loop& loop, TlsOptions tls)
    : impl_(std::make_shared<Impl>(loop, std::move(tls))) {}
HttpClient::~HttpClient() { impl_->stop(); }
void HttpClient::send(HttpRequest request, std::function<void(HttpAnswer&&)> done) {
  impl_->send(std::move(request), std::move(done));
}

}  // namespace tape::net
