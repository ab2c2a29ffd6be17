"""From bytes to pixels: loading, decoding, thumbnails, digests."""
