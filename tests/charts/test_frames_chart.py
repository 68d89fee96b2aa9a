#!/usr/bin/python3
"""scripts/frames_chart.py: the frames are the RFC's own to the byte, and the chapter's drawing is what the script draws."""

import io
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "scripts")]
sys.dont_write_bytecode = True

import matplotlib  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402

import frames_chart  # noqa: E402
from test_chart import DEBIAN_12_MATPLOTLIB, check_texts  # noqa: E402


class Frames(unittest.TestCase):
    def test_those_of_rfc_6455_section_5_7(self):
        frames = [frames_chart.encoded(parts) for _, parts, _ in frames_chart.FRAMES]
        self.assertEqual("810548656c6c6f", frames[0].hex())
        self.assertEqual("818537fa213d7f9f4d5158", frames[1].hex())
        self.assertEqual(("817e007e", "817f0000000000010000"), (frames[2][:4].hex(), frames[3][:10].hex()))

    def test_the_titles_count_the_framing(self):
        for title, parts, _ in frames_chart.FRAMES:
            framing = sum(len(data) for kind, data, _ in parts if kind != "payload")
            self.assertRegex(title, rf"\b{framing} (bytes )?of framing")


class Drawing(unittest.TestCase):
    def test_no_text_covers_another_or_leaves_the_page(self):
        figure = frames_chart.draw()
        FigureCanvasAgg(figure)
        check_texts(self, figure)

    def test_the_chapters_is_what_is_drawn(self):
        if matplotlib.__version__ != DEBIAN_12_MATPLOTLIB:
            self.skipTest(f"matplotlib {matplotlib.__version__}, not {DEBIAN_12_MATPLOTLIB}")
        again = io.BytesIO()
        frames_chart.chart_style.save(frames_chart.draw(), again, "svg")
        self.assertEqual(frames_chart.TARGET.read_bytes(), again.getvalue(), "draw it again: scripts/frames_chart.py")


if __name__ == "__main__":
    unittest.main()
