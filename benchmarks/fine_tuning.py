"""Training all layers in batches of 16: images per second of tlcore and the textbook loop, measured in turn."""

import argparse

from benchmarks import ours, textbook
from benchmarks.measure import DATA, fresh_home, measure, median, peak_mb, require_shared

EPOCHS, REPEATS, BATCH_SIZE = 2, 3, 16


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    require_shared()
    for backbone in ("mobilenet_v2", "resnet18"):
        book, mine = [], []
        for _ in range(REPEATS):
            book.append(measure(textbook.fine_tune, str(DATA), backbone, EPOCHS, BATCH_SIZE))
            mine.append(measure(ours.fine_tune, str(DATA), backbone, EPOCHS, BATCH_SIZE, fresh_home()))
        peak = peak_mb(ours.fine_tune, str(DATA), backbone, 1, BATCH_SIZE, fresh_home())
        for part, words in (("train", "training"), ("epoch", "with validation")):
            theirs, own = median([r[part] for r in book]), median([r[part] for r in mine])
            ratios = sorted(m[part] / b[part] for m, b in zip(mine, book, strict=True))
            print(
                f"{backbone:14s} {words:16s} textbook {theirs:6.1f} images/s, ours {own:6.1f} images/s: "
                f"{median(ratios):.2f} x (at least 2.2; pairs {ratios[0]:.2f} to {ratios[-1]:.2f})"
            )
        print(f"{backbone:14s} peak memory of ours: {peak:.0f} MB (under 2000)")


if __name__ == "__main__":
    main()
