#include <tape/base/error.h>
#include <tape/net/framer.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <utility>

namespace tape::net {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

/// A SyncStream in Beast's terms that keeps what is written.
class Sink {
 public:
  using executor_type = Executor;  // NOLINT(readability-identifier-naming): Asio asks for this name

  explicit Sink(Executor executor) : executor_(std::move(executor)) {}
  [[nodiscard]] executor_type get_executor() const { return executor_; }
  /// Starts a new one of that many bytes.
  std::string take(std::size_t next) {
    auto whole = std::exchange(bytes_, {});
    bytes_.reserve(next);
    return whole;
  }

  template <class Buffers>
  std::size_t read_some(const Buffers& /*buffers*/, ErrorCode& error) {
    error = asio::error::eof;
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& /*buffers*/) {
    return 0;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, ErrorCode& error) {
    error = {};
    return write_some(buffers);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    const auto before = bytes_.size();
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers);
         ++at) {
      const asio::const_buffer piece(*at);
      bytes_.append(static_cast<const char*>(piece.data()), piece.size());
    }
    return bytes_.size() - before;
  }

  friend void teardown(boost::beast::role_type /*role*/, Sink& /*sink*/, ErrorCode& error) {
    error = {};
  }

 private:
  Executor executor_;
  std::string bytes_;
};

// Of a header, when nothing is masked.
constexpr std::size_t kLongestHeader = 10;

http::request<http::empty_body> greeting() {
  http::request<http::empty_body> request(http::verb::get, "/", 11);
  request.set(http::field::host, "localhost");
  request.set(http::field::connection, "upgrade");
  request.set(http::field::upgrade, "websocket");
  request.set(http::field::sec_websocket_version, "13");
  request.set(http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");  // RFC 6455, 1.3
  return request;
}

}  // namespace

struct Framer::Impl {
  explicit Impl(const Executor& executor) : stream(executor) {}
  websocket::stream<Sink, false> stream;
};

Framer::Framer(const Executor& executor) : impl_(std::make_unique<Impl>(executor)) {
  ErrorCode error;
  impl_->stream.accept(greeting(), error);
  if (error) throw Error(Fault::internal, "a WebSocket without a peer: " + error.message());
  (void)impl_->stream.next_layer().take(0);
  impl_->stream.auto_fragment(false);
  impl_->stream.text(true);
}
Framer::~Framer() = default;

std::shared_ptr<const std::string> Framer::text(std::string_view message) {
  auto& sink = impl_->stream.next_layer();
  (void)sink.take(message.size() + kLongestHeader);
  ErrorCode error;
  (void)impl_->stream.write(asio::buffer(message.data(), message.size()), error);
  if (error) throw Error(Fault::internal, "a frame cannot be written: " + error.message());
  return std::make_shared<const std::string>(sink.take(0));
}

}  // namespace tape::net
