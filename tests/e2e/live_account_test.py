"""Private feeds and signed requests of several accounts, verified by the venue; and what is secret is found nowhere."""

import base64
import os
import pathlib
import unittest

from support import run, tool
from venue import (LiveTestCase, Recorder, Server, binance_numbers_of, binance_options, certificates, events, kinds, kraken_options,
                   numbers_of, wait_for)

KRAKEN_FEEDS = ("fills", "open_orders_verbose", "open_positions", "balances", "account_log", "notifications_auth")


def secret(name):
    return base64.b64encode(f"canary {name} canary {name} canary".encode() + os.urandom(24)).decode()


class AccountTestCase(LiveTestCase):
    def setUp(self):
        super().setUp()
        self.made = certificates(self.folder / "tls")
        self.tls = ["--tls", self.made / "good.pem", self.made / "good.key"]

    def assertNowhere(self, recorder, secrets, more=()):
        """`more`: texts of the running recorder."""
        places = {"the tape": recorder.tape.read_bytes(), "the tape unpacked": run("zstd", "-dcq", recorder.tape)[0],
                  "stderr": recorder.errors().encode(), "stdout": recorder.process.stdout.read(),
                  "the metrics": (self.folder / "tape.prom").read_bytes(), **dict(more)}
        for place, content in places.items():
            for text in secrets:
                self.assertGreater(len(text), 8)
                self.assertNotIn(text.encode(), content, f"{place} holds {text}")

    def of_the_process(self, recorder):
        proc = pathlib.Path(f"/proc/{recorder.pid}")
        return [(name, (proc / name).read_bytes()) for name in ("cmdline", "environ")]


class Kraken(AccountTestCase):
    def start(self, server, accounts, env):
        return Recorder(self, "-v", "kraken-futures", "--symbol", "PI_ETHUSD", "--feed", ",".join(("book", *KRAKEN_FEEDS)),
                        *kraken_options(server), "--ca-file", self.made / "ca.pem", "--metrics-file", self.folder / "tape.prom",
                        *[part for account in accounts for part in ("--account", account)], env=env)

    def test_two_accounts(self):
        keys = {label: (secret(label + " key"), secret(label + " secret")) for label in ("desk", "hedge")}
        path = self.write("hedge.keys", "\n".join(keys["hedge"]).encode() + b"\n")
        path.chmod(0o600)
        server = Server(self, "kraken", *self.tls, "--loop", "--rate", "200", "--account-rate", "20",
                        *[part for pair in keys.values() for part in ("--key", *pair)])
        recorder = self.start(server, ["desk=env:DESK", f"hedge=file:{path}"],
                              {"DESK_KEY": keys["desk"][0], "DESK_SECRET": keys["desk"][1]})
        wanted = {(key, feed) for key, _ in keys.values() for feed in KRAKEN_FEEDS}
        subscribed = lambda: [(event["key"], event["feed"]) for event in server.events("private")]
        wait_for(lambda: set(subscribed()) == wanted, what="the private feeds")
        for label in keys:
            wait_for(lambda: self.rest_targets(recorder.tape, label) >= self.SNAPSHOTS, what=f"{label}'s snapshots")
        self.drop_and_verify_again(server, recorder, keys["desk"][0], subscribed)
        of_process = self.of_the_process(recorder)
        server.hush()
        private = {event["connection"] for event in server.events("private")}
        numbers = numbers_of(recorder.tape)
        self.assertEqual(sorted(numbers.values()), server.connections())
        for number, there in numbers.items():
            self.wait_until_recorded(server, recorder.tape, there, number)
        recorder.stop()

        self.assertEqual(server.events("refused"), [])
        for number, there in numbers.items():
            self.assertRecorded(server, recorder.tape, there, number, there in private)
        self.check_labels(server, recorder.tape, keys, numbers)
        run(tool("verify"), recorder.tape)
        secrets = [text for pair in keys.values() for text in pair]
        secrets += [event["challenge"] for event in server.events("challenge")]
        secrets += [event["signed"] for event in server.events("private") + server.events("signed")]
        self.assertNowhere(recorder, secrets, of_process)

    SNAPSHOTS = {"accounts", "openpositions", "openorders", "fills", "notifications"}

    def rest_targets(self, tape, label, start=0):
        got = events(tape, "--account", label, "--transport", "rest", "--direction", "received")
        return {event["rest"]["target"].split("?")[0].rsplit("/", 1)[1] for event in got[start:]}

    def drop_and_verify_again(self, server, recorder, key, subscribed):
        """A connection with a private feed is dropped: challenge, signature and snapshots come anew."""
        dropped = next(event["connection"] for event in server.events("private") if event["key"] == key)
        before, signed = len(server.events("challenge")), len(server.events("signed"))
        server.command(f"drop {dropped}")
        wait_for(lambda: len(server.events("challenge")) > before, what="another challenge")
        wait_for(lambda: subscribed().count((key, "fills")) == 2, what="the private feeds again")
        wait_for(lambda: {event["path"] for event in server.events("signed")[signed:] if event["key"] == key} >= self.SNAPSHOTS,
                 60, "the snapshots again")
        challenges = [event["challenge"] for event in server.events("challenge")]
        self.assertEqual(len(set(challenges)), len(challenges))

    def check_labels(self, server, tape, keys, numbers):
        """What a connection of an account said stands under that account's label, and nothing else does."""
        label_of = {key: label for label, (key, _) in keys.items()}
        for number, there in numbers.items():
            owners = {label_of[event["key"]] for event in server.events("private") if event["connection"] == there}
            labels = {event.get("account", "") for event in events(tape, "--connection", number)}
            self.assertEqual(labels, owners or {""}, f"connection {number}")
        fills = {event["account"] for event in kinds(tape, "fill")}
        self.assertEqual(fills, {"desk", "hedge"})
        lost = kinds(tape, "connectionLost")
        self.assertEqual([event["account"] for event in lost], ["desk"])

    def test_a_wrong_secret_is_told_and_the_market_goes_on(self):
        key, right, wrong = secret("key"), secret("right"), secret("wrong")
        server = Server(self, "kraken", *self.tls, "--rate", "200", "--key", key, right)
        recorder = self.start(server, ["desk=env:DESK"], {"DESK_KEY": key, "DESK_SECRET": wrong})
        wait_for(lambda: "refuses the key" in recorder.errors(), what="a warning")
        seen = len(kinds(recorder.tape, "bookDelta"))
        wait_for(lambda: len(kinds(recorder.tape, "bookDelta")) > seen + 20, what="the market")
        said = recorder.stop()
        self.assertEqual(said.count("refuses the key"), 1, said)
        self.assertNotEqual(server.events("refused"), [])
        # Neither venue nor recorder go round in circles.
        self.assertLess(len(server.events("challenge")), 3)
        self.assertNowhere(recorder, [key, right, wrong])


class Binance(AccountTestCase):
    def test_listen_keys_and_signed_requests(self):
        key, its_secret = secret("key"), secret("secret")
        server = Server(self, "binance", *self.tls, "--rate", "500", "--account-rate", "20", "--key", key, its_secret)
        recorder = Recorder(self, "-v", "binance-usdm", "--symbol", "BTCUSDT", "--feed", "depth@100ms,bookTicker,trade,userData",
                            "--account", "desk=env:DESK", *binance_options(server), "--ca-file", self.made / "ca.pem",
                            "--metrics-file", self.folder / "tape.prom", env={"DESK_KEY": key, "DESK_SECRET": its_secret})
        wait_for(lambda: len(server.events("private")) == 1, what="the listen key's connection")
        updates = lambda number: kinds(recorder.tape, "accountUpdate", transport="websocket", connection=number)
        first = server.events("private")[0]["connection"]
        on_tape = lambda: {event["connection"] for event in kinds(recorder.tape, "connectionOpened", account="desk")}
        wait_for(lambda: any(updates(number) for number in on_tape()), what="an account update")
        signed = lambda start=0: {event["path"] for event in server.events("signed")[start:]}
        wait_for(lambda: {"account", "positionRisk", "openOrders"} <= {path.split("/")[-1] for path in signed()},
                 what="signed snapshots")
        before = on_tape()
        server.command("expire")
        wait_for(lambda: len(server.events("private")) == 2, what="a connection with a new key")
        wait_for(lambda: any(updates(number) for number in on_tape() - before), what="an update with the new key")
        of_process = self.of_the_process(recorder)
        server.hush()
        numbers = binance_numbers_of(server, recorder.tape)
        for number, there in numbers.items():
            self.wait_until_recorded(server, recorder.tape, there, number)
        recorder.stop()

        self.assertEqual(server.events("refused"), [])
        for number, there in numbers.items():
            self.assertRecorded(server, recorder.tape, there, number, private=True)
        self.assertEqual({event["account"] for event in kinds(recorder.tape, "accountUpdate", "streamExpired")}, {"desk"})
        self.assertEqual(len(kinds(recorder.tape, "streamExpired")), 1)
        self.assertEqual(len(kinds(recorder.tape, "connectionLost")), 1)
        self.assertBooks(server, recorder.tape, ["BTCUSDT"], depth=50)
        run(tool("verify"), recorder.tape)
        secrets = [key, its_secret] + [event["listen_key"] for event in server.events("private")]
        secrets += [event["signed"] for event in server.events("signed")]
        self.assertEqual(len({event["listen_key"] for event in server.events("private")}), 2)
        self.assertIn(first, numbers.values())
        self.assertNowhere(recorder, secrets, of_process)


if __name__ == "__main__":
    unittest.main()
