"""A REST side that answers with what is no answer: evidence on the tape, ever slower questions, and frames that go on."""

import unittest

from support import run, tool
from venue import LiveTestCase, Recorder, Server, events, kinds, kraken_market, kraken_options, numbers_of, wait_for

FAULTS = {"/tickers": "502+", "/instruments": "truncated", "/instruments/status": "empty", "/summary.json": "html,close,close",
          "/accounts": "429", "/openorders": "close,close", "/fills": "truncated"}
KEY, SECRET = "a2V5IG9mIGEgZGVzaw==", "c2VjcmV0IG9mIGEgZGVzaw=="


class Rest(LiveTestCase):
    def test_no_answer_is_fatal_or_forgotten(self):
        server = Server(self, "kraken", "--rate", "200", "--loop", "--account-rate", "20", "--key", KEY, SECRET,
                        *[part for path, kinds in FAULTS.items() for part in ("--rest-fault", f"{path}={kinds}")])
        recorder = Recorder(self, "kraken-futures", "--symbol", "PI_ETHUSD", "--feed", "book,trade,fills", "--account", "desk=env:DESK",
                            "--poll", "tickers=1s", *kraken_options(server), env={"DESK_KEY": KEY, "DESK_SECRET": SECRET})
        asked = lambda end: [event for event in server.events("request") if event["path"].endswith(end)]
        # Behind two waits, which double; the others are asked again and answered well.
        wait_for(lambda: len(asked("/tickers")) == 3, 60, "tickers asked for three times")
        for path, faults in FAULTS.items():
            if not faults.endswith("+"):
                wait_for(lambda: any(event["fault"] == "" for event in asked(path)), 60, f"a good answer of {path}")
        server.hush()
        numbers = numbers_of(recorder.tape)
        for number, there in numbers.items():
            self.wait_until_recorded(server, recorder.tape, there, number)
        answered = lambda tape: len([event for event in kinds(tape, "requestFailed") if event["body"].get("status")])
        wait_for(lambda: answered(recorder.tape) == len([event for event in self.faulty(server) if event["status"]]),
                 what="the failures on the tape")
        said = recorder.stop()

        self.check_failures(server, recorder.tape)
        self.check_evidence(server, recorder.tape)
        self.check_pace(asked)
        self.assertIn("ask too much", said)
        self.assertEqual(len(numbers), 2)
        self.assertEqual(kinds(recorder.tape, "connectionLost"), [])
        private = {event["connection"] for event in server.events("private")}
        for number, there in numbers.items():
            self.assertRecorded(server, recorder.tape, there, number, there in private)
        self.assertBooks(server, recorder.tape, ["PI_ETHUSD"])
        run(tool("verify"), recorder.tape)

    def faulty(self, server):
        return [event for event in server.events("request") if event["fault"]]

    def check_failures(self, server, tape):
        """Each fault of the venue's is a failure on the tape, with its cause."""
        causes = {"502": "HTML", "html": "HTML", "empty": "empty body", "429": "refused", "close": "", "truncated": "truncated JSON"}
        failed = kinds(tape, "requestFailed")
        for event in self.faulty(server):
            status = event["status"] or 0
            same = [entry["body"] for entry in failed if entry["body"]["target"].endswith(event["path"].rsplit("/", 1)[1]) and
                    entry["body"].get("status", 0) == status and causes[event["fault"]] in entry["body"]["cause"]]
            self.assertNotEqual(same, [], event)
            for body in same:
                self.assertEqual(body["method"], "GET")
                self.assertNotEqual(body["cause"], "")
        # Where a kept connection is closed, the request is repeated once on a new one, as it may never have been read.
        self.assertLessEqual(len(failed), len(self.faulty(server)))
        self.assertEqual({event.get("account", "") for event in failed}, {"", "desk"})

    def check_evidence(self, server, tape):
        """Every body that the venue sent stands on the tape as it was."""
        answers = events(tape, "--transport", "rest", "--direction", "received", "--with-raw")
        got = sorted((event["rest"]["target"].split("?")[0], event["rest"]["status"], event.get("raw", "")) for event in answers)
        sent = sorted((event["path"], event["status"], event["body"]) for event in server.events("request") if event["status"])
        self.assertEqual(got, sent)
        asked = events(tape, "--transport", "rest", "--direction", "sent")
        self.assertEqual({event["kind"] for event in asked}, {"request"})
        opaque = {event["body"]["kind"] for event in answers if event["kind"] == "opaque"}
        self.assertLessEqual({"html", "truncated", "empty"}, opaque)

    def check_pace(self, asked):
        """Waits are at least what they say; the moments are the venue's own."""
        at = [event["at"] for event in asked("/tickers")]
        gaps = [later - earlier for earlier, later in zip(at, at[1:])]
        self.assertTrue(all(gap >= least for gap, least in zip(gaps, (4.5, 9.5, 19.5))), gaps)
        limited = asked("/accounts")
        self.assertEqual(limited[0]["fault"], "429")
        self.assertGreaterEqual(limited[1]["at"] - limited[0]["at"], 3)


if __name__ == "__main__":
    unittest.main()
