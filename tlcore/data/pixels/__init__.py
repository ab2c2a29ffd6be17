"""From bytes to pixels: decoding, where bytes come from, thumbnails, digests."""
