#!/usr/bin/env python3
"""An HTTP server (http.server) on 127.0.0.1 whose paths misbehave in known ways; prints its port, then one line a
request: CONNECTION METHOD PATH, where CONNECTION counts the accepted connections.

http_server.py [--cert FILE --key FILE]
"""

import argparse
import http.server
import itertools
import json
import ssl
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections = itertools.count(1)
    lock = threading.Lock()

    def setup(self):
        super().setup()
        self.connection_number = next(Handler.connections)

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=(), declared=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if declared is None else declared))
        self.end_headers()
        self.wfile.write(body)

    def respond(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with Handler.lock:
            print(self.connection_number, self.command, self.path, flush=True)
        path = self.path.partition("?")[0]
        if path == "/echo":
            seen = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body.decode()}
            self.answer(200, json.dumps(seen).encode(), [("X-Mixed-Case", "Yes")])
        elif path == "/cut":  # declares more than it sends
            self.answer(200, b"half of", declared=100)
            self.close_connection = True
        elif path == "/stall":  # begins, and says no more while the client stays
            self.answer(200, b"begun", declared=100)
            self.rfile.read(1)
        elif path == "/mute":
            self.rfile.read(1)
        elif path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (b"one ", b"two ", b"three"):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        elif path == "/until-end":  # a body without a length
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"all there is")
        elif path == "/endless":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            part = b"x" * 65536
            try:
                while True:
                    self.wfile.write(part)
            except OSError:
                pass
        elif path == "/html":
            self.answer(503, b"<html>down for maintenance</html>", [("Content-Type", "text/html")])
        elif path == "/not-http":
            self.wfile.write(b"SSH-2.0-nothing\r\n\r\n")
            self.close_connection = True
        elif path == "/leave":  # a whole answer that promises to stay, then the end
            self.answer(200, b"bye")
            self.close_connection = True
        elif path == "/leave-later":  # as above, but the end comes with the next request
            self.answer(200, b"next one fails")
            self.rfile.read(1)
            self.close_connection = True
        else:
            self.answer(200, b"ok")

    do_GET = do_POST = do_PUT = do_DELETE = respond  # noqa: N815


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cert")
    parser.add_argument("--key")
    options = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
