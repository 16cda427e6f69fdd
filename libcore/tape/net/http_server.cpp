#include <tape/net/asio.h>
#include <tape/net/http_io.h>
#include <tape/net/http_server.h>
#include <tape/net/listen.h>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <set>

namespace tape::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kMaxConnections = 32;
constexpr std::uint32_t kMaxHeader = std::uint32_t{8} << 10U;
constexpr Nanos kTransfer = 10 * kSecond;
constexpr Nanos kIdle = 60 * kSecond;
// After a failed accept (no descriptors left), before the next.
constexpr Nanos kAcceptAgain = 100 * kMillisecond;

/// One client's connection: requests one after another.
class Visit : public std::enable_shared_from_this<Visit> {
 public:
  using Left = std::function<void(const std::shared_ptr<Visit>&)>;

  Visit(Socket socket, const HttpServer::Handler& handler, Left left)
      : socket_(std::move(socket)),
        handler_(handler),
        left_(std::move(left)),
        deadline_(socket_.get_executor()) {}

  void read(Nanos timeout);
  void close();

 private:
  void on_request(const ErrorCode& error);
  void answer();
  void on_answered(const ErrorCode& error);
  void limit(Nanos timeout);
  void leave();

  Socket socket_;
  const HttpServer::Handler& handler_;  // not used after close()
  Left left_;
  SteadyTimer deadline_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
};

void Visit::limit(Nanos timeout) {
  wait(deadline_, timeout, [self = shared_from_this()](const ErrorCode& error) {
    if (!error) self->leave();
  });
}

void Visit::read(Nanos timeout) {
  limit(timeout);
  parser_.emplace();
  parser_->header_limit(kMaxHeader);
  parser_->body_limit(0);
  http::async_read(socket_, buffer_, *parser_,
                   [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                     self->on_request(error);
                   });
}

void Visit::on_request(const ErrorCode& error) {
  if (!left_) return;
  if (error) return leave();
  limit(kTransfer);
  answer();
}

void Visit::answer() {
  const auto& request = parser_->get();
  const bool head = request.method() == http::verb::head;
  HttpServer::Reply reply{405, "text/plain; charset=utf-8", "only GET and HEAD\n"};
  if (head || request.method() == http::verb::get) {
    const auto target = request.target();
    const auto self = shared_from_this();
    reply = handler_({target.data(), target.size()});
    if (!left_) return;
  }
  response_ = {};
  response_.version(request.version());
  response_.result(reply.status);
  response_.set(http::field::server, user_agent());
  response_.set(http::field::content_type, reply.content_type);
  if (reply.status == 405) response_.set(http::field::allow, "GET, HEAD");
  response_.keep_alive(request.keep_alive());
  response_.body() = std::move(reply.body);
  response_.prepare_payload();
  if (head) response_.body().clear();  // Content-Length stays that of the GET
  http::async_write(socket_, response_,
                    [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                      self->on_answered(error);
                    });
}

void Visit::on_answered(const ErrorCode& error) {
  if (!left_) return;
  if (error || !response_.keep_alive()) return leave();
  read(kIdle);
}

void Visit::leave() {
  const auto left = std::exchange(left_, nullptr);
  const auto self = shared_from_this();
  close();
  if (left) left(self);
}

void Visit::close() {
  left_ = nullptr;
  deadline_.cancel();
  ErrorCode ignored;
  socket_.shutdown(Tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  Impl(Loop& loop, Handler to_call)
      : io(loop.impl().io),
        handler(std::move(to_call)),
        acceptor(io.get_executor()),
        again(io.get_executor()) {}

  void accept();
  void on_accepted(const ErrorCode& error, Socket socket);
  void stop();

  asio::io_context& io;
  const Handler handler;
  Acceptor acceptor;
  SteadyTimer again;
  std::set<std::shared_ptr<Visit>> visits;
  std::uint16_t port = 0;
  bool stopped = false;
};

void HttpServer::Impl::accept() {
  acceptor.async_accept(io.get_executor(),
                        [self = shared_from_this()](const ErrorCode& error, Socket socket) {
                          self->on_accepted(error, std::move(socket));
                        });
}

void HttpServer::Impl::on_accepted(const ErrorCode& error, Socket socket) {
  if (stopped) return;
  if (error) {
    return wait(again, kAcceptAgain, [self = shared_from_this()](const ErrorCode& cancelled) {
      if (!cancelled && !self->stopped) self->accept();
    });
  }
  if (visits.size() < kMaxConnections) {
    const auto visit = std::make_shared<Visit>(
        std::move(socket), handler,
        [this](const std::shared_ptr<Visit>& ended) { visits.erase(ended); });
    visits.insert(visit);
    visit->read(kTransfer);
  }
  accept();
}

void HttpServer::Impl::stop() {
  stopped = true;
  again.cancel();
  ErrorCode ignored;
  acceptor.close(ignored);
  for (const auto& visit : std::exchange(visits, {})) visit->close();
}

HttpServer::HttpServer(Loop& loop, const std::string& host, std::uint16_t port, Handler handler)
    : impl_(std::make_shared<Impl>(loop, std::move(handler))) {
  impl_->port = listen_at(impl_->acceptor, host, port);
  impl_->accept();
}
HttpServer::~HttpServer() { impl_->stop(); }
std::uint16_t HttpServer::port() const { return impl_->port; }

}  // namespace tape::net
