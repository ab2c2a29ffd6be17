"""Words and pictures of one visitor are noticed at another, as the benchmark of a hosted dashboard looks for them."""

import base64

from tests.support.audit import Audit

WORDS = {b"zqaaaaaaaaaaqz": 0, b"zqbbbbbbbbbbqz": 1}


def picture(number: int) -> bytes:
    return b"data:image/jpeg;base64," + base64.b64encode(bytes([number]) * 300)


def test_foreign_words_and_pictures_are_found_and_shared_and_own_ones_are_not():
    audit = Audit(dict(WORDS))
    for visitor in (0, 1):
        audit.search(visitor, "stream", picture(1))  # of the demo
        audit.note_upload(visitor, [])
    audit.search(0, "stream", b"zqaaaaaaaaaaqz birds" + picture(2))
    audit.search(1, "stream", b"zqbbbbbbbbbbqz birds" + picture(3))
    assert not audit.words_found
    assert not audit.pictures_found()
    audit.search(1, "stream", b"ZQaaaaaaaaaaqz birds")
    audit.search(1, "/predict", picture(2))
    assert set(audit.words_found) == {(1, 0)}
    assert audit.pictures_found()[1, 0] == 1


def test_an_uploaded_file_is_its_owners():
    audit = Audit(dict(WORDS))
    audit.note_upload(0, [b"x" * 300])
    audit.search(1, "/media/1.jpg", b"x" * 300)
    assert audit.pictures_found() == {(1, 0): 1}
