"""What goes in comes out, byte for byte: every sample, every way in."""

import json
import unittest

from support import TestCase, cat, content, record, run, sample_files, tool


def cryptofeed_frames(data):
    """(received stream frames, REST answers, sent frames) of a cryptofeed capture, cut out by its documented format."""
    received, answers, sent = [], [], []
    for line in data.split(b"\n"):
        if not line or line.startswith(b"configuration: "):
            continue
        if line[:1].isdigit():
            received.append(line.split(b": ", 1)[1])
        elif b" <-> " in line.split(b"{", 1)[0]:
            continue
        elif b" <- " in line.split(b"{", 1)[0]:
            sent.append(line.split(b": ", 1)[1])
        else:
            answers.append(line.split(b" -> ", 1)[1].split(b": ", 1)[1])
    return received, answers, sent


def lines_of(frames, data):
    """The frames as tape-cat writes them: the last line of an input keeps its lack of a newline."""
    text = b"".join(frame + b"\n" for frame in frames)
    return text[:-1] if frames and not data.endswith(b"\n") and data.endswith(frames[-1]) else text


class RoundTrip(TestCase):
    def test_every_sample_as_lines(self):
        for path in sample_files():
            data = content(path)
            with self.subTest(path.name):
                self.assertSameBut(cat(record(data), "--format", "raw"), data)

    def test_every_sample_as_one_document(self):
        for path in sample_files():
            data = content(path)
            if len(data) > 1 << 20:
                continue
            with self.subTest(path.name):
                self.assertSameBut(cat(record(data, "--input", "document"), "--format", "raw0"), data + b"\0")

    def test_captures_keep_frames_directions_and_answers(self):
        captures = [path for path in sample_files() if path.name.startswith("cf_")]
        self.assertGreaterEqual(len(captures), 3)
        for path in captures:
            data = content(path)
            received, answers, sent = cryptofeed_frames(data)
            tape = self.write("capture.tape", record(data, "--input", "cryptofeed"))
            with self.subTest(path.name):
                self.assertEqual(run(tool("cat"), tape, "--format", "raw")[0], lines_of(received, data))
                self.assertEqual(run(tool("cat"), tape, "--format", "raw", "--transport", "rest")[0], lines_of(answers, data))
                self.assertEqual(run(tool("cat"), tape, "--format", "raw", "--direction", "sent")[0], lines_of(sent, data))

    def test_hftbacktest_captures(self):
        captures = [path for path in sample_files() if path.name.startswith("hft_")]
        self.assertGreaterEqual(len(captures), 1)
        for path in captures:
            data = content(path)
            frames = [line.split(b" ", 1) for line in data.splitlines()]
            tape = record(data, "--input", "hftbacktest")
            stream = [frame for _, frame in frames if not frame.startswith(b'{"lastUpdateId"')]
            with self.subTest(path.name):
                self.assertEqual(cat(tape, "--format", "raw"), lines_of(stream, data))

    def test_odd_bytes(self):
        for data in (b"", b"\n", b"\n\n\n", b"no newline", b"a\r\nb\r\n", b"\0\0\n\0", b"\xff\xfe\n\x80", bytes(range(256)) * 3,
                     b'{"a":1}\n{"a":1', "é中\U0001f600\n".encode()):
            with self.subTest(data):
                self.assertEqual(cat(record(data), "--format", "raw"), data)

    def test_nul_ended_frames(self):
        for data in (b"a\nb\0c\0", b"\0\0"):
            with self.subTest(data):
                self.assertEqual(cat(record(data, "--input", "raw0"), "--format", "raw0"), data)

    def test_json_out_is_json_in(self):
        data = b"".join(content(path) for path in sample_files() if path.suffix == ".ndjson") + b"\xff\0binary\n"
        tape = record(data, "--account", "desk")
        objects = cat(tape, "--format", "json", "--with-raw")
        again = record(objects, "--input", "json")
        self.assertEqual(cat(again, "--format", "raw"), cat(tape, "--format", "raw"))
        keys = ("receivedAt", "venue", "account", "direction", "transport", "symbol", "kind", "body")
        wanted = [line for line in cat(tape, "--direction", "received").splitlines()]
        got = [line for line in cat(again, "--direction", "received").splitlines()]
        self.assertEqual([[json.loads(line).get(key) for key in keys] for line in got],
                         [[json.loads(line).get(key) for key in keys] for line in wanted])

    def test_a_tape_of_dated_objects_spans_their_times(self):
        """What the recorder adds itself, around objects that bring their receive times, has theirs too: -DURATION counts from the last event."""
        dated = b"".join(b'{"receivedAt":"2024-03-01T10:00:0%d.5Z","raw":"x"}\n' % second for second in range(3))
        stamps = [event["receivedAt"] for event in self.events(record(dated, "--input", "json"))]
        self.assertEqual((stamps[0], stamps[-1]), ("2024-03-01T10:00:00.500000000Z", "2024-03-01T10:00:02.500000000Z"))
        self.assertEqual(len(stamps), 5)
        # A line that is no record has no time of its own; one without a time has ours, and so has the end.
        stamps = [event["receivedAt"] for event in self.events(record(dated + b"no object\n", "--input", "json", expect=3))]
        self.assertEqual(set(stamps[-2:]), {"2024-03-01T10:00:02.500000000Z"})
        stamps = [event["receivedAt"] for event in self.events(record(dated + b'{"raw":"x"}\n', "--input", "json"))]
        self.assertGreater(min(stamps[-2:]), "2026")

    def events(self, tape):
        return [json.loads(line) for line in cat(tape).splitlines()]


if __name__ == "__main__":
    unittest.main()
