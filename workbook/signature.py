"""What a file that is no xlsx archive really is, told from its first bytes."""

from __future__ import annotations

import re
import struct
from codecs import getincrementaldecoder

__all__ = ["sniff"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

#: First bytes → cause.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"{\\rtf", "WORD"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "SEVEN_ZIP"),
    (b"\x89PNG\r\n", "IMAGE"),
    (b"\xff\xd8\xff", "IMAGE"),
    (b"GIF8", "IMAGE"),
    (b"II*\0", "IMAGE"),
    (b"MM\0*", "IMAGE"),
    (b"\x09\x00\x04\x00", "OLD_XLS"),
    (b"\x09\x02\x06\x00", "OLD_XLS"),
    (b"\x09\x04\x06\x00", "OLD_XLS"),
    (b"\x09\x08\x08\x00", "OLD_XLS"),
    (b"\x09\x08\x10\x00", "OLD_XLS"),
)

#: A word near the beginning of a text → cause; the first that is found decides.
_WORDS: tuple[tuple[bytes, str], ...] = (
    (rb"urn:schemas-microsoft-com:office:spreadsheet", "XML_2003"),
    (rb"oasis:names:tc:opendocument", "ODS"),
    (rb"schemas\.microsoft\.com/office/(word|2006/xmlpackage)", "WORD"),
    (rb"<(!doctype )?(html|head|body|table|meta|div|style|script)[\s>]", "HTML"),
    (rb"\A(mime-version:|content-type: *multipart)", "HTML"),
    (rb"\A\s*<\?xml", "NOT_EXCEL"),
)


def sniff(data: bytes) -> str:
    """The cause for which this content is no archive, or ``""`` when it is one."""
    if data.startswith(b"PK\x03\x04"):
        if b"PK\x05\x06" not in data:
            return "TRUNCATED"
        return ""
    if not data.strip(b"\0"):
        return "TRUNCATED"
    if data.startswith(_OLE):
        return _sniff_ole(data)
    for magic, cause in _MAGIC:
        if data.startswith(magic):
            return cause
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "IMAGE"
    if data[:2] == b"BM" and data[6:10] == b"\0\0\0\0":
        return "IMAGE"
    return _sniff_text(data)


def _sniff_text(data: bytes) -> str:
    head = data[:65_536]
    probe = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").lower()  # UTF-16 becomes readable
    for pattern, cause in _WORDS:
        if re.search(pattern, probe):
            return cause
    encodings = ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            text = getincrementaldecoder(encoding)().decode(head, final=len(head) == len(data))
        except UnicodeDecodeError:
            continue
        if not re.search("[\0-\x08\x0b\x0e-\x19\x1b-\x1f\x7f]", text):
            return "CSV_TEXT"
    return "NOT_EXCEL"


def _sniff_ole(data: bytes) -> str:
    if _ole_entry(data, "EncryptedPackage") is not None:
        return "ENCRYPTED"
    for name in ("Workbook", "Book", "WORKBOOK", "BOOK"):
        entry = _ole_entry(data, name)
        if entry is not None:
            return "ENCRYPTED" if _has_password(data, entry) else "OLD_XLS"
    return "WORD" if _ole_entry(data, "WordDocument") is not None else "NOT_EXCEL"


def _ole_entry(data: bytes, name: str) -> int | None:
    """Where the directory entry of this name stands: 128 bytes, aligned, with the length of its name."""
    key = (name + "\0").encode("utf-16-le")
    length = struct.pack("<H", len(key))
    position = data.find(key)
    while position >= 0:
        if position % 128 == 0 and data[position + 64 : position + 66] == length:
            return position
        position = data.find(key, position + 2)
    return None


def _has_password(data: bytes, entry: int) -> bool:
    """Whether a FILEPASS record stands among the first records of the old workbook's stream."""
    sector = 1 << min(struct.unpack_from("<H", data, 30)[0], 16)
    start, size = struct.unpack_from("<II", data.ljust(entry + 128, b"\0"), entry + 116)
    position = (start + 1) * sector
    root = _ole_entry(data, "Root Entry")
    if size < 4096 and root is not None:  # a small stream lies in the root's stream, in steps of 64
        position = (struct.unpack_from("<I", data, root + 116)[0] + 1) * sector + start * 64
    for _ in range(12):
        if position + 4 > len(data):
            return False
        record, length = struct.unpack_from("<HH", data, position)
        if record == 0x2F:
            return True
        position += 4 + length
    return False
