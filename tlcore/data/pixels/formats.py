"""The supported image formats: their file endings, and how to recognise them by their first bytes.

This is the only list of them. It needs no imaging library, so that listing files stays cheap; `images` decodes.
"""

from collections.abc import Mapping

FORMATS: Mapping[str, tuple[str, ...]] = {
    "JPEG": (".jpg", ".jpeg", ".jfif", ".jpe", ".mpo"),  # .mpo: from stereo cameras, a JPEG followed by a second one
    "PNG": (".png", ".apng"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "AVIF": (".avif", ".avifs"),
    "HEIF": (".heic", ".heif", ".hif", ".heics", ".heifs"),  # HEIC: as phones take photographs
}
"""Pillow's name of the format -> its file endings, the usual one first."""

IMAGE_EXTENSIONS: frozenset[str] = frozenset(ending for endings in FORMATS.values() for ending in endings)
"""File endings of images, in lower case with the dot. Decoding depends on the content, not on the ending."""

UPLOAD_TYPES: tuple[str, ...] = tuple(sorted(ending[1:] for ending in IMAGE_EXTENSIONS))
"""The same without the dot, as a browser's file dialog needs them."""

HEAD_BYTES = 64
"""Number of bytes from the beginning of a file that `image_format` needs."""

_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIC_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"))
_HEIF_BRANDS = frozenset((b"mif1", b"msf1"))  # the container of both
_TIFF_HEADS = (b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b", b"II\0\x2a", b"MM\x2a\0")  # also wrong byte orders


def image_format(head: bytes) -> str | None:
    """The format of a file that begins with `head`: a name in FORMATS, or None for anything else.

    Uses at most `HEAD_BYTES`; the rest of the file may still be damaged.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith(_TIFF_HEADS):
        return "TIFF"
    if head[4:8] == b"ftyp":
        return _heif_format(head)
    if head[:1] == b"P" and head[1:2] in (b"1", b"2", b"3", b"4", b"5", b"6", b"f") and head[2:3].isspace():
        return "PPM"
    return "BMP" if head.startswith(b"BM") else None


def _heif_format(head: bytes) -> str | None:
    """AVIF and HEIF share a container. It starts with its brand; after 4 more bytes come the compatible brands."""
    end = min(int.from_bytes(head[:4], "big"), len(head), HEAD_BYTES)
    brands = [head[8:12], *(head[start : start + 4] for start in range(16, end - 3, 4))]
    if _AVIF_BRANDS.intersection(brands):
        return "AVIF"
    return "HEIF" if _HEIC_BRANDS.union(_HEIF_BRANDS).intersection(brands) else None
